"""How often something may happen: a token bucket."""

from collections.abc import Callable


class Allowance:
    """A bucket of tokens that starts full and fills steadily."""

    __slots__ = ("_at", "_burst", "_monotonic", "_per_s", "tokens")

    def __init__(self, per_s: float, burst: float, monotonic: Callable[[], float]) -> None:
        """Start full.

        Args:
            per_s: Tokens a second.
            burst: Tokens it holds.
            monotonic: Seconds that only grow.
        """
        self._per_s = per_s
        self._burst = burst
        self._monotonic = monotonic
        self.tokens = burst
        """What it held after the last `take`."""
        self._at = monotonic()

    def take(self) -> float:
        """Take one token; return 0.0, or the seconds until there is one."""
        now = self._monotonic()
        self.tokens = min(self._burst, self.tokens + (now - self._at) * self._per_s)
        self._at = now
        if self.tokens < 1.0:
            return (1.0 - self.tokens) / self._per_s
        self.tokens -= 1.0
        return 0.0
