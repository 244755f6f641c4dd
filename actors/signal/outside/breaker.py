"""A circuit breaker: a service that keeps failing is left alone for a while, then tried carefully."""

from collections.abc import Callable
from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after `failures` failed calls in a row; after `open_s` it lets one at a time through.

    After `successes` of those it closes. Every `allows()` that said yes is followed by exactly one of `succeed`,
    `fail` and `release`.
    """

    def __init__(
        self, now: Callable[[], float], *, failures: int = 5, open_s: float = 30.0, successes: int = 3
    ) -> None:
        """Start closed.

        Args:
            now: Seconds that only grow.
            failures: Failed calls in a row until it opens.
            open_s: How long nothing is let through.
            successes: Calls in a row that must do well until it closes.
        """
        self._now = now
        self._failures = failures
        self._open_s = open_s
        self._successes = successes
        self._failed = self._succeeded = 0
        self._opened = 0.0
        self._is_probing = False
        self._state: BreakerState = "closed"

    @property
    def state(self) -> BreakerState:
        """How it stands at this moment."""
        if self._state == "open" and self._now() - self._opened >= self._open_s:
            return "half_open"
        return self._state

    def allows(self) -> bool:
        """Return whether a call may begin now; while half open one at a time."""
        state = self.state
        if state == "closed":
            return True
        if state == "open" or self._is_probing:
            return False
        if self._state == "open":
            self._state, self._succeeded = "half_open", 0
        self._is_probing = True
        return True

    def succeed(self) -> None:
        """Count a call that was answered."""
        self._is_probing = False
        self._failed = 0
        if self._state == "half_open":
            self._succeeded += 1
            if self._succeeded >= self._successes:
                self._state = "closed"

    def fail(self) -> None:
        """Count a call that was not."""
        self._is_probing = False
        self._failed += 1
        if self._state == "half_open" or self._failed >= self._failures:
            self._state, self._opened, self._failed = "open", self._now(), 0

    def release(self) -> None:
        """Take back a call that says nothing of the service: it was cancelled, or refused for what it asked."""
        self._is_probing = False
