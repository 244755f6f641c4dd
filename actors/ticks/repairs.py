"""Broken books are subscribed anew: at once, and after longer and longer waits when that does not help.

A book that held for a while was helped, however often it breaks: where steps are lost again and again it is whole most
of the time. So that no venue is flooded, each book is subscribed anew a few times a minute at most.
"""

import time
from collections import deque
from collections.abc import Callable

from actors.ticks.source import Later, Timer

WAITS_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Before the first, second, … attempt in a row."""
SNAPSHOT_S = 5.0
"""A subscription without a snapshot after so long has failed."""
HELD_S = 2.0
"""A book that was whole for so long begins with the shortest wait again."""
A_MINUTE = 20
"""So often at most is a book subscribed anew within `MINUTE_S`."""
MINUTE_S = 60.0


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
        self._renewed: dict[str, deque[float]] = {}

    def expect(self, name: str) -> None:
        """Expect a snapshot of a book that was subscribed just now."""
        self._set(name, SNAPSHOT_S, lambda: self._miss(name))

    def repair(self, name: str) -> None:
        """Have a broken book subscribed anew, as soon as it is its turn; never within this call."""
        since = self._whole_since.pop(name, None)
        if since is not None and self._monotonic() - since >= HELD_S:
            self._attempts.pop(name, None)
        attempt = self._attempts.get(name, 0)
        self._attempts[name] = attempt + 1
        wait_s = max(WAITS_S[min(attempt, len(WAITS_S) - 1)], self._closed_s(name))
        self._set(name, wait_s, lambda: self._try(name))

    def settle(self, name: str) -> None:
        """Note that a book is whole."""
        self._clear(name)
        self._whole_since[name] = self._monotonic()

    def forget(self, name: str) -> None:
        """Watch over a book no more."""
        self._clear(name)
        self._attempts.pop(name, None)
        self._whole_since.pop(name, None)
        self._renewed.pop(name, None)

    def stop(self) -> None:
        """Forget them all."""
        for name in list(self._timers):
            self._clear(name)
        self._attempts.clear()
        self._whole_since.clear()
        self._renewed.clear()

    def _closed_s(self, name: str) -> float:
        """Return the seconds until a book may be subscribed anew again."""
        renewed = self._renewed.get(name)
        if renewed is None or len(renewed) < A_MINUTE:
            return 0.0
        return max(0.0, renewed[0] + MINUTE_S - self._monotonic())

    def _try(self, name: str) -> None:
        self._renewed.setdefault(name, deque(maxlen=A_MINUTE)).append(self._monotonic())
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
