"""Joins history to the live bars: no gap, no overlap, the bars at the boundary compared."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog
from prometheus_client import Counter

from actors.buffer.aggregator import SECOND, BarAggregator, TradeBars
from actors.buffer.live import InstrumentBars
from actors.buffer.series import UNKNOWN, Series
from actors.buffer.source import PAGE, TURN, CheckedSource
from actors.market import HOUR_NS, INTERVALS, BarRow, Interval
from config.errors import VenueUnavailableError

log = structlog.get_logger(__name__)

BOUNDARY_MISMATCHES = Counter(
    "whisperer_buffer_boundary_mismatches_total", "Bars at the joint of history and live that were not equal"
)
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 30.0
_AT_ONCE = 2
"""Windows loaded at a time: each costs turns of the loop that others need too."""


class Loader:
    """Loads windows, one task each, until it succeeds or is stopped."""

    def __init__(
        self, source: CheckedSource, size: int, loaded: Callable[[Series], None], failed: Callable[[Exception], None]
    ) -> None:
        """Prepare.

        Args:
            source: Where history comes from.
            size: Bars of a window.
            loaded: Called when the history of a series has joined for the first time.
            failed: Called with an exception that should not have happened.
        """
        self._source = source
        self._size = size
        self._loaded = loaded
        self._failed = failed
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._loading: dict[Series, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, bars: InstrumentBars, series: Series) -> None:
        """Begin to load a series, or what it lacks; while that is on its way already, it is done once more after."""
        if not is_longer(bars, series) and series.waiting is None:
            series.hold_back()
        if series in self._loading:
            series.has_missed = True
            return
        self._loading[series] = self._spawn(self._run(bars, series))

    def complete(self, bars: InstrumentBars, building: TradeBars, start: int, end: int) -> None:
        """Fetch the trades of a bar under way that were missed, as bars of a second: start <= open < end (UNIX ns)."""
        self._spawn(self._complete(bars, building, start, end))

    async def finished(self, series: Series) -> None:
        """Return when nothing is loaded into a series any more."""
        while (task := self._loading.get(series)) is not None:
            await asyncio.wait({task})

    def drop(self, series: Series) -> None:
        """Load a series no more."""
        task = self._loading.pop(series, None)
        if task is not None:
            task.cancel()

    def stop(self) -> None:
        """Cancel everything under way."""
        for task in self._tasks:
            task.cancel()
        self._loading.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._failed(error)

    async def _run(self, bars: InstrumentBars, series: Series) -> None:
        try:
            await self._load(bars, series)
        finally:
            if self._loading.get(series) is asyncio.current_task():
                del self._loading[series]

    async def _load(self, bars: InstrumentBars, series: Series) -> None:
        retry_s = _FIRST_RETRY_S
        while True:
            series.has_missed = False
            try:
                await self._attempt(bars, series)
            except VenueUnavailableError as e:
                if series is bars.base and series.is_loaded:
                    log.info("gap_left_open", bar_type=series.bar_type, reason=str(e))
                    self._release(bars)
                    return
                log.warning("history_unavailable", bar_type=series.bar_type, reason=str(e), retry_s=retry_s)
                await asyncio.sleep(retry_s)
                retry_s = min(2 * retry_s, _LONGEST_RETRY_S)
                continue
            if not series.is_loaded:
                series.set_loaded()
                self._loaded(series)
            if not series.has_missed:
                return
            series.hold_back()

    async def _attempt(self, bars: InstrumentBars, series: Series) -> None:
        """Load a series once; base series at once, the others, which may wait for theirs, in order."""
        if series is bars.base:
            await self._join(bars, series)
            return
        if is_longer(bars, series):
            await bars.base.loaded.wait()
        async with self._turns:
            await (self._derive(bars, series) if is_longer(bars, series) else self._join(bars, series))

    async def _join(self, bars: InstrumentBars, series: Series) -> None:
        name, interval, start = series.instrument.instrument_id, series.interval, series.window.next_open
        history = await self._newest(series) if start is None else await self._since(name, interval, start)
        reached = interval.close(history[-1].ts_open) if history else start
        if series.waiting and reached is not None and reached < series.waiting[0].ts_open:
            history += await self._between(name, interval, reached, series.waiting[0].ts_open)
        waiting, series.waiting = series.waiting or (), None
        told = history[-1].ts_open if history else 0
        history_holds = series.shorter is not None
        for row in merged(history, waiting, series.bar_type, history_holds=history_holds):
            if series is bars.base and row.ts_open > told:
                bars.find_gap(row.ts_open)
            bars.accept(series, row)

    def _release(self, bars: InstrumentBars) -> None:
        """Let live bars go on without what could not be asked for: they show that something is missing."""
        waiting, bars.base.waiting = bars.base.waiting or (), None
        for row in waiting:
            bars.find_gap(row.ts_open)
            bars.accept(bars.base, row)

    async def _newest(self, series: Series) -> list[BarRow]:
        """Return the bars of a whole window; one more is asked for, which tells whether there are older ones."""
        name, end = series.instrument.instrument_id, None
        found: list[BarRow] = []
        while True:
            limit = min(PAGE, self._size + 1 - len(found))
            answer = await self._source.ask(name, series.interval, start=None, end=end, limit=limit)
            found[:0] = answer.rows
            if answer.is_all or not answer.rows or len(found) > self._size:
                series.window.has_older = not answer.is_all
                return found[-self._size :]
            end = answer.rows[0].ts_open

    async def _between(self, instrument_id: str, interval: Interval, start: int, end: int) -> list[BarRow]:
        found: list[BarRow] = []
        while start < end:
            stop = min(end, start + (PAGE - 1) * interval.duration_ns)
            limit = (stop - start) // interval.duration_ns + 1
            found += (await self._source.ask(instrument_id, interval, start=start, end=stop, limit=limit)).rows
            start = stop
        return found

    async def _since(self, instrument_id: str, interval: Interval, start: int) -> list[BarRow]:
        found: list[BarRow] = []
        while True:
            answer = await self._source.ask(instrument_id, interval, start=start, end=None, limit=PAGE)
            found += answer.rows
            if answer.is_all or not answer.rows:
                return found
            start = interval.close(answer.rows[-1].ts_open)

    async def _derive(self, bars: InstrumentBars, series: Series) -> None:
        """Load a longer interval: its own history, then what the base bars know of the time since."""
        base, name = bars.base, bars.instrument.instrument_id
        rows = await self._newest(series)
        for index, row in enumerate(rows, 1):
            series.window.push(row)
            if index % TURN == 0:
                await asyncio.sleep(0)
        begin = series.interval.close(rows[-1].ts_open) if rows else await self._first_whole(bars, series.interval)
        between, until = list[BarRow](), begin
        while base.window.has_older and base.horizon > until:
            step, start = bridge_step(bars), until
            until = step.floor(base.settled)
            between += await self._between(name, step, start, until)
        if rows:
            compare_boundary(bars, series, rows[-1])
        building = BarAggregator(series.interval)
        closed = build(building, between, bridge_step(bars))
        closed += build(building, base.window.rows[base.window.find(until) :], base.interval)
        for row in closed:
            series.window.push(row)
        bars.follow(series, building, begin)

    async def _first_whole(self, bars: InstrumentBars, interval: Interval) -> int:
        """Return where the first bar opens that history can hold whole."""
        base, name = bars.base, bars.instrument.instrument_id
        if not base.window.has_older:
            return first_whole(bars, interval)
        oldest = await self._source.ask(name, base.interval, start=0, end=None, limit=1)
        return interval.ceil(oldest.rows[0].ts_open) if oldest.rows else first_whole(bars, interval)

    async def _complete(self, bars: InstrumentBars, building: TradeBars, start: int, end: int) -> None:
        name = bars.instrument.instrument_id
        limit = (end - start) // SECOND.duration_ns + 1
        try:
            answer = await self._source.ask(name, SECOND, start=start, end=end, limit=limit)
        except VenueUnavailableError as e:
            log.info("open_bar_not_completed", instrument_id=name, interval=building.interval.name, reason=str(e))
        else:
            building.complete(answer.rows)


def is_longer(bars: InstrumentBars, series: Series) -> bool:
    """Return whether a series is joined from base bars."""
    return series.interval.duration_ns > bars.base.interval.duration_ns


def derive(bars: InstrumentBars, series: Series) -> None:
    """Fill a longer series from the base window alone, where there is no source to ask."""
    building, base = BarAggregator(series.interval), bars.base.window
    series.window.has_older = False
    begin = first_whole(bars, series.interval)
    for row in build(building, base.rows[base.find(begin) :], base.interval):
        series.window.push(row)
    bars.follow(series, building, begin)


def first_whole(bars: InstrumentBars, interval: Interval) -> int:
    """Return where the first bar opens that the base window holds whole: half a bar is none."""
    first = bars.base.window.first_open
    return UNKNOWN if first is None else interval.ceil(first)


def build(building: BarAggregator, rows: Sequence[BarRow], interval: Interval) -> list[BarRow]:
    """Add closed bars of a shorter `interval`; return the bars that they closed."""
    closed: list[BarRow | None] = []
    for row in rows:
        closed += building.bar(row), building.advance(interval.close(row.ts_open))
    return [bar for bar in closed if bar is not None]


def merged(
    history: Sequence[BarRow], live: Sequence[BarRow], bar_type: str, *, history_holds: bool = False
) -> list[BarRow]:
    """Return history and live bars as one, in order; where both have a bar they are compared, and one of them holds."""
    rows = {row.ts_open: row for row in history}
    for row in live:
        _compare(bar_type, rows.get(row.ts_open), row)
        if not (history_holds and row.ts_open in rows):
            rows[row.ts_open] = row
    return [rows[ts] for ts in sorted(rows)]


def compare_boundary(bars: InstrumentBars, series: Series, last: BarRow) -> None:
    """Compare the last bar of a longer history with its base bars, when the base window has them all."""
    base, end = bars.base.window, series.interval.close(last.ts_open)
    if base.first_open is not None and base.first_open <= last.ts_open and end <= bars.base.settled:
        building = BarAggregator(series.interval)
        for row in base.rows[base.find(last.ts_open) : base.find(end)]:
            building.bar(row)
        _compare(series.bar_type, last, building.open_bar)


def bridge_step(bars: InstrumentBars) -> Interval:
    """Return the interval asked for where the base window does not reach: a month of minutes is more than a window."""
    return bars.base.interval if bars.base.interval.duration_ns >= HOUR_NS else INTERVALS["1h"]


def _compare(bar_type: str, history: BarRow | None, live: BarRow | None) -> None:
    if history is not None and live is not None and history != live:
        BOUNDARY_MISMATCHES.inc()
        log.warning("boundary_differs", bar_type=bar_type, history=str(history), live=str(live))
