"""What waits for one iterator: bounded, rows in order, of latest values the newest only."""

import asyncio
from collections import deque
from collections.abc import Callable

from whisperer_client.message import Message


class Letter:
    """One message that waits; a newer value may take its place until it is read."""

    __slots__ = ("is_read", "message")

    def __init__(self, message: Message) -> None:
        self.message = message
        self.is_read = False


class Mailbox:
    """Filled by the connection, emptied by one iterator, on one loop."""

    def __init__(self, limit: int, on_room: Callable[[], None]) -> None:
        """Start empty.

        Args:
            limit: Messages that may wait; snapshots and latest values always may.
            on_room: Called when half of it is free again after it had been full.
        """
        self._limit = limit
        self._on_room = on_room
        self._letters: deque[Letter] = deque()
        self._error: Exception | None = None
        self._changed = asyncio.Event()
        self._was_full = False

    def __len__(self) -> int:
        return len(self._letters)

    def is_full(self) -> bool:
        """Return whether a row must wait outside; if so, `on_room` will be called."""
        self._was_full = self._was_full or len(self._letters) >= self._limit
        return len(self._letters) >= self._limit

    def put(self, message: Message) -> Letter:
        """Add a message at the end."""
        letter = Letter(message)
        self._letters.append(letter)
        self._changed.set()
        return letter

    def fail(self, error: Exception) -> None:
        """Note that nothing more will come: raised once everything that waits has been read."""
        self._error = self._error or error
        self._changed.set()

    async def first(self) -> Message:
        """Return the first message and leave it here; wait for one.

        Raises:
            Exception: What `fail` was given.
        """
        while not self._letters:
            if self._error is not None:
                raise _afresh(self._error)
            self._changed.clear()
            await self._changed.wait()
        return self._letters[0].message

    def drop_first(self) -> None:
        """Remove the first message: it has been dealt with."""
        self._letters.popleft().is_read = True
        if self._was_full and len(self._letters) <= self._limit // 2:
            self._was_full = False
            self._on_room()


def _afresh(error: Exception) -> Exception:
    """Return a new error that says the same: one raised again and again, by many, gathers all their tracebacks."""
    fresh = type(error).__new__(type(error), *error.args)
    vars(fresh).update(vars(error))
    fresh.__cause__, fresh.__suppress_context__ = error.__cause__, error.__suppress_context__
    return fresh.with_traceback(error.__traceback__)
