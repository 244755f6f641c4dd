"""A small market of trades, its truth in bars of every interval, and what a data client makes of it."""

import asyncio
import random
from collections.abc import Callable, Iterable

from actors.buffer.aggregator import BarAggregator
from actors.buffer.store import Buffer
from actors.market import MINUTE_NS, SECOND_NS, BarRow, Instrument, Interval, interval_of
from config.schema import BufferSection

NAME = "BTC-USDT.SIM"
START = 1_700_000_040 * SECOND_NS
"""2023-11-14 22:14 UTC, a full minute."""
BASE = START - START % (5 * MINUTE_NS)
"""A full minute that is a multiple of five."""
Trade = tuple[int, int, int]
"""Time (UNIX ns), price and size in exact units."""


def instrument(name: str = NAME, *, price_precision: int = 2, size_precision: int = 5) -> Instrument:
    symbol, _, venue = name.partition(".")
    base, quote = symbol.split("-")[:2]
    return Instrument(
        instrument_id=name,
        symbol=symbol,
        venue=venue,
        kind="spot",
        base_currency=base,
        quote_currency=quote,
        settlement_currency=quote,
        price_precision=price_precision,
        size_precision=size_precision,
        price_increment=f"{10**-price_precision:.{price_precision}f}",
        size_increment=f"{10**-size_precision:.{size_precision}f}",
        maker_fee="0",
        taker_fee="0",
    )


def row(minute: int, close: int = 100, *, interval: str = "1m", start: int = START) -> BarRow:
    """A believable bar, `minute` intervals after `start`."""
    return BarRow(start + minute * interval_of(interval).duration_ns, 100, max(100, close), min(100, close), close, 5)


def rows(count: int, *, first: int = 0, interval: str = "1m") -> list[BarRow]:
    return [row(number, 100 + number % 7, interval=interval) for number in range(first, first + count)]


def random_trades(seed: int, *, start: int = START, spans_s: float, per_s: float = 0.5) -> list[Trade]:
    source, ts, price, found = random.Random(seed), start, 1_000_000, []
    end = start + int(spans_s * SECOND_NS)
    while (ts := ts + 1 + int(source.expovariate(per_s) * SECOND_NS)) < end:
        price = max(1_000, price + source.randint(-300, 300))
        found.append((ts, price, source.randint(1, 50_000)))
    return found


def bars_of(trades: Iterable[Trade], interval: Interval, until: int) -> list[BarRow]:
    """The truth: bars of `interval` straight from trades, closed at `until`."""
    by_open: dict[int, list[Trade]] = {}
    for trade in trades:
        by_open.setdefault(interval.floor(trade[0]), []).append(trade)
    found = []
    for ts_open, held in sorted(by_open.items()):
        prices = [price for _, price, _ in held]
        if interval.close(ts_open) <= until:
            volume = sum(size for _, _, size in held)
            found.append(BarRow(ts_open, prices[0], max(prices), min(prices), prices[-1], volume))
    return found


