"""Dead man's switches: orders are canceled when their user is not heard of for too long."""

import asyncio
import time
from collections.abc import Callable, Mapping

from actors.ports.journal import Journal, NodeRow

PREFIX = "deadman:"
"""Begins the names of the journal's rows: a start goes on counting."""
_SOON_S = 1.0


class DeadMan:
    """One timer of wall time per user."""

    def __init__(
        self, journal: Journal, expire: Callable[[str], None], wall_s: Callable[[], float] = time.time
    ) -> None:
        """Begin without any.

        Args:
            journal: Keeps the deadlines.
            expire: Called with the user whose time is up.
            wall_s: UNIX seconds, for what is kept.
        """
        self._journal = journal
        self._expire = expire
        self._wall_s = wall_s
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def set(self, user_id: str, timeout_s: float | None) -> float | None:
        """Start a user's timer anew; None or 0 turns it off. Return the seconds left."""
        self._drop(user_id)
        deadline = "" if not timeout_s else str(self._wall_s() + timeout_s)
        self._journal.write(NodeRow(name=PREFIX + user_id, value=deadline))
        if timeout_s:
            self._start(user_id, timeout_s)
        return self.left_s(user_id)

    def left_s(self, user_id: str) -> float | None:
        """Return the seconds left; None when it is off."""
        timer = self._timers.get(user_id)
        return None if timer is None else max(timer.when() - asyncio.get_running_loop().time(), 0.0)

    def restore(self, node: Mapping[str, str]) -> None:
        """Go on with the deadlines of an earlier process; one that has passed is up soon."""
        for name, value in node.items():
            if name.startswith(PREFIX) and value:
                self._start(name.removeprefix(PREFIX), max(float(value) - self._wall_s(), _SOON_S))

    def clear(self) -> None:
        """Turn all of them off for good."""
        for user_id in list(self._timers):
            self.set(user_id, None)

    def stop(self) -> None:
        """Stop the timers; the deadlines are kept."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _start(self, user_id: str, timeout_s: float) -> None:
        self._drop(user_id)
        self._timers[user_id] = asyncio.get_running_loop().call_later(timeout_s, self._up, user_id)

    def _drop(self, user_id: str) -> None:
        timer = self._timers.pop(user_id, None)
        if timer is not None:
            timer.cancel()

    def _up(self, user_id: str) -> None:
        self._timers.pop(user_id, None)
        self._journal.write(NodeRow(name=PREFIX + user_id, value=""))
        self._expire(user_id)
