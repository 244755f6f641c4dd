"""Closed bars of one simulated instrument, made of its own trades on demand."""

from collections.abc import Iterator

import numpy as np

from actors.market import HOUR_NS, INTERVALS, MINUTE_NS, BarRow, Interval
from adapters.sim.columns import EMPTY, Columns, between, joined_bars, joined_trades, rows
from adapters.sim.recent import Recent
from adapters.sim.ticks import Ticks

HOURS = 100_000
"""So many hours are kept as a bar each, eleven years: more than `sim.history_days` may be."""
_BLOCKS = 4_096
_STEP = 8


class History:
    """Bars of any interval: the shortest from trades, the others from minutes, the long ones from hours."""

    def __init__(self, ticks: Ticks, begin_ns: int) -> None:
        """Prepare the history of `ticks` that begins at `begin_ns`, a full hour."""
        self._ticks = ticks
        self._begin = begin_ns
        self._minutes = Recent(ticks.bars, _BLOCKS)
        self._hours = Recent(self._hour, HOURS)

    def bars(self, interval: Interval, position: int, start: int | None, end: int | None, limit: int) -> list[BarRow]:
        """Return closed bars as `Feed.history` says, `position` being the market time reached."""
        first, after = self._range(interval, position, start, end)
        if limit < 1 or first >= after:
            return []
        is_oldest = start is not None and end is None
        span = limit * interval.duration_ns
        while True:
            if is_oldest:
                found = self._columns(interval, first, min(after, first + span))[:, :limit]
                is_all = first + span >= after
            else:
                found = self._columns(interval, max(first, after - span), after)[:, -limit:]
                is_all = after - span <= first
            if is_all or found.shape[1] == limit:
                return rows(found)
            span *= 4

    def prepare(
        self, interval: Interval, position: int, start: int | None, end: int | None, limit: int
    ) -> Iterator[None]:
        """Compute the blocks behind `bars` with the same arguments, some at a time."""
        first, after = self._range(interval, position, start, end)
        span = limit * interval.duration_ns
        if start is not None and end is None:
            after = min(after, first + span)
        else:
            first = max(first, after - span)
        if interval.duration_ns < MINUTE_NS:
            return
        for number, hour in enumerate(range(first // HOUR_NS, -(-after // HOUR_NS)), 1):
            _ = self._hours[hour] if interval.duration_ns >= HOUR_NS else self._minutes[hour]
            if number % _STEP == 0:
                yield

    def _range(self, interval: Interval, position: int, start: int | None, end: int | None) -> tuple[int, int]:
        """Return the span of open times of closed whole bars that are asked for, aligned to the interval."""
        closed = interval.floor(position)
        after = closed if end is None else min(closed, interval.ceil(end))
        return interval.ceil(max(self._begin, start or 0)), after

    def _columns(self, interval: Interval, start: int, end: int) -> Columns:
        """Return all bars with start <= open < end."""
        last = interval.close(interval.floor(end - 1))
        first = interval.floor(start)
        hours = range(first // HOUR_NS, -(-last // HOUR_NS))
        if not hours:
            return EMPTY
        if interval.duration_ns < MINUTE_NS:
            found = np.concatenate([self._short(interval, hour) for hour in hours], axis=1)
        elif interval.duration_ns < HOUR_NS:
            found = joined_bars(np.concatenate([self._minutes[hour] for hour in hours], axis=1), interval)
        else:
            found = joined_bars(np.concatenate([self._hours[hour] for hour in hours], axis=1), interval)
        return between(found, start, end)

    def _short(self, interval: Interval, hour: int) -> Columns:
        block = self._ticks.block(hour)
        return joined_trades(self._ticks.trade_times(hour).ravel(), block.price.ravel(), block.size.ravel(), interval)

    def _hour(self, hour: int) -> Columns:
        """Return one hour as a bar, shape (6, 1)."""
        return joined_bars(self._minutes[hour], _HOUR)


_HOUR = INTERVALS["1h"]
