"""Market time beside the wall clock."""

import time
from collections.abc import Callable


class MarketClock:
    """Market time is the newest time of the data source; whether a feed lives is judged by wall time.

    One object per process, fed by the BufferActor, read by everybody. It never goes back but through `reset`
    (a replay's jump or loop).
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without any market time.

        Args:
            monotonic: Seconds that only grow, for the age of the feed; tests give their own.
        """
        self._monotonic = monotonic
        self._now = 0
        self._told = 0
        self._heard: float | None = None

    @property
    def now_ns(self) -> int:
        """Market time in UNIX nanoseconds; 0 before the first tick."""
        return self._now

    @property
    def now_ms(self) -> int:
        """Market time in UNIX milliseconds; 0 before the first tick."""
        return self._now // 1_000_000

    @property
    def told_ms(self) -> int:
        """When a message is sent that goes out now, UNIX milliseconds: never before what it may tell."""
        return max(self._now, self._told) // 1_000_000

    def hear(self, ts: int) -> None:
        """Note a quote or a step of a book at `ts` (UNIX nanoseconds); no bar ends with it, as with a trade."""
        if ts > self._told:  # noqa: PLR1730  # as below
            self._told = ts

    def advance(self, ts: int) -> None:
        """Note a tick of market time `ts` (UNIX nanoseconds); an older one only shows that the feed lives."""
        self._heard = self._monotonic()
        if ts > self._now:  # noqa: PLR1730  # every tick comes by here, and max() takes twice the time
            self._now = ts

    def reset(self, ts: int) -> None:
        """Set market time after a jump, also backwards."""
        self._now = self._told = ts
        self._heard = None

    def age_s(self) -> float | None:
        """Return wall seconds since the last tick, or None before the first."""
        return None if self._heard is None else self._monotonic() - self._heard

    def is_stale(self, after_s: float) -> bool:
        """Return whether no tick came for `after_s` wall seconds, or none ever."""
        age = self.age_s()
        return age is None or age > after_s
