"""The past of one recording: closed bars of any interval, made of the rows that have been read."""

import numpy as np

from actors.market import INTERVALS, BarRow, Interval
from adapters.columns import Ints, closes
from adapters.replay.recording import Recording, Rows

type Range = tuple[int | None, int | None, int]
"""Start and end (start <= open < end, UNIX ns), and the most bars; the newest of them unless only a start is given."""

_MINUTE = INTERVALS["1m"]


def closed_bars(recording: Recording, wanted: Interval, asked: Range, *, cursor: int, now_ns: int) -> list[BarRow]:
    """Return bars of an interval that the recording can give, oldest first.

    Args:
        recording: Whose rows.
        wanted: The interval.
        asked: Which bars.
        cursor: How many rows have been read.
        now_ns: Market time.
    """
    start_ns, end_ns, limit = asked
    is_oldest = end_ns is None and start_ns is not None
    begin = max(int(recording.rows.ts[0]), start_ns or 0)
    end = now_ns if end_ns is None else max(begin, min(now_ns, end_ns))
    span = min(limit * wanted.duration_ns, end - begin)
    while True:  # rows of as many bars as are asked for, more when there are holes in them
        low, high = (begin, begin + span) if is_oldest else (end - span, end)
        bars = _within(recording, wanted, low, high, cursor)
        bars = bars.part(0, _known(recording, cursor, closes(bars.ts, wanted), now_ns))
        start = 0 if start_ns is None else int(np.searchsorted(bars.ts, start_ns))
        stop = len(bars) if end_ns is None else int(np.searchsorted(bars.ts, end_ns))
        if stop - start >= limit or span >= end - begin:
            return _limited(bars, start, stop, limit, is_oldest=is_oldest)
        span = min(4 * span + wanted.duration_ns, end - begin)


def _within(recording: Recording, wanted: Interval, low: int, high: int, cursor: int) -> Rows:
    """Return the bars that hold a time from `low` to `high`, as far as their rows are read, in the order of time."""
    ts = recording.rows.ts
    first = int(np.searchsorted(ts, wanted.floor(low)))
    if wanted.duration_ns < _MINUTE.duration_ns:
        first = max(first, recording.bars_before)
    stop = min(cursor, int(np.searchsorted(ts, wanted.close(wanted.floor(high)))))
    rows = recording.rows.part(first, max(first, stop))
    bars = rows if recording.interval is wanted else rows.joined(wanted)
    if first == 0 and recording.begins_within(wanted):
        bars = bars.part(1, len(bars))
    return bars


def _known(recording: Recording, cursor: int, bar_closes: Ints, now_ns: int) -> int:
    """Return how many bars with these close times are complete: time is there and no row of theirs is unread."""
    reached = int(np.searchsorted(bar_closes, now_ns, side="right"))
    if recording.interval is None or cursor == len(recording.times):
        return reached
    return min(reached, int(np.searchsorted(bar_closes, recording.times[cursor])))


def _limited(bars: Rows, start: int, stop: int, limit: int, *, is_oldest: bool) -> list[BarRow]:
    if is_oldest:
        stop = min(stop, start + limit)
    else:
        start = max(start, stop - limit)
    return bars.part(start, stop).bar_rows() if start < stop else []