class TradedMarket:
    """Answers questions about the past and plays the rest into a buffer in the order a data client has."""

    def __init__(self, trades: list[Trade], *, position: int = START) -> None:
        self.trades = trades
        self.position = position
        self.lead = 0
        """How far its answers are ahead of what it has sent (ns): a feed reads before it sends."""
        self.rush = 0
        """How far the market goes on (ns) while a question is on its way."""
        self.buffer: Buffer | None = None
        """Who hears of it then."""
        self.asked: list[tuple[str, int | None, int | None, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.tampered: dict[tuple[str, int], BarRow] = {}
        """(interval, open) -> what history says in place of the truth."""
        self._minutes = BarAggregator(interval_of("1m"))
        self._next = 0
        self._skip()

    def truth(self, interval: str, until: int | None = None) -> list[BarRow]:
        """Return closed bars; one longer than a minute whose begin lies before the first minute is left out."""
        found = bars_of(self.trades, interval_of(interval), self.position if until is None else until)
        first = interval_of("1m").floor(self.trades[0][0]) if self.trades else 0
        return [one for one in found if one.ts_open >= first or interval_of(interval).duration_ns < MINUTE_NS]

    async def bars(
        self, instrument_id: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> list[BarRow]:
        assert instrument_id == NAME
        self.asked.append((interval, start, end, limit))
        await asyncio.sleep(0)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        known = self.truth(interval, self.position + self.lead)
        if self.buffer is not None:
            self.play(self.buffer, self.position + self.rush)
        found = [self.tampered.get((interval, one.ts_open), one) for one in known]
        found = [one for one in found if (start or 0) <= one.ts_open and (end is None or one.ts_open < end)]
        return found[:limit] if start is not None and end is None else found[-limit:]

    def play(self, buffer: Buffer, until: int, *, heard: bool = True) -> None:
        """Go on to `until`: minutes that close first, then the trade; unheard ones move only the market."""
        while self._next < len(self.trades) and self.trades[self._next][0] < until:
            ts, price, size = self.trades[self._next]
            self._next += 1
            self._close_minute(buffer, ts, heard=heard)
            self.position = ts
            if heard:
                buffer.advance(ts)
                buffer.held(NAME).trade(ts, price, size)
            self._minutes.trade(ts, price, size)
        self._close_minute(buffer, until, heard=heard)
        self.position = until
        if heard:
            buffer.advance(until)

    def _close_minute(self, buffer: Buffer, ts: int, *, heard: bool) -> None:
        closed = self._minutes.advance(ts)
        if closed is not None and heard:
            self.position = closed.ts_open + MINUTE_NS
            buffer.advance(closed.ts_open + MINUTE_NS)
            buffer.bar(buffer.held(NAME), closed)

    def _skip(self) -> None:
        while self._next < len(self.trades) and self.trades[self._next][0] < self.position:
            self._minutes.trade(*self.trades[self._next])
            self._minutes.advance(self.position)
            self._next += 1
        self._minutes.advance(self.position)


class RowsMarket(TradedMarket):
    """History of given minutes, without any trade; it stands ten thousand of them after `START`."""

    def __init__(self, held: list[BarRow]) -> None:
        super().__init__([], position=START + 10_000 * MINUTE_NS)
        self.held = held

    def truth(self, interval: str, until: int | None = None) -> list[BarRow]:
        return self.held


class Ear:
    """Hears what a buffer tells."""

    def __init__(self) -> None:
        self.bars: dict[str, list[BarRow]] = {}
        self.order: list[tuple[str, int]] = []
        self.mends: dict[str, list[BarRow]] = {}
        self.windows: list[str] = []
        self.begun: dict[str, int] = {}
        """How many bars a window held when it was loaded: those after must all be told."""
        self.errors: list[Exception] = []
        self.news = asyncio.Event()

    def closed(self, series, row) -> None:
        self.bars.setdefault(series.interval.name, []).append(row)
        self.order.append((series.interval.name, series.interval.close(row.ts_open)))

    def mended(self, series, rows) -> None:
        self.mends.setdefault(series.interval.name, []).extend(rows)

    def loaded(self, series) -> None:
        self.windows.append(series.interval.name)
        self.begun[series.interval.name] = len(series.window)
        self.news.set()

    def failed(self, error) -> None:
        self.errors.append(error)


def buffer_of(*, window: int = 7_600, native: str | None = None, timeout_s: float = 60.0, blocks: int = 64) -> Buffer:
    section = BufferSection(window=window, request_timeout_s=timeout_s, cache_blocks=blocks)
    return Buffer(section, {NAME: instrument()}, {NAME: native}.get)


async def settled(buffer: Buffer, *intervals: str) -> None:
    """Wait until the windows are loaded and no question is on its way."""
    for interval in intervals:
        await buffer.loaded(NAME, interval)
    await until(lambda: all(one.waiting is None for one in buffer.held(NAME).series.values()))


async def filled(buffer: Buffer) -> None:
    """Wait until nothing is lacking any more that can be asked for."""
    every = buffer.held(NAME).series.values
    await until(lambda: all(one.waiting is None and not len(one.gaps.wanted) for one in every()))


async def until(condition: Callable[[], bool]) -> None:
    """Give other tasks their turns until `condition` holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # plain state of the code under test, which has no event for it
            await asyncio.sleep(0)


def held(buffer, interval):
    return buffer.rows(NAME, interval, 10**6)


def value(counter):
    return counter._value.get()


async def running(trades, *intervals, position, window=7_600, native=None):
    """A buffer whose windows are loaded while the market stands at `position`."""
    market, buffer, ear = TradedMarket(trades, position=position), buffer_of(window=window, native=native), Ear()
    for interval in intervals:
        buffer.ensure(NAME, interval)
    buffer.attach(market, ear)
    await settled(buffer, *intervals, "1m")
    return market, buffer, ear
