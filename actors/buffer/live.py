"""The bars of one instrument as they grow: closed ones from the engine, longer and shorter ones made of them."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog
from prometheus_client import Counter

from actors.buffer.aggregator import BarAggregator, TradeBars, joined
from actors.buffer.window import BarWindow
from actors.market import BarRow, Instrument, Interval, bar_type_of
from actors.messages import BARS_TOPIC

log = structlog.get_logger(__name__)

UNKNOWN = 2**63
"""A time that is not known yet."""

ODD = Counter("whisperer_buffer_odd_bars_total", "Closed bars that were no news to the window", ["outcome"])
PREVIEW_MISMATCHES = Counter(
    "whisperer_buffer_preview_mismatches_total", "Closed bars that differ from the open bar built of their trades"
)


class Series:
    """One instrument and interval."""

    def __init__(self, instrument: Instrument, interval: Interval, size: int) -> None:
        """Start with an empty window for `size` bars, not loaded."""
        self.instrument = instrument
        self.interval = interval
        self.bar_type = bar_type_of(instrument.instrument_id, interval.name)
        self.topic = f"{BARS_TOPIC}.{self.bar_type}"
        self.window = BarWindow(instrument, interval, size)
        self.longer: BarAggregator | None = None
        """Joins the base bars of an interval longer than the base; None until its history is in place."""
        self.whole_from = 0
        """Open time of the first longer bar that history has whole, UNIX ns; `UNKNOWN` before the first base bar."""
        self.shorter: TradeBars | None = None
        """Builds the bars of an interval shorter than the base."""
        self.waiting: list[BarRow] | None = None
        """Live bars held back while history is asked for; None when they go straight into the window."""
        self.is_loaded = False
        """Whether history has joined."""
        self.loaded = asyncio.Event()
        """Set together with `is_loaded`, for those who wait."""
        self.has_missed = False
        """A bar is missing that the source must have: ask again after the question on its way."""

    def set_loaded(self) -> None:
        """Note that history has joined."""
        self.is_loaded = True
        self.loaded.set()

    @property
    def horizon(self) -> int:
        """Open time of the oldest bar in the window, UNIX ns; 0 when it is empty."""
        return self.window.first_open or 0

    @property
    def settled(self) -> int:
        """Every bar that opens before is closed, UNIX ns."""
        return self.window.next_open or 0


Closed = Callable[[Series, BarRow], None]


def _nobody(series: Series, row: BarRow) -> None:
    """Hear nothing: between two nodes."""


class Listener(Protocol):
    """Hears what happens in the buffer; called on the owner loop."""

    def closed(self, series: Series, row: BarRow) -> None:
        """A bar of a loaded series has closed."""

    def loaded(self, series: Series) -> None:
        """The history of a series is in place."""

    def failed(self, error: Exception) -> None:
        """Something that should not have happened."""


class Outlet(Protocol):
    """Whom to ask for more."""

    def missed(self, bars: "InstrumentBars", series: Series) -> None:
        """A closed bar is missing that the source should have."""

    def wants(self, bars: "InstrumentBars", building: TradeBars, start: int, end: int) -> None:
        """A bar under way lacks the trades with start <= ts < end (UNIX ns)."""


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
        self.closed: Closed = _nobody
        """Told of every bar that has closed once history has joined, shortest interval first."""
        self._size = size
        self._outlet = outlet
        self._longer: list[Series] = []
        self._shorter: list[Series] = []
        self._unconfirmed: BarRow | None = None
        self.listen(_nobody)

    def listen(self, closed: Closed) -> None:
        """Tell `closed` from now on; start with trades afresh: what was under way before has a gap."""
        self.closed = closed
        self._unconfirmed = None
        if self.has_trades:
            self.preview = TradeBars(self.base.interval, self._want)
        for series in self._shorter:
            series.shorter = TradeBars(series.interval, self._want)

    def add(self, interval: Interval) -> Series:
        """Return a new series of another interval than the base; a longer one grows after `follow`."""
        series = self.series[interval.name] = Series(self.instrument, interval, self._size)
        if interval.duration_ns < self.base.interval.duration_ns:
            series.shorter = TradeBars(interval, self._want)
            self._shorter = sorted([*self._shorter, series], key=_duration)
            self.is_growing = True
        return series

    def drop(self, series: Series) -> None:
        """Let go of a series of another interval than the base."""
        del self.series[series.interval.name]
        self._longer = [one for one in self._longer if one is not series]
        self._shorter = [one for one in self._shorter if one is not series]
        self.is_growing = bool(self._longer or self._shorter)

    def follow(self, series: Series, building: BarAggregator, begin: int) -> None:
        """Let a longer series grow from the next base bar on, but not before `begin`; `building` holds its open bar."""
        series.longer, series.whole_from = building, begin
        self._longer = sorted({*self._longer, series}, key=_duration)
        self.is_growing = True

    def trade(self, ts: int, price: int, size: int) -> None:
        """Take a trade (UNIX ns, exact units) of an instrument that has them."""
        if self.preview is not None:
            closed = self.preview.trade(ts, price, size)
            if closed is not None:
                self._unconfirmed = closed
        for series in self._shorter:
            if series.shorter is not None:
                closed = series.shorter.trade(ts, price, size)
                if closed is not None:
                    self._close_shorter(series, closed)

    def bar(self, row: BarRow) -> None:
        """Take a closed bar of the base interval."""
        base = self.base
        if self.preview is not None:
            self._confirm(self.preview, row)
        if base.waiting is not None:
            base.waiting.append(row)
        elif self._longer:
            self.accept(base, row)
        else:
            self._put(base, row)

    def advance(self, ts: int) -> None:
        """Close what market time `ts` has ended."""
        for series in self._shorter:
            if series.shorter is not None:
                closed = series.shorter.advance(ts)
                if closed is not None:
                    self._close_shorter(series, closed)
                elif series.shorter.has_missed(ts):
                    self._outlet.missed(self, series)
        if self._longer and self.base.waiting is None:
            # at the close itself the base bar that ends them may still be on its way
            reached = ts if self.preview is None or self.preview.open_bar is None else self.preview.open_bar.ts_open + 1
            self._close_longer(reached if self._unconfirmed is None else self._unconfirmed.ts_open + 1)

    def accept(self, series: Series, row: BarRow) -> None:
        """Put a closed bar into its window and tell; a base bar makes the longer ones grow."""
        if series is not self.base:
            self._put(series, row)
            return
        if self._longer:
            self._close_longer(row.ts_open + 1)
        if self._put(series, row) and self._longer:
            self._grow(row)

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

    def _confirm(self, preview: TradeBars, row: BarRow) -> None:
        """Compare a closed bar with its preview; a preview that no closed bar followed shows a missing one."""
        seen = [self._unconfirmed, preview.advance(self.base.interval.close(row.ts_open))]
        self._unconfirmed = None
        for bar in seen:
            if bar is None or not preview.is_whole(bar):
                continue
            if bar.ts_open > row.ts_open:
                self._unconfirmed = bar
            elif bar.ts_open < row.ts_open:
                log.warning("bar_missing", bar_type=self.base.bar_type, ts_open=bar.ts_open)
                self._outlet.missed(self, self.base)
            elif bar != row:
                PREVIEW_MISMATCHES.inc()
                log.warning("preview_differs", bar_type=self.base.bar_type, closed=str(row), preview=str(bar))

    def _close_shorter(self, series: Series, row: BarRow) -> None:
        if series.shorter is not None and not series.shorter.is_whole(row):
            self._outlet.missed(self, series)
        elif series.waiting is not None:
            series.waiting.append(row)
        else:
            self._put(series, row)

    def _close_longer(self, before: int) -> None:
        """Close the longer bars whose close is earlier than `before`."""
        for series in self._longer:
            closed = series.longer.advance(before - 1) if series.longer is not None else None
            if closed is not None:
                self._put(series, closed)

    def _grow(self, row: BarRow) -> None:
        close = self.base.interval.close(row.ts_open)
        for series in self._longer:
            if series.whole_from == UNKNOWN:
                series.whole_from = series.interval.ceil(row.ts_open)
            if series.longer is not None and row.ts_open >= series.whole_from:
                series.longer.bar(row)
                closed = series.longer.advance(close)
                if closed is not None:
                    self._put(series, closed)

    def _put(self, series: Series, row: BarRow) -> bool:
        outcome = series.window.push(row)
        if outcome != "appended":
            ODD.labels(outcome).inc()
            log.info("odd_bar", outcome=outcome, bar_type=series.bar_type, row=str(row))
        if outcome in {"appended", "corrected"} and series.is_loaded:
            self.closed(series, row)
        return outcome == "appended"

    def _want(self, building: TradeBars, start: int, end: int) -> None:
        self._outlet.wants(self, building, start, end)


def _duration(series: Series) -> int:
    return series.interval.duration_ns
