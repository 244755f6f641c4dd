"""Bars of the past put right: filled in or corrected, in the longer and shorter bars of the same time too."""

from collections.abc import Sequence
from functools import reduce

from msgspec.structs import replace
from prometheus_client import Counter

from actors.buffer.aggregator import joined
from actors.buffer.live import InstrumentBars
from actors.buffer.outlet import Outlet
from actors.buffer.series import Series
from actors.market import BarRow

MENDED = Counter(
    "whisperer_buffer_mended_bars_total", "Bars of the past that were filled in or corrected", ["interval"]
)


def put_right(bars: InstrumentBars, series: Series, rows: Sequence[BarRow], outlet: Outlet) -> None:
    """Take bars that the source tells, oldest first; newer ones than the newest grow the window as if they came live.

    Args:
        bars: Of the instrument.
        series: Whose bars these are.
        rows: Closed bars, believable, oldest first.
        outlet: Whom to ask for what cannot be made of what is here.
    """
    settled = series.settled
    changed = [row for row in rows if row.ts_open < settled and series.window.mend(row)]
    if changed:
        _tell(bars, series, changed)
        if series is bars.base:
            mend_others(bars, changed, outlet)
    for row in rows:
        if row.ts_open >= settled:
            bars.accept(series, row)


def take_out(bars: InstrumentBars, series: Series, begin: int, end: int) -> None:
    """Take bars with begin <= open < end out that were built of trades of which some were lost."""
    dropped = series.window.drop(begin, end)
    if dropped:
        _tell(bars, series, dropped)


def mend_others(bars: InstrumentBars, changed: Sequence[BarRow], outlet: Outlet) -> None:
    """Mend the longer bars that hold base bars which have changed, and have the shorter ones of that time asked for."""
    for series in bars.longer:
        for begin in sorted({series.interval.floor(row.ts_open) for row in changed}):
            rejoin(bars, series, begin, outlet)
    for row in changed:
        doubt_shorter(bars, row.ts_open, bars.base.interval.close(row.ts_open), outlet)


def doubt_shorter(bars: InstrumentBars, begin: int, end: int, outlet: Outlet) -> None:
    """Have shorter bars asked for where base bars did not come live: their trades were not heard, or not all."""
    for series in bars.shorter:
        outlet.lacks(bars, series, begin, end, found_by="base")


def rejoin(bars: InstrumentBars, series: Series, begin: int, outlet: Outlet) -> None:
    """Join one longer bar anew, or have it asked for when the base window does not hold all of it."""
    base, building, end = bars.base.window, series.longer, series.interval.close(begin)
    is_open = building is not None and building.open_bar is not None and building.open_bar.ts_open == begin
    is_here = begin >= series.whole_from and (base.first_open or end) <= begin
    if building is None or not is_here:
        if is_open:
            outlet.missed(bars, series)
        else:
            outlet.lacks(bars, series, begin, end, found_by="base")
        return
    row = replace(reduce(joined, base.rows[base.find(begin) : base.find(end)]), ts_open=begin)
    if is_open:
        building.seed(row)
    elif begin >= series.settled:
        bars.accept(series, row)
    elif series.window.mend(row):
        _tell(bars, series, [row])


def _tell(bars: InstrumentBars, series: Series, changed: list[BarRow]) -> None:
    MENDED.labels(series.interval.name).inc(len(changed))
    if series.is_loaded:
        bars.listener.mended(series, changed)
