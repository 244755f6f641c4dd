"""The bars of one instrument as they grow: closed ones from the engine, longer and shorter ones made of them."""

from prometheus_client import Counter

from actors.buffer.aggregator import BarAggregator, TradeBars, joined
from actors.buffer.check import Quiet
from actors.buffer.outlet import Listener, Nobody, Outlet
from actors.buffer.series import UNKNOWN, Series
from actors.market import SECOND_NS, BarRow, Instrument, Interval

ODD = Counter("whisperer_buffer_odd_bars_total", "Closed bars that were no news to the window", ["outcome"])
PREVIEW_MISMATCHES = Counter(
    "whisperer_buffer_preview_mismatches_total", "Closed bars that differ from the open bar built of their trades"
)

GRACE_NS = 5 * SECOND_NS
"""Market time after which a closed bar that has not come is late."""


class InstrumentBars:
    """All series of one instrument.

    The base interval comes closed from the engine, which is the truth. Longer ones are joined from its bars, shorter
    ones built from trades, and only those that somebody asked for. The open bar of the base is a preview from trades.
    """

    def __init__(self, instrument: Instrument, base: Interval, *, has_trades: bool, size: int, outlet: Outlet) -> None:
        """Start with the base series alone; windows hold `size` bars."""
        self.instrument = instrument
        self.has_trades = has_trades
        self.base = Series(instrument, base, size)
        self.series: dict[str, Series] = {base.name: self.base}
        self.preview: TradeBars | None = None
        self.is_growing = False
        """Whether other intervals than the base are followed."""
        self.listener: Listener = Nobody()
        """Told of every bar that has closed once history has joined, shortest interval first."""
        self.longer: list[Series] = []
        """Those that grow, shortest first."""
        self.shorter: list[Series] = []
        self.late_after = UNKNOWN
        """Market time at which the next base bar is late, UNIX ns."""
        self._size = size
        self._late_ns = 2 * base.duration_ns + GRACE_NS
        self._outlet = outlet
        self._unconfirmed: BarRow | None = None
        self._heard: set[int] = set()
        """Open times of base bars to come whose trades were all heard."""
        self._heard_from = UNKNOWN
        """When anything was heard first, market time."""
        self._quiet = Quiet()
        self.listen(self.listener)

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on; start with trades afresh: what was under way before has a gap."""
        self.listener = listener
        self._unconfirmed = None
        if self.has_trades:
            self.preview = TradeBars(self.base.interval, self._want)
        for series in self.shorter:
            series.shorter = TradeBars(series.interval, self._want)

    def add(self, interval: Interval) -> Series:
        """Return a new series of another interval than the base; a longer one grows after `follow`."""
        series = self.series[interval.name] = Series(self.instrument, interval, self._size)
        if interval.duration_ns < self.base.interval.duration_ns:
            series.shorter = TradeBars(interval, self._want)
            self.shorter = sorted([*self.shorter, series], key=_duration)
            self.is_growing = True
        return series

    def drop(self, series: Series) -> None:
        """Let go of a series of another interval than the base."""
        del self.series[series.interval.name]
        self.longer = [one for one in self.longer if one is not series]
        self.shorter = [one for one in self.shorter if one is not series]
        self.is_growing = bool(self.longer or self.shorter)

    def follow(self, series: Series, building: BarAggregator, begin: int) -> None:
        """Let a longer series grow from the next base bar on, but not before `begin`; `building` holds its open bar."""
        series.longer, series.whole_from = building, begin
        self.longer = sorted({*self.longer, series}, key=_duration)
        self.is_growing = True

    def trade(self, ts: int, price: int, size: int) -> None:
        """Take a trade (UNIX ns, exact units) of an instrument that has them."""
        if self.preview is not None:
            closed = self.preview.trade(ts, price, size)
            if closed is not None:
                self._unconfirmed = closed
        for series in self.shorter:
            if series.shorter is not None:
                closed = series.shorter.trade(ts, price, size)
                if closed is not None:
                    self._close_shorter(series, closed)

    def bar(self, row: BarRow) -> None:
        """Take a closed bar of the base interval."""
        base = self.base
        if self.preview is not None:
            self._confirm(self.preview, row)
        if base.waiting is None:
            self.find_gap(row.ts_open, is_holding=True)
        if base.waiting is None:
            self.accept(base, row)
            return
        base.waiting.append(row)
        if base.is_held and len(base.waiting) > 1:
            self._outlet.release(base)

    def find_gap(self, ts: int, *, is_holding: bool = False) -> None:
        """Have the base bars asked for that are missing between the newest one and one that opens at `ts`."""
        if 0 < self.base.settled < ts:
            self._outlet.lacks(self, self.base, self.base.settled, ts, found_by="bar", is_holding=is_holding)

    def advance(self, ts: int) -> None:
        """Close what market time `ts` has ended; a base bar that has not come by then is late."""
        self._heard_from = min(self._heard_from, ts)
        if ts >= self.late_after and self.base.waiting is None:
            self._find_late(ts - GRACE_NS)
        for series in self.shorter:
            if series.shorter is not None:
                closed = series.shorter.advance(ts)
                if closed is not None:
                    self._close_shorter(series, closed)
                elif series.shorter.has_missed(ts):
                    self._outlet.missed(self, series)
        if self.longer and self.base.waiting is None and not len(self.base.gaps.wanted):
            # at the close itself the base bar that ends them may still be on its way
            reached = ts if self.preview is None or self.preview.open_bar is None else self.preview.open_bar.ts_open + 1
            self._close_longer(reached if self._unconfirmed is None else self._unconfirmed.ts_open + 1)

    def accept(self, series: Series, row: BarRow) -> None:
        """Put a closed bar into its window and tell; a base bar makes the longer ones grow."""
        if series.shorter is not None and row.ts_open < series.settled:
            self._close_again(series, row)
            return
        if series is not self.base:
            self._put(series, row)
            return
        if self.longer:
            self._close_longer(row.ts_open + 1)
        if self.shorter:
            self._doubt_shorter(row)
        self._heard = {ts for ts in self._heard if ts > row.ts_open}
        if self._put(series, row):
            self.late_after = row.ts_open + self._late_ns
            if self.longer:
                self._grow(row)

    def give_up(self, begin: int, end: int) -> None:
        """Wait no more for a closed bar of the base interval with begin <= open < end (UNIX ns): it is a hole."""
        if self._unconfirmed is not None and begin <= self._unconfirmed.ts_open < end:
            self._unconfirmed = None

    def open_row(self, series: Series) -> BarRow | None:
        """Return what the bar not yet closed holds so far, or None when nothing has traded in it."""
        row = self._open_row(series)
        return None if row is None or row.ts_open < series.settled else row

    def _open_row(self, series: Series) -> BarRow | None:
        if series.shorter is not None:
            return series.shorter.open_bar
        newest = None if self.preview is None else self.preview.open_bar
        if series is self.base:
            return newest
        before = None if series.longer is None else series.longer.open_bar
        if newest is None or series.longer is None:
            return before
        ts_open = series.interval.floor(newest.ts_open)
        if ts_open < series.whole_from:
            return None
        if before is not None and before.ts_open >= ts_open:
            return joined(before, newest) if newest.ts_open >= self.base.settled else before
        return BarRow(ts_open, newest.open, newest.high, newest.low, newest.close, newest.volume)

    def _doubt_shorter(self, row: BarRow) -> None:
        """Have shorter bars asked for up to a new base bar, and those of it unless all of its trades were heard."""
        interval, settled = self.base.interval, self.base.settled
        end = row.ts_open if row.ts_open in self._heard else interval.close(row.ts_open)
        begin = max(min(settled or row.ts_open, row.ts_open), interval.floor(self._heard_from))
        if begin < end:
            for series in self.shorter:
                self._outlet.lacks(self, series, begin, end, found_by="trades")

    def _find_late(self, ts: int) -> None:
        """Have the base bars asked for that should have come by `ts`."""
        base, end = self.base, self.base.interval.floor(ts)
        self.late_after = base.interval.close(end) + GRACE_NS
        if 0 < base.settled < end:
            self._outlet.lacks(self, base, base.settled, end, found_by="time")

    def _confirm(self, preview: TradeBars, row: BarRow) -> None:
        """Compare a closed bar with its preview: only when they are equal, every trade of it was heard."""
        end = self.base.interval.close(row.ts_open)
        seen = [self._unconfirmed, preview.advance(end)]
        self._unconfirmed = None
        for bar in seen:
            if bar is None or not preview.is_whole(bar):
                continue
            if bar.ts_open > row.ts_open:
                self._unconfirmed = bar
            elif bar == row:
                self._heard.add(row.ts_open)
            elif bar.ts_open == row.ts_open:
                self._differs(row, bar)

    def _differs(self, row: BarRow, preview: BarRow) -> None:
        """Note that a closed bar is not what its trades make: if only trades were lost, the bar is right."""
        PREVIEW_MISMATCHES.inc()
        self._quiet.info("preview_differs", bar_type=self.base.bar_type, closed=str(row), preview=str(preview))
        if preview.volume > row.volume or preview.high > row.high or preview.low < row.low:
            end = self.base.interval.close(row.ts_open)
            self._outlet.lacks(self, self.base, row.ts_open, end, found_by="trades")

    def _close_shorter(self, series: Series, row: BarRow) -> None:
        if series.shorter is not None and not series.shorter.is_whole(row):
            self._outlet.missed(self, series)
        elif series.waiting is not None:
            series.waiting.append(row)
        else:
            self.accept(series, row)

    def _close_again(self, series: Series, row: BarRow) -> None:
        """Take a shorter bar that the source has told before its trades came: if they differ, trades may be lacking."""
        window = series.window
        index = window.find(row.ts_open)
        if window.rows[index] == row:
            ODD.labels("duplicate").inc()
        else:
            ODD.labels("late").inc()
            end = series.interval.close(row.ts_open)
            self._outlet.lacks(self, series, row.ts_open, end, found_by="trades")

    def _close_longer(self, before: int) -> None:
        """Close the longer bars whose close is earlier than `before`."""
        for series in self.longer:
            closed = series.longer.advance(before - 1) if series.longer is not None else None
            if closed is not None:
                self._put(series, closed)

    def _grow(self, row: BarRow) -> None:
        close = self.base.interval.close(row.ts_open)
        for series in self.longer:
            if series.whole_from == UNKNOWN:
                series.whole_from = series.interval.ceil(row.ts_open)
            if row.ts_open < series.settled:
                self._outlet.outdated(self, series, series.interval.floor(row.ts_open))
            elif series.longer is not None and row.ts_open >= series.whole_from:
                series.longer.bar(row)
                closed = series.longer.advance(close)
                if closed is not None:
                    self._put(series, closed)

    def _put(self, series: Series, row: BarRow) -> bool:
        outcome = series.window.push(row)
        if outcome == "appended":
            if series.is_loaded:
                self.listener.closed(series, row)
            return True
        ODD.labels(outcome).inc()
        self._quiet.info("odd_bar", outcome=outcome, bar_type=series.bar_type, row=str(row))
        if outcome == "corrected" and series.is_loaded:
            self.listener.mended(series, [row])
        if outcome == "corrected" and series is self.base:
            self._outlet.corrected(self, row)
        return False

    def _want(self, building: TradeBars, start: int, end: int) -> None:
        self._outlet.wants(self, building, start, end)


def _duration(series: Series) -> int:
    return series.interval.duration_ns
