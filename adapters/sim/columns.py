"""Bars as integer columns: shorter ones joined into longer ones, and into rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.market import MONDAY_NS, BarRow, Interval

Columns = NDArray[np.int64]
"""Bars oldest first, shape (6, n): open time ns, open, high, low, close, volume."""

EMPTY: Columns = np.empty((6, 0), dtype=np.int64)


def joined_bars(bars: Columns, interval: Interval) -> Columns:
    """Return bars of a longer interval made of shorter ones."""
    return _joined(floors(bars[0], interval), bars[1:])


def joined_trades(ts: Columns, price: Columns, size: Columns, interval: Interval) -> Columns:
    """Return the bars of trades given in time order, each argument of shape (n,)."""
    return _joined(floors(ts, interval), (price, price, price, price, size))


def floors(ts: Columns, interval: Interval) -> Columns:
    """Return the open time of the bar that holds each time, shape (n,), as `Interval.floor` does."""
    if interval.name == "1M":
        months = ts.astype("datetime64[ns]").astype("datetime64[M]")
        return months.astype("datetime64[ns]").astype(np.int64)
    offset = MONDAY_NS if interval.name == "1w" else 0
    result: Columns = ts - (ts - offset) % interval.duration_ns
    return result


def rows(bars: Columns) -> list[BarRow]:
    """Return columns as rows."""
    return [BarRow(*row) for row in zip(*bars.tolist(), strict=True)]


def between(bars: Columns, start: int, end: int) -> Columns:
    """Return the bars with start <= open < end."""
    first, last = np.searchsorted(bars[0], (start, end))
    return bars[:, first:last]


def _joined(opens: Columns, values: Sequence[Columns] | Columns) -> Columns:
    """Return one bar for each run of equal open times over columns open, high, low, close and volume."""
    if not len(opens):
        return EMPTY
    open_, high, low, close, volume = values
    first = np.flatnonzero(np.concatenate(([True], opens[1:] != opens[:-1])))
    last = np.concatenate((first[1:], [len(opens)])) - 1
    return np.stack(
        (
            opens[first],
            open_[first],
            np.maximum.reduceat(high, first),
            np.minimum.reduceat(low, first),
            close[last],
            np.add.reduceat(volume, first),
        )
    )
