"""What the loop hands to the writer, and how it hears what became of it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct

from actors.ports.journal import JournalRow
from actors.store.runs import RunRow
from config.errors import NodeError

TURN = 256
"""Callbacks of one turn of the loop."""


class Work(Struct, gc=False):
    """Rows that are written together, and who waits for them."""

    rows: Sequence[JournalRow | RunRow]
    run_id: str
    told: Callable[[], None] | None = None
    durable: asyncio.Future[None] | None = None
    """Set by `durable`: its rows are written now or not at all."""
    error: NodeError | None = None
    """Why the rows were not written."""

    def tell(self) -> None:
        """Tell whoever waits, on the loop."""
        if self.told is not None:
            self.told()
        if self.durable is not None and not self.durable.done():
            if self.error is None:
                self.durable.set_result(None)
            else:
                self.durable.set_exception(self.error)


class Acknowledgements:
    """Carries finished work from the writer's thread to the loop, in its order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._finished: deque[Work] = deque()

    @property
    def is_empty(self) -> bool:
        """Whether everybody has been told."""
        return not self._finished

    def extend(self, works: Sequence[Work]) -> None:
        """Have the loop told about works; called by the writer's thread, one wake-up however many they are."""
        self._finished.extend(works)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        """Tell some; a callback that raises, which the loop logs, costs the others nothing."""
        try:
            for _ in range(min(TURN, len(self._finished))):
                self._finished.popleft().tell()
        finally:
            if self._finished:
                self._loop.call_soon(self._tell)
