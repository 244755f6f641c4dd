"""Bars of the simulated market as one array: joined into longer ones, cut, and made into rows."""

import numpy as np
from numpy.typing import NDArray

from actors.market import BarRow, Interval
from adapters.columns import joined

Columns = NDArray[np.int64]
"""Bars oldest first, shape (6, n): open time ns, open, high, low, close, volume."""

EMPTY: Columns = np.empty((6, 0), dtype=np.int64)


def joined_bars(bars: Columns, interval: Interval) -> Columns:
    """Return bars of a longer interval made of shorter ones."""
    return np.stack(joined(bars[0], tuple(bars[1:]), interval)) if bars.size else EMPTY


def joined_trades(ts: Columns, price: Columns, size: Columns, interval: Interval) -> Columns:
    """Return the bars of trades given in time order, each argument of shape (n,)."""
    return np.stack(joined(ts, (price, price, price, price, size), interval)) if len(ts) else EMPTY


def rows(bars: Columns) -> list[BarRow]:
    """Return columns as rows."""
    return [BarRow(*row) for row in zip(*bars.tolist(), strict=True)]


def between(bars: Columns, start: int, end: int) -> Columns:
    """Return the bars with start <= open < end."""
    first, last = np.searchsorted(bars[0], (start, end))
    return bars[:, first:last]
