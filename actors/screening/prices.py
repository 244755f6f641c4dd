"""What is known of the market of an order: read from the node's bars, once per symbol for a while."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import msgspec

from actors.flights import Flights
from actors.market import MINUTE_NS
from actors.ports.bars import Bars
from actors.screening.remembered import Remembered
from actors.screening.verdict import Snapshot
from actors.signal.order_features import OrderMarket
from actors.wire import Bar
from config.errors import VenueUnavailableError
from config.screening import ScreeningSection

MEAN_BARS = 60
"""The volatility index is compared with its mean over so many minutes."""
INTERVAL = "1m"
_bar = msgspec.json.Decoder(Bar)


class Prices:
    """Reads and remembers snapshots; those who ask for one symbol together wait for one reading."""

    def __init__(
        self,
        section: ScreeningSection,
        bars: Bars,
        find: Callable[[str], str],
        *,
        source: str,
        now_ns: Callable[[], int],
    ) -> None:
        """Start empty.

        Args:
            section: Lifetime, volatility index.
            bars: Of the node.
            find: Symbol -> instrument id; raises UnknownInstrumentError.
            source: How the market is called in answers.
            now_ns: Market time.
        """
        self._source = source
        self._section, self._bars, self._find = section, bars, find
        self._kept: Remembered[str, Snapshot] = Remembered("market", section.market_s, section.max_entries, now_ns)
        self._reading: Flights[Snapshot] = Flights()

    async def snapshot(self, symbol: str) -> Snapshot:
        """Return the market of a symbol.

        Raises:
            UnknownInstrumentError: If no instrument has it.
            VenueUnavailableError: If there is no price, or the source does not answer.
        """
        instrument_id = self._find(symbol)
        kept = self._kept.get(instrument_id)
        if kept is not None:
            return kept
        reading = self._reading.join(instrument_id, lambda: self._read(instrument_id))
        await asyncio.wait({reading})
        return reading.result()

    async def _read(self, instrument_id: str) -> Snapshot:
        bars = await self._newest(instrument_id)
        index = self._section.volatility
        about = await self._newest(index) if index is not None and index in self._bars.instruments() else []
        closes = [float(bar.c) for bar in bars]
        snapshot = Snapshot(
            instrument_id=instrument_id,
            market=_market(closes[-1], [float(bar.c) for bar in about]),
            source=self._source,
            ts=bars[-1].t * 1_000_000 + MINUTE_NS,
            volume=float(bars[-1].v),
            volatility=_deviation(closes),
        )
        return self._kept.put(instrument_id, snapshot)

    async def _newest(self, instrument_id: str) -> list[Bar]:
        self._bars.check(instrument_id, INTERVAL)
        page = await self._bars.page(instrument_id, INTERVAL, start=None, end=None, limit=MEAN_BARS)
        if not page.rows:
            raise VenueUnavailableError(f"there is no price of {instrument_id} yet")
        return [_bar.decode(row) for row in page.rows]


def _market(price: float, index: list[float]) -> OrderMarket:
    if not index:
        return OrderMarket(price=price)
    mean, last = sum(index) / len(index), index[-1]
    before = index[-2] if len(index) > 1 else last
    return OrderMarket(
        price=price,
        volatility_level=last,
        volatility_distance=last / mean - 1.0,
        volatility_change=last / before - 1.0,
    )


def _deviation(closes: list[float]) -> float:
    returns = [now / before - 1.0 for before, now in pairwise(closes)]
    if not returns:
        return 0.0
    mean = sum(returns) / len(returns)
    return float((sum((one - mean) ** 2 for one in returns) / len(returns)) ** 0.5)
