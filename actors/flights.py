"""Work that several wait for: done once, and whoever of them goes, the others get it."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class Flights[T]:
    """What is under way, by key; those who wait do so with `asyncio.wait`, so that none of them can cancel it."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._tasks: set[asyncio.Task[T]] = set()
        self._joinable: dict[Hashable, asyncio.Task[T]] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._joinable

    def join(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """Return the task that is under way for a key, begun if need be."""
        task = self._joinable.get(key)
        if task is None:
            task = self._joinable[key] = asyncio.get_running_loop().create_task(work())
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._end(key, done))
        return task

    def part(self) -> None:
        """Let nobody else join what is under way: who asks from now on has it done anew."""
        self._joinable.clear()

    def stop(self) -> None:
        """Cancel everything under way."""
        for task in self._tasks:
            task.cancel()

    def _end(self, key: Hashable, done: asyncio.Task[T]) -> None:
        self._tasks.discard(done)
        if self._joinable.get(key) is done:
            del self._joinable[key]
        if not done.cancelled():
            done.exception()  # seen by those who waited, if any is left
