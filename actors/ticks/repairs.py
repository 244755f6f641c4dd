"""Broken books are subscribed anew: at once, and after longer and longer waits when that does not help."""

import time
from collections.abc import Callable

from actors.ticks.source import Later, Timer

WAITS_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Before the first, second, … attempt in a row."""
SNAPSHOT_S = 5.0
"""A subscription without a snapshot after so long has failed."""
STABLE_S = 60.0
"""A book that was whole for so long begins with the shortest wait again."""


class Repairs:
    """Watches over the books that are not whole."""

    def __init__(
        self,
        renew: Callable[[str], None],
        on_silence: Callable[[str], None],
        later: Later,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with nothing to watch.

        Args:
            renew: Subscribes a book anew.
            on_silence: Told of a book whose snapshot did not come.
            later: Calls after some seconds.
            monotonic: Seconds that only grow.
        """
        self._renew = renew
        self._on_silence = on_silence
        self._later = later
        self._monotonic = monotonic
        self._timers: dict[str, Timer] = {}
        self._attempts: dict[str, int] = {}
        self._whole_since: dict[str, float] = {}

    def expect(self, name: str) -> None:
        """Expect a snapshot of a book that was subscribed just now."""
        self._set(name, SNAPSHOT_S, lambda: self._miss(name))

    def repair(self, name: str) -> None:
        """Have a broken book subscribed anew, as soon as it is its turn; never within this call."""
        since = self._whole_since.pop(name, None)
        if since is not None and self._monotonic() - since > STABLE_S:
            self._attempts.pop(name, None)
        attempt = self._attempts.get(name, 0)
        self._attempts[name] = attempt + 1
        self._set(name, WAITS_S[min(attempt, len(WAITS_S) - 1)], lambda: self._try(name))

    def settle(self, name: str) -> None:
        """Note that a book is whole."""
        self._clear(name)
        self._whole_since[name] = self._monotonic()

    def forget(self, name: str) -> None:
        """Watch over a book no more."""
        self._clear(name)
        self._attempts.pop(name, None)
        self._whole_since.pop(name, None)

    def stop(self) -> None:
        """Forget them all."""
        for name in list(self._timers):
            self._clear(name)
        self._attempts.clear()
        self._whole_since.clear()

    def _try(self, name: str) -> None:
        self._renew(name)
        self.expect(name)

    def _miss(self, name: str) -> None:
        self._on_silence(name)
        self.repair(name)

    def _set(self, name: str, delay_s: float, callback: Callable[[], None]) -> None:
        self._clear(name)
        self._timers[name] = self._later(delay_s, callback)

    def _clear(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
