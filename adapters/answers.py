"""Answers of a data client to questions about the past and the present, as engine objects."""

import asyncio
from collections.abc import Mapping

from msgspec.structs import replace
from nautilus_trader.live import (
    RequestBars,
    RequestBookSnapshot,
    RequestInstrument,
    RequestInstruments,
    RequestQuotes,
    RequestTrades,
)
from nautilus_trader.model import Bar, BookType, OrderBook, QuoteTick, TradeTick

from actors.engine import Scale
from actors.market import BarRow, split_bar_type
from adapters.feed import Feed, GradualFeed
from adapters.line import Line

ALL = 1_000_000
_TRADES = 1_000
"""Trades in an answer when the question names no limit."""
_MOST_TRADES = 10_000
_ROWS_A_TURN = 500


type Question = RequestBars | RequestTrades | RequestQuotes | RequestInstrument | RequestInstruments
"""What has an answer about a span of time."""


class Answers:
    """Reads a feed; long work lets others have their turn in between."""

    def __init__(self, feed: Feed, line: Line, scales: Mapping[str, Scale], latency_s: float) -> None:
        """Answer after `latency_s` wall seconds, over `line`; `scales` are of every instrument by id."""
        self._feed = feed
        self._line = line
        self._scales = scales
        self._latency_s = latency_s
        self.adding = asyncio.Lock()
        """Held while bars are added to a subscription, which must see what an answer leaves out."""

    async def bars(self, request: RequestBars) -> list[Bar] | None:
        """Return closed bars with start <= open < end; None: the line has lost the question.

        Raises:
            NodeError: If the source has no such bars.
        """
        await asyncio.sleep(self._latency_s)
        instrument_id, interval = split_bar_type(str(request.bar_type))
        start, end = _span(request)
        async with self.adding:  # a subscription asked for before must see every bar that this answer leaves out
            pass
        delay_s = self._line.delay_s(instrument_id, interval.name)
        if delay_s is None:
            return None
        rows = await self._remembered(instrument_id, interval.name, start, end, request.limit or ALL)
        bars: list[Bar] = []
        scale = self._scales[instrument_id]
        for first in range(0, len(rows), _ROWS_A_TURN):
            part = rows[first : first + _ROWS_A_TURN]
            bars += [scale.bar(request.bar_type, row, interval.close(row.ts_open)) for row in part]
            await asyncio.sleep(0)
        if delay_s:
            await asyncio.sleep(delay_s)
        return bars

    async def trades(self, request: RequestTrades) -> list[TradeTick]:
        """Return the newest trades with start <= ts < end, oldest first; of a source without trades none."""
        await asyncio.sleep(self._latency_s)
        name, (start, end) = str(request.instrument_id), _span(request)
        scale, limit = self._scales.get(name), min(request.limit or _TRADES, _MOST_TRADES)
        if scale is None:
            return []
        found: list[TradeTick] = []
        for part in self._feed.trades_back(name, self._feed.position_ns if end is None else end):
            found += [scale.trade_tick(row) for row in reversed(part) if row.ts >= (start or 0)]
            if len(found) >= limit or (part and part[0].ts < (start or 0)):
                break
            await asyncio.sleep(0)
        return found[:limit][::-1]

    async def quotes(self, request: RequestQuotes) -> list[QuoteTick]:
        """Return the newest quote; no older ones are kept."""
        await asyncio.sleep(self._latency_s)
        name = str(request.instrument_id)
        row = self._feed.quote(name) if name in self._scales else None
        return [] if row is None else [self._scales[name].quote_tick(row)]

    async def book(self, request: RequestBookSnapshot) -> OrderBook:
        """Return the whole book, or its best `depth` levels; an empty one when the source has none."""
        await asyncio.sleep(self._latency_s)
        found = OrderBook(request.instrument_id, BookType.L2_MBP)
        name = str(request.instrument_id)
        row = self._feed.book(name) if name in self._scales else None
        if row is not None:
            scale = self._scales[row.instrument_id]
            depth = request.depth or max(len(row.bids), len(row.asks))
            best = replace(row, bids=row.bids[:depth], asks=row.asks[:depth])
            found.apply_deltas(scale.book_deltas(best))
        return found

    async def _remembered(
        self, instrument_id: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> list[BarRow]:
        """Return as many bars as were asked for: what the source has forgotten does not count, as with any source."""
        is_forward = start is not None and end is None
        known: list[BarRow] = []
        while True:
            await self.prepare(instrument_id, (interval, start, end, limit))
            rows = self._feed.history(instrument_id, interval, start, end, limit)
            found = self._line.remembered(instrument_id, interval, rows)
            known = [*known, *found] if is_forward else [*found, *known]
            if len(known) >= limit or len(rows) < limit:
                return known[:limit] if is_forward else known[-limit:]
            if is_forward:
                start = rows[-1].ts_open + 1
            else:
                end = rows[0].ts_open

    async def prepare(self, instrument_id: str, asked: tuple[str, int | None, int | None, int]) -> None:
        """Let a feed that computes its history do so bit by bit."""
        feed = self._feed
        if isinstance(feed, GradualFeed) and instrument_id in feed.instruments:
            for _ in feed.prepare(instrument_id, *asked):
                await asyncio.sleep(0)


def _span(request: Question) -> tuple[int | None, int | None]:
    """Return start and end, UNIX ns; `params` win over the engine's own times."""
    params = request.params or {}
    return params.get("start_ns", request.start_ns), params.get("end_ns", request.end_ns)
