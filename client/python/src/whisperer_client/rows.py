"""Rows of log channels, each once and in order, across broken connections and restarts of the node."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from typing import Any, Protocol

from whisperer_client.errors import ApiError, GapError, NotConnectedError, RewoundError
from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.patience import patiently
from whisperer_client.seen import REMEMBERED, Seen
from whisperer_client.stream import LIMIT, Stream, check_source
from whisperer_client.wishes import count


class Timed(Protocol):
    """A row that says when it happened."""

    @property
    def ts(self) -> int:
        """Market time, UNIX milliseconds."""


class Snapshots:
    """Joins the parts of snapshots."""

    def __init__(self) -> None:
        self._parts: list[Message] = []

    def join(self, message: Message) -> list[Any] | None:
        """Return all items of a snapshot at its last part, None before."""
        index, count = message.part
        if index == 0:
            self._parts = []
        if index == len(self._parts):  # the last part may be given twice, when its reader was cancelled
            self._parts.append(message)
        return None if len(self._parts) < count else [one for part in self._parts for one in part.typed().data]


class Rows[T: Timed](Stream[T]):
    """Rows of a log channel such as trades or signals, each once."""

    def __init__(
        self,
        link: Link,
        channel: str,
        key: Callable[[T], Hashable],
        older: Callable[[], AsyncIterator[Sequence[T]]],
        *,
        history: int = 0,
        limit: int = LIMIT,
    ) -> None:
        """Subscribe.

        Args:
            link: The connection.
            channel: Its name.
            key: What makes a row the same row when it is seen again.
            older: Gives pages of what the node keeps, newest first, each newest row first.
            history: Rows of the first snapshot to begin with.
            limit: Rows that may wait.

        Raises:
            ValueError: If a number is none that can be meant.
        """
        history = count("history", history, 0)
        super().__init__(link, (channel,), limit=limit)
        self._channel = channel
        self._key = key
        self._older = older
        self._history = history
        self._snapshots = Snapshots()
        self._is_begun = False
        self._is_unsure = False
        """Whether a snapshot did not show how it goes on; the next row will."""
        self._seen = Seen(key)
        self._last_ts = 0

    async def _items(self, message: Message) -> list[T]:
        check_source(message)
        rows = self._snapshots.join(message) if message.is_snapshot else [message.typed().data]
        if rows is None:
            return []
        if message.is_snapshot and not self._is_begun:
            self._is_begun = True
            return self._begin(rows)
        if message.is_snapshot and self._seen.keys:
            self._is_unsure = True
        return await self._continue(rows) if self._is_unsure and rows else self._new(rows)

    def _begin(self, rows: list[T]) -> list[T]:
        self._new(rows)
        return rows[len(rows) - min(self._history, len(rows)) :]

    async def _continue(self, rows: list[T]) -> list[T]:
        """Return what is new in a later snapshot, with what the node keeps from before it.

        Raises:
            RewoundError: If it ends before what was seen.
            GapError: If nothing that was seen is there any more: what was in between is lost.
        """
        if rows[-1].ts < self._last_ts:
            self._is_unsure, self._seen, self._last_ts = False, Seen(self._key), 0
            self._ready.extend(self._begin(rows))
            raise RewoundError(self._channel, "market time has gone back; what follows begins anew")
        if (found := self._after_known(rows)) is None:
            found = self._after_known([*await self._kept(), *rows])
        self._is_unsure = False
        if found is None:
            self._ready.extend(self._new(rows))
            raise GapError(self._channel, "rows were lost, the node has them no more; what follows is newer")
        return self._new(found)

    def _after_known(self, rows: list[T]) -> list[T] | None:
        known = next((place for place, row in enumerate(rows) if self._key(row) in self._seen.keys), None)
        return None if known is None else rows[known:]

    async def _kept(self) -> list[T]:
        """Return what the node keeps, back to something seen, oldest first; nothing when it does not answer."""
        try:
            return await patiently(self._pages)
        except (ApiError, NotConnectedError):
            return []

    async def _pages(self) -> list[T]:
        found: list[T] = []
        async for page in self._older():
            found += page
            if any(self._key(row) in self._seen.keys for row in page) or len(found) >= REMEMBERED:
                break
        return found[::-1]

    def _new(self, rows: Iterable[T]) -> list[T]:
        """Return the rows not seen before; they count as seen now."""
        new = self._seen.new(rows)
        self._last_ts = max([self._last_ts, *(row.ts for row in new)])
        return new
