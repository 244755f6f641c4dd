"""Fills gaps: one question at a time for each window, for all it lacks; what the source has not is a hole for good."""

import asyncio
from collections.abc import Callable
from typing import override

from prometheus_client import Counter

from actors.buffer.aggregator import TradeBars
from actors.buffer.check import Quiet
from actors.buffer.live import InstrumentBars
from actors.buffer.loading import Loader
from actors.buffer.mending import mend_others, put_right, rejoin, take_out
from actors.buffer.outlet import Outlet
from actors.buffer.series import Series
from actors.buffer.source import PAGE, CheckedSource
from actors.buffer.spans import Span
from actors.market import BarRow
from config.errors import VenueUnavailableError

GAPS = Counter("whisperer_buffer_gaps_total", "Spans found missing or in doubt, by what showed them", ["found_by"])
HOLES = Counter("whisperer_buffer_holes_total", "Missing bars that the source does not have either", ["interval"])

HOLD_S = 0.25
"""Wall seconds that live bars wait for those missing before them; then they go on, and the gap is mended later."""
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 30.0
_BEFORE = 3
"""Bars before a gap that are asked for with it."""
_TRIES = 3
"""How often an empty answer where bars are known is not believed."""


class Filler(Outlet):
    """Whom the bars of every instrument ask for what they lack.

    A gap found while a question is on its way waits for the next one, together with all others. Live bars wait for
    the answer, but not long, and not while the source does not answer.
    """

    def __init__(self, source: CheckedSource, loader: Loader, failed: Callable[[Exception], None]) -> None:
        """Prepare.

        Args:
            source: Where history comes from.
            loader: Loads whole windows.
            failed: Called with an exception that should not have happened.
        """
        self._source = source
        self._loader = loader
        self._failed = failed
        self._quiet = Quiet()
        self._filling: dict[Series, asyncio.Task[None]] = {}
        self._failing: set[Series] = set()
        self._holding: dict[Series, tuple[InstrumentBars, asyncio.TimerHandle]] = {}

    @override
    def missed(self, bars: InstrumentBars, series: Series) -> None:
        if self._source.source is not None:
            self._loader.start(bars, series)

    @override
    def wants(self, bars: InstrumentBars, building: TradeBars, start: int, end: int) -> None:
        if self._source.source is not None:
            self._loader.complete(bars, building, start, end)

    @override
    def lacks(
        self, bars: InstrumentBars, series: Series, begin: int, end: int, *, found_by: str, is_holding: bool = False
    ) -> None:
        begin = max(begin, series.horizon)
        if self._source.source is None or not (series.window.rows or series.waiting is not None):
            return
        if series.gaps.want(begin, end):
            series.gaps.forget(series.horizon)
            GAPS.labels(found_by).inc()
            self._quiet.info("bars_missing", bar_type=series.bar_type, begin_ns=begin, end_ns=end, found_by=found_by)
            self.resume(bars, series)
        if is_holding and series not in self._failing and series.gaps.wanted.within(begin, end):
            self._hold(bars, series)

    @override
    def outdated(self, bars: InstrumentBars, series: Series, begin: int) -> None:
        rejoin(bars, series, begin, self)

    @override
    def corrected(self, bars: InstrumentBars, row: BarRow) -> None:
        mend_others(bars, [row], self)
        end = bars.base.interval.close(row.ts_open)
        self.lacks(bars, bars.base, row.ts_open, end, found_by="correction")

    def resume(self, bars: InstrumentBars, series: Series) -> None:
        """Ask for what a series lacks, unless that is on its way already."""
        if len(series.gaps.wanted) and series.is_loaded and series not in self._filling:
            self._start(bars, series)

    def drop(self, series: Series) -> None:
        """Fill a series no more."""
        self._failing.discard(series)
        task = self._filling.pop(series, None)
        if task is not None:
            task.cancel()

    def stop(self) -> None:
        """Ask no more; bars that wait go on."""
        for task in self._filling.values():
            task.cancel()
        self._filling.clear()
        self._failing.clear()
        for series in list(self._holding):
            self.release(series)

    def _hold(self, bars: InstrumentBars, series: Series) -> None:
        """Let the next live bars wait for the answer."""
        series.hold_back()
        series.is_held = True
        timer = asyncio.get_running_loop().call_later(HOLD_S, self.release, series)
        self._holding[series] = bars, timer

    def _start(self, bars: InstrumentBars, series: Series) -> None:
        task = self._filling[series] = asyncio.get_running_loop().create_task(self._fill(bars, series))
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._failed(error)

    async def _fill(self, bars: InstrumentBars, series: Series) -> None:
        try:
            await self._fill_all(bars, series)
        finally:
            if self._filling.get(series) is asyncio.current_task():
                del self._filling[series]
                self.release(series)

    async def _fill_all(self, bars: InstrumentBars, series: Series) -> None:
        retry_s, tries = _FIRST_RETRY_S, 0
        while (span := series.gaps.next(PAGE - 1)) is not None:
            try:
                rows = await self._ask(series, span, is_last=tries >= _TRIES)
            except VenueUnavailableError as e:
                self._failing.add(series)
                self.release(series)
                self._quiet.info("gap_not_answered", bar_type=series.bar_type, reason=str(e), retry_s=retry_s)
                await asyncio.sleep(retry_s)
                retry_s, tries = min(2 * retry_s, _LONGEST_RETRY_S), tries + 1
                continue
            retry_s, tries = _FIRST_RETRY_S, 0
            self._failing.discard(series)
            await self._loader.finished(series)  # what waits for that comes first
            self._take(bars, series, span, rows)

    async def _ask(self, series: Series, span: Span, *, is_last: bool) -> list[BarRow]:
        """Ask from some bars before the gap on: an answer with any of them can be told from others.

        Raises:
            VenueUnavailableError: If there is no answer, or an empty one where bars are known, and more may be tried.
        """
        begin, end = span
        window = series.window
        before = max(window.find(begin) - _BEFORE, window.first)
        start = min(begin, window.rows[before].ts_open) if window.rows else begin
        limit = (end - start) // series.interval.duration_ns + 1
        name = series.instrument.instrument_id
        rows = (await self._source.ask(name, series.interval, start=start, end=end, limit=limit)).rows
        if not rows and start < begin and not is_last:
            raise VenueUnavailableError("the source has nothing where bars are known", retry_after_s=_FIRST_RETRY_S)
        return rows

    def _take(self, bars: InstrumentBars, series: Series, span: Span, rows: list[BarRow]) -> None:
        live = series.waiting or ()
        wanted = [row for part in series.gaps.wanted.within(*span) for row in rows if part[0] <= row.ts_open < part[1]]
        known = {row.ts_open for row in wanted}
        if series not in bars.shorter:  # what trades make is false when some of them were lost
            known.update(series.window.opens(*map(series.window.find, span)), (row.ts_open for row in live))
        holes = series.gaps.settle(span, known)
        series.gaps.forget(series.horizon)
        put_right(bars, series, wanted, self)
        for hole in holes:
            self._give_up(bars, series, *hole)
        self.release(series)

    def _give_up(self, bars: InstrumentBars, series: Series, begin: int, end: int) -> None:
        """Take it that there are no bars with begin <= open < end (UNIX ns)."""
        HOLES.labels(series.interval.name).inc((end - begin) // series.interval.duration_ns)
        self._quiet.info("hole_recorded", bar_type=series.bar_type, begin_ns=begin, end_ns=end)
        if series is bars.base:
            bars.give_up(begin, end)
        elif series in bars.shorter:
            take_out(bars, series, begin, end)

    @override
    def release(self, series: Series) -> None:
        bars, timer = self._holding.pop(series, (None, None))
        if bars is None or timer is None:
            return
        timer.cancel()
        series.is_held = False
        waiting, series.waiting = series.waiting or (), None
        for row in waiting:
            bars.find_gap(row.ts_open)
            bars.accept(series, row)
