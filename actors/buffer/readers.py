"""Who reads which window: what nobody has read for a while may go."""

import asyncio
import time
from collections.abc import Callable

from actors.memory import free_memory

type Key = tuple[str, str]
"""Instrument id and interval."""


class Readers:
    """Lasting readers by name, and when the others last came."""

    def __init__(self, idle_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with nobody; a window is idle `idle_s` after its last reader, on a clock of seconds that only grows."""
        self._idle_s = idle_s
        self._monotonic = monotonic
        self._lasting: dict[Key, set[str]] = {}
        self._seen: dict[Key, float] = {}

    def __len__(self) -> int:
        return len(self._lasting.keys() | self._seen.keys())

    def note(self, key: Key) -> None:
        """Note that somebody has read a window once."""
        self._seen[key] = self._monotonic()

    def enter(self, key: Key, reader: str) -> None:
        """Note that `reader` goes on reading a window."""
        self._lasting.setdefault(key, set()).add(reader)

    def leave(self, key: Key, reader: str) -> None:
        """Note that `reader` has gone; nothing when it was not there."""
        readers = self._lasting.get(key, set())
        if reader in readers:
            readers.remove(reader)
            self.note(key)
        if not readers:
            self._lasting.pop(key, None)

    def is_held(self, key: Key) -> bool:
        """Return whether somebody goes on reading a window."""
        return key in self._lasting

    def is_idle(self, key: Key) -> bool:
        """Return whether nobody reads a window and nobody has for a while; one not known yet counts from now on."""
        now = self._monotonic()
        return key not in self._lasting and now - self._seen.setdefault(key, now) >= self._idle_s

    def idle_for(self, key: Key) -> float | None:
        """Return the seconds since somebody has read a window; None while a lasting reader has it."""
        now = self._monotonic()
        return None if key in self._lasting else now - self._seen.get(key, now)

    def forget(self, key: Key) -> None:
        """Forget a window that has gone."""
        self._seen.pop(key, None)


class Sweeper:
    """Calls `sweep` on the running loop again and again."""

    def __init__(self, sweep: Callable[[], bool], every_s: float, free: Callable[[], None] = free_memory) -> None:
        """Prepare; it begins with `start`.

        Args:
            sweep: Lets go of what nobody wants; tells whether anything went.
            every_s: How often.
            free: Called when something went: the C library keeps the many small pieces of a window otherwise.
        """
        self._sweep = sweep
        self._every_s = every_s
        self._free = free
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Call from now on."""
        self.stop()
        self._next = asyncio.get_running_loop().call_later(self._every_s, self._run)

    def stop(self) -> None:
        """Call no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _run(self) -> None:
        self.start()
        if self._sweep():
            self._free()
