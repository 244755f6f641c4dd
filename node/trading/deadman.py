"""Dead man's switches: orders are canceled when their user is not heard of for too long."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from actors.ports.journal import Journal, NodeRow
from config.errors import StoreUnavailableError

type Strike = Callable[[str], Coroutine[Any, Any, None]]
type Spawn = Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]

PREFIX = "deadman:"
"""Begins the names of the journal's rows: a start goes on counting."""
_SOON_S = 1.0
_AT_ONCE_S = 0.001


class DeadMan:
    """One timer of wall time per user; what is kept of it is cleared once everything it cancels has ended."""

    def __init__(
        self, journal: Journal, strike: Strike, spawn: Spawn, *, wall_s: Callable[[], float] = time.time
    ) -> None:
        """Begin without any.

        Args:
            journal: Keeps the deadlines.
            strike: Cancels all of the user whose time is up; returns when that has been done.
            spawn: Runs it.
            wall_s: UNIX seconds, for what is kept.
        """
        self._journal = journal
        self._strike = strike
        self._spawn = spawn
        self._wall_s = wall_s
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sets: Counter[str] = Counter()
        """How often each user's was set: one that strikes does not clear what was set meanwhile."""

    async def set(self, user_id: str, timeout_s: float | None) -> float | None:
        """Start a user's timer anew; None or 0 turns it off. Return the seconds left, once that is durable.

        Raises:
            StoreUnavailableError: If it cannot be kept; the earlier timer goes on.
        """
        before = self._timers.get(user_id)
        number = self._begin(user_id, timeout_s)
        deadline = "" if not timeout_s else str(self._wall_s() + timeout_s)
        try:
            await self._journal.durable(NodeRow(name=PREFIX + user_id, value=deadline))
        except StoreUnavailableError:
            if number == self._sets[user_id] and before is not None:
                self._begin(user_id, max(before.when() - asyncio.get_running_loop().time(), _AT_ONCE_S))
            elif number == self._sets[user_id]:
                self._begin(user_id, None)
            raise
        return self.left_s(user_id)

    def left_s(self, user_id: str) -> float | None:
        """Return the seconds left; None when it is off."""
        timer = self._timers.get(user_id)
        return None if timer is None else max(timer.when() - asyncio.get_running_loop().time(), 0.0)

    def restore(self, node: Mapping[str, str]) -> None:
        """Go on with the deadlines of an earlier process; one that has passed is up soon."""
        for name, value in node.items():
            if name.startswith(PREFIX) and value:
                self._begin(name.removeprefix(PREFIX), max(float(value) - self._wall_s(), _SOON_S))

    def clear(self) -> None:
        """Turn all of them off for good."""
        for user_id in list(self._timers):
            self._begin(user_id, None)
            self._journal.write(NodeRow(name=PREFIX + user_id, value=""))

    def stop(self) -> None:
        """Stop the timers; the deadlines are kept."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _begin(self, user_id: str, timeout_s: float | None) -> int:
        """Start the timer anew, or end it; return the number of this setting."""
        timer = self._timers.pop(user_id, None)
        if timer is not None:
            timer.cancel()
        self._sets[user_id] += 1
        if timeout_s:
            self._timers[user_id] = asyncio.get_running_loop().call_later(timeout_s, self._up, user_id)
        return self._sets[user_id]

    def _up(self, user_id: str) -> None:
        self._timers.pop(user_id, None)
        self._spawn(self._struck(user_id))

    async def _struck(self, user_id: str) -> None:
        """Strike; killed before everything has ended, the next process strikes again."""
        number = self._sets[user_id]
        await self._strike(user_id)
        if number == self._sets[user_id]:
            self._journal.write(NodeRow(name=PREFIX + user_id, value=""))
