"""A second instrument as features see it: the volatility index, or the coin that others follow.

A bar that closes at `t` is shown what the reference's bars said that closed before `t`, never one that closed at `t`:
which of the two comes first then does not matter, live, in training and in backtests.
"""

from bisect import bisect_left
from collections.abc import Iterable

from actors.market import Interval

Values = tuple[float, float, float]
"""(return of the last bar, level, change over 12 bars), shares of the reference's price."""

NONE: Values = (0.0, 0.0, 0.0)
"""Without a reference, before its first bar, and when its last bar is more than `FRESH` bars old."""
FRESH = 3
"""So many bar lengths after its close a bar of the reference still counts."""
_MOST = 16_384
"""Kept bars: more than any window has."""
_CHANGE = 12
_A55 = 2.0 / 56


class ReferenceBars:
    """What the closes of one instrument and interval have said, by time.

    level: the close against its exponential mean of 55 bars.
    """

    def __init__(self, interval: Interval, *, most: int | None = _MOST) -> None:
        """Start without bars; `most` of them are kept (None: all, for training)."""
        self._interval = interval
        self._fresh = FRESH * interval.duration_ns
        self._most = most
        self.load(())

    def load(self, closes: Iterable[tuple[int, float]]) -> None:
        """Begin anew from (open time in UNIX ns, close price) of bars, oldest first."""
        self._times: list[int] = []
        self._values: list[Values] = []
        self._recent: list[float] = []
        self._mean = 0.0
        for ts_open, close in closes:
            self.take(ts_open, close)

    def take(self, ts_open: int, close: float) -> None:
        """Add the next closed bar; one that is not later than the last is left out."""
        ts = self._interval.close(ts_open)
        times, recent = self._times, self._recent
        if not times:
            recent += [close] * (_CHANGE + 1)
            self._mean = close
        elif ts <= times[-1]:
            return
        del recent[0]
        recent.append(close)
        self._mean += (close - self._mean) * _A55
        share = 1.0 / close
        times.append(ts)
        self._values.append(
            ((close - recent[-2]) * share, close / self._mean - 1.0, (close - recent[0]) * share),
        )
        if self._most is not None and len(times) >= 2 * self._most:
            del times[: -self._most], self._values[: -self._most]

    def at(self, ts: int) -> Values:
        """Return what was known just before a UNIX ns: of the newest bar that closed earlier, if it is fresh."""
        index = bisect_left(self._times, ts) - 1
        if index < 0 or ts - self._times[index] > self._fresh:
            return NONE
        return self._values[index]
