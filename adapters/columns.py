"""Bars as columns of exact integers: to which bar a time belongs, and shorter bars joined into longer ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.market import Interval

Ints = NDArray[np.int64]


def floors(ts: Ints, interval: Interval) -> Ints:
    """Return `interval.floor` of every time; UNIX nanoseconds, any shape."""
    if interval.name == "1M":
        return ts.astype("datetime64[ns]").astype("datetime64[M]").astype("datetime64[ns]").astype(np.int64)
    offset = interval.floor(0) % interval.duration_ns
    found: Ints = ts - (ts - offset) % interval.duration_ns
    return found


def closes(opens: Ints, interval: Interval) -> Ints:
    """Return `interval.close` of every open time; UNIX nanoseconds, any shape."""
    if interval.name == "1M":
        months = opens.astype("datetime64[ns]").astype("datetime64[M]") + np.timedelta64(1, "M")
        return months.astype("datetime64[ns]").astype(np.int64)
    found: Ints = opens + interval.duration_ns
    return found


def joined(ts: Ints, values: Sequence[Ints], interval: Interval) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Return the bars of a longer interval that these rows fill, exactly as `BarAggregator` builds them.

    Args:
        ts: Open time of each shorter bar, or time of each trade, ascending; UNIX nanoseconds, shape (n,), n > 0.
        values: Open, high, low, close and volume; of trades the price four times and the size.
        interval: Of the bars.

    Returns:
        Open times, then the values.
    """
    opens = floors(ts, interval)
    first = np.flatnonzero(np.diff(opens, prepend=opens[0] - 1))
    last = np.append(first[1:], len(opens)) - 1
    open_, high, low, close, volume = values
    return (
        opens[first],
        open_[first],
        np.maximum.reduceat(high, first),
        np.minimum.reduceat(low, first),
        close[last],
        np.add.reduceat(volume, first),
    )
