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
        """What it held when it was last asked."""
        self._at = monotonic()

    def take(self, count: float = 1.0) -> float:
        """Take tokens, at most what it can hold; return 0.0, or the seconds until there are so many."""
        wait_s = self.wait_s(count)
        if not wait_s:
            self.tokens -= min(count, self._burst)
        return wait_s

    def change(self, per_s: float, burst: float) -> None:
        """Go on at another rate, with no more than is left."""
        self.wait_s()
        self._per_s, self._burst = per_s, burst
        self.tokens = min(self.tokens, burst)

    def wait_s(self, count: float = 1.0) -> float:
        """Return 0.0, or the seconds until so many tokens may be taken."""
        now = self._monotonic()
        self.tokens = min(self._burst, self.tokens + (now - self._at) * self._per_s)
        self._at = now
        return max(0.0, (min(count, self._burst) - self.tokens) / self._per_s)
