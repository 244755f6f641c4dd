"""Bars older than the windows: read through, kept in blocks, asked for once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from math import inf
from time import monotonic, perf_counter
from typing import Any

from msgspec.structs import replace
from prometheus_client import Counter, Histogram

from actors.buffer.series import Series
from actors.buffer.source import Asked
from actors.buffer.window import BarRun
from actors.flights import Flights
from actors.market import DAY_NS, BarRow, Instrument, Interval, holes
from actors.ports import BarsPage
from config.errors import VenueUnavailableError

HITS = Counter("whisperer_buffer_hits_total", "Pages of bars answered from memory")
MISSES = Counter("whisperer_buffer_misses_total", "Pages of bars for which the source was asked")
PAGE_TIME = Histogram(
    "whisperer_buffer_page_seconds",
    "Time to answer a page of bars",
    ["outcome"],
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_HIT_TIME, _MISS_TIME = PAGE_TIME.labels("hit"), PAGE_TIME.labels("miss")

BLOCK = 1_000
"""The most bars of a block."""
NEVER = 2**63


class Block(BarRun):
    """All closed bars of one span of time."""

    def __init__(self, instrument: Instrument, rows: list[BarRow], begin: int, end: int, older: int | None) -> None:
        """Keep `rows`: all with begin <= open < end; `older` is the open time of the bar before them, if any."""
        super().__init__(instrument, rows, has_older=older is not None)
        self.begin = begin
        self.end = end
        self.older = older
        self.until = inf
        """Monotonic seconds after which it is too old to be shown."""
        self.newer: int | None = None
        """Open time of the first bar after the block once somebody asked, `NEVER` when there is none."""


class Found:
    """Bars found so far, oldest first; taken out at once, because a window moves on while others are asked for."""

    def __init__(self) -> None:
        """Start with nothing found."""
        self.rows: list[bytes] = []
        self.opens: list[int] = []
        self.has_older = False
        """Whether there are bars before the first row."""
        self.is_from_memory = True

    def __len__(self) -> int:
        return len(self.rows)

    def prepend(self, run: BarRun, begin: int, end: int) -> None:
        """Put the bars of `run` with begin <= index < end before the others."""
        if begin < end:
            self.rows[:0] = run.encoded(begin, end)
            self.opens[:0] = run.opens(begin, end)
            self.has_older = begin > run.first or run.has_older

    def append(self, run: BarRun, begin: int, end: int) -> None:
        """Put the bars of `run` with begin <= index < end after the others."""
        if self.rows:
            self.rows += run.encoded(begin, end)
            self.opens += run.opens(begin, end)
        else:
            self.prepend(run, begin, end)


class History:
    """A bounded cache of blocks before the windows; what is missing is asked for, once for all who wait.

    It also knows what it was told not to exist: the beginning of a history is asked about once.
    """

    def __init__(self, source: Asked, blocks: int, timeout_s: float) -> None:
        """Keep at most `blocks` blocks; nobody waits longer than `timeout_s` wall seconds for one."""
        self._source = source
        self._capacity = blocks
        self._timeout_s = timeout_s
        self._age = 0
        self._asking: Flights[Any] = Flights()
        self.clear()

    def stop(self) -> None:
        """Ask no more; those who wait are told."""
        self._asking.stop()

    def clear(self) -> None:
        """Forget everything; an answer to what was asked before is not kept."""
        self.stop()
        self._age += 1
        self._blocks: OrderedDict[Hashable, Block] = OrderedDict()
        self._beginnings: dict[Hashable, int] = {}
        self._asking.part()

    def begins(self, series: Series, ts: int) -> None:
        """Note that the source has no bar that opens before `ts`."""
        key = _key(series)
        self._beginnings[key] = max(ts, self._beginnings.get(key, 0))

    async def newest(self, series: Series, found: Found, *, start: int | None, end: int, limit: int) -> None:
        """Put the newest bars with start <= open < end before what was found, `limit` in all; `end` <= the horizon.

        Raises:
            VenueUnavailableError: If the source does not answer in time.
        """
        low = max(start or 0, self._beginnings.get(_key(series), 0))
        while len(found) < limit and end > low:
            block = await self._block(series, end - 1, found)
            upto = block.find(end)
            found.prepend(block, max(block.find(low), upto - limit + len(found)), upto)
            if block.older is None:
                return
            end = min(block.begin, block.older + 1)

    async def oldest(self, series: Series, found: Found, *, start: int, limit: int) -> None:
        """Find the oldest bars that open at `start` or later and before the horizon, at most `limit`.

        Raises:
            VenueUnavailableError: If the source does not answer in time.
        """
        start = max(start, self._beginnings.get(_key(series), 0))
        while len(found) < limit and start < series.horizon:
            block = await self._block(series, start, found)
            begin = block.find(start)
            found.append(block, begin, min(begin + limit - len(found), block.find(series.horizon)))
            is_hole = begin == len(block.rows)
            start = await self._following(series, block, found) if is_hole else block.end

    async def _block(self, series: Series, ts: int, found: Found) -> Block:
        span = _span(series.interval)
        index = ts // span
        key = (*_key(series), index)
        block = self._blocks.get(key)
        if block is not None and block.until > monotonic():
            self._blocks.move_to_end(key)
            return block
        found.is_from_memory = False
        blocks = self._blocks
        block = await self._once(key, lambda: self._ask_block(series, index * span, index * span + span))
        if block.end <= series.settled:
            blocks[key] = block
            while len(blocks) > self._capacity:
                blocks.popitem(last=False)
        return block

    async def _ask_block(self, series: Series, begin: int, end: int) -> Block:
        instrument, interval = series.instrument, series.interval
        began = monotonic()
        answer = await self._source.ask(
            instrument.instrument_id, interval, start=None, end=end, limit=BLOCK + 1
        )  # one more than a block can hold tells whether there is an older bar
        rows = answer.rows
        older = max((row.ts_open for row in rows if row.ts_open < begin), default=None)
        if answer.is_all:
            self.begins(series, rows[0].ts_open if rows else end)
        block = Block(instrument, [row for row in rows if row.ts_open >= begin], begin, end, older)
        block.until = began + answer.good_for_s
        return block

    async def _following(self, series: Series, block: Block, found: Found) -> int:
        """Return where the first bar after a block opens: a hole may be longer than any number of blocks."""
        if block.newer is not None:
            return block.newer
        found.is_from_memory = False
        key = (*_key(series), "after", block.end)
        name = series.instrument.instrument_id
        answer = await self._once(
            key, lambda: self._source.ask(name, series.interval, start=block.end, end=None, limit=1)
        )
        block.newer = answer.rows[0].ts_open if answer.rows else NEVER
        if block.older is None and not block.rows:
            self.begins(series, block.newer)
        return block.newer

    async def _once[T](self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        age, task = self._age, self._asking.join(key, ask)
        await asyncio.wait({task}, timeout=self._timeout_s)  # the others go on waiting when this one is cancelled
        if not task.done():
            reason = f"the data source did not answer within {self._timeout_s:g} s"
            raise VenueUnavailableError(reason, retry_after_s=self._timeout_s)
        if task.cancelled() or age != self._age:
            raise VenueUnavailableError("the market was disconnected", retry_after_s=1.0)
        answer: T = task.result()
        return answer


async def read_page(history: History, series: Series, *, start: int | None, end: int | None, limit: int) -> BarsPage:
    """Return closed bars of a loaded series with start <= open < end (UNIX ns), as `Bars.page` promises.

    Raises:
        VenueUnavailableError: If older bars are needed and the source does not give them in time.
    """
    found, window, horizon = Found(), series.window, series.horizon
    if window.rows and not window.has_older:
        history.begins(series, horizon)
    if start is not None and end is None:
        await history.oldest(series, found, start=start, limit=limit)
        begin = window.find(start)
        found.append(window, begin, min(len(window.rows), begin + limit - len(found)))
    else:
        upto = window.find(NEVER if end is None else end)
        found.prepend(window, max(window.find(start or 0), upto - limit), upto)
        end = horizon if end is None else min(end, horizon)
        await history.newest(series, found, start=start, end=end, limit=limit)
    return BarsPage(found.rows, found.opens, holes(found.opens, series.interval), found.has_older, found.is_from_memory)


def counted(page: BarsPage, began: float, *, was_loaded: bool) -> BarsPage:
    """Return a page as the hit or miss that it is, timed since `began` (on `perf_counter`) and counted."""
    if page.is_from_memory and was_loaded:
        HITS.inc()
        _HIT_TIME.observe(perf_counter() - began)
        return page
    MISSES.inc()
    _MISS_TIME.observe(perf_counter() - began)
    return replace(page, is_from_memory=False)


def _key(series: Series) -> tuple[str, str]:
    return series.instrument.instrument_id, series.interval.name


def _span(interval: Interval) -> int:
    return BLOCK * (28 * DAY_NS if interval.name == "1M" else interval.duration_ns)
