"""A market of trades behind a bad line, and everything between it and the windows, without the engine."""

import asyncio

from actors.buffer.aggregator import BarAggregator
from actors.buffer.gate import Gate
from actors.clock import MarketClock
from actors.market import INTERVALS, MINUTE_NS, BarRow, TradeRow, interval_of
from adapters.bars import ClosedRow
from adapters.dice import Dice
from adapters.faults import FaultLine
from adapters.line import TrueLine
from config.errors import VenueUnavailableError
from config.faults import FaultsSection
from tests.unit.traded_market import NAME, Ear, bars_of, buffer_of, filled

MINUTE = INTERVALS["1m"]


class FaultyMarket:
    """Sends trades and minutes over a line, takes what arrives into a buffer, answers questions over the same line."""

    def __init__(self, trades, section: FaultsSection, *, position: int, base: str = "1m"):
        self.trades = trades
        self.position = position
        self.section = section
        self.line = FaultLine(section, position)
        self.ear = Ear()
        self.asked: list[tuple[str, int | None, int | None, int]] = []
        self.buffer = buffer_of()
        self.clock = MarketClock()
        self.clock.reset(position)
        self.gate = Gate(self.buffer, self.clock, latest=lambda: self.position)
        self._minutes = BarAggregator(MINUTE)
        self._next = 0
        while self._next < len(trades) and trades[self._next][0] < position:
            self._minutes.trade(*trades[self._next])
            self._minutes.advance(position)
            self._next += 1
        self._minutes.advance(position)

    def truth(self, interval: str) -> list[BarRow]:
        found = bars_of(self.trades, interval_of(interval), self.position)
        first = MINUTE.floor(self.trades[0][0])
        return [one for one in found if one.ts_open >= first]

    def forgets(self, interval: str, ts_open: int) -> bool:
        roll = Dice(self.section.seed).roll("forget", NAME, interval, ts_open)
        return roll < self.section.history.forget

    async def bars(self, instrument_id, interval, start, end, limit):
        self.asked.append((interval, start, end, limit))
        await asyncio.sleep(0)
        delay_s = self.line.delay_s(instrument_id, interval)
        if delay_s is None:
            raise VenueUnavailableError("no answer")
        after = 2**63 if end is None else end
        found = [one for one in self.truth(interval) if (start or 0) <= one.ts_open < after]
        found = found[:limit] if start is not None and end is None else found[-limit:]
        for _ in range(20 if delay_s else 0):
            await asyncio.sleep(0)
        return self.line.remembered(instrument_id, interval, found)

    def attach(self) -> None:
        self.buffer.attach(self, self.ear)

    async def play(self, until: int, *, heard: bool = True) -> None:
        """Go on to `until`; others have their turns in between."""
        while self._next < len(self.trades) and self.trades[self._next][0] < until:
            ts, price, size = self.trades[self._next]
            self._next += 1
            self._close(ts, heard=heard)
            self.position = ts
            self._minutes.trade(ts, price, size)
            if heard:
                self._arrive(self.line.carry(TradeRow(NAME, ts, price, size, "buy", str(self._next))))
            if self._next % 7 == 0:
                await asyncio.sleep(0)
        self._close(until, heard=heard)
        self.position = until
        if heard:
            self._arrive(self.line.due(until))
        await asyncio.sleep(0)

    async def mended(self, until: int) -> None:
        """Let the line be a good one from here to `until`, and wait until nothing is lacking."""
        self._arrive(self.line.due(self.position + 10**14))
        self.line = TrueLine()
        await self.play(until)
        for interval in list(self.buffer.held(NAME).series):
            await self.buffer.loaded(NAME, interval)
        await filled(self.buffer)

    def _close(self, ts: int, *, heard: bool) -> None:
        closed = self._minutes.advance(ts)
        if closed is not None:
            self.position = closed.ts_open + MINUTE_NS
            if heard:
                self._arrive(self.line.carry(ClosedRow(NAME, MINUTE, closed, self.position)))

    def _arrive(self, items) -> None:
        bars = self.buffer.held(NAME)
        for item in items:
            if isinstance(item, TradeRow):
                self.gate.trade(bars, item.ts, item.price, item.size, item)
            elif item.row.high >= item.row.low and item.row.high >= item.row.close:  # else the engine refuses it
                ts_open = self.gate.opened(bars, item.ts, item)
                if ts_open is not None:
                    row = item.row
                    row = BarRow(ts_open, row.open, row.high, row.low, row.close, row.volume)
                    self.buffer.bar(bars, row)
