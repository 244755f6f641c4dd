"""Rows of channels whose snapshots are empty because the node keeps the history: fills, alerts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import suppress
from typing import override

from whisperer_client.errors import ApiError, GapError, NotConnectedError
from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.seen import Seen
from whisperer_client.stream import LIMIT, Stream, check_source


class History[T](Stream[T]):
    """Rows from its making on, each once and in order; after a snapshot what was missed is read from the history."""

    def __init__(
        self,
        link: Link,
        channel: str,
        key: Callable[[T], Hashable],
        older: Callable[[], AsyncIterator[Sequence[T]]],
        *,
        limit: int = LIMIT,
    ) -> None:
        """Subscribe.

        Args:
            link: The connection.
            channel: Its name.
            key: What makes a row the same row when it is seen again.
            older: Gives pages of the history, newest first, each newest row first.
            limit: Rows that may wait.
        """
        super().__init__(link, (channel,), limit=limit)
        self._channel = channel
        self._key = key
        self._older = older
        self._is_begun = False
        self._marking = asyncio.ensure_future(self._newest())
        """Read at once: how far the history went when this was made, whenever somebody reads."""
        self._before: set[Hashable] = set()
        """Some rows from before the beginning, by which the history is recognised."""
        self._seen = Seen(key)

    async def _items(self, message: Message) -> list[T]:
        check_source(message)
        if not message.is_snapshot:
            return self._seen.new([message.typed().data])
        if not self._is_begun and not await self._begin():
            return []
        return self._seen.new(await self._missed())

    @override
    def close(self) -> None:
        self._marking.cancel()
        super().close()

    async def _begin(self) -> bool:
        """Learn from where on rows are wanted; return whether the history tells those before the first snapshot."""
        before: set[Hashable] | None = None
        try:
            before = await asyncio.shield(self._marking)
        except asyncio.CancelledError:
            if not self._is_closed:
                raise
        self._is_begun = True
        self._before = before or set()
        return before is not None

    async def _newest(self) -> set[Hashable] | None:
        """Return some of what is in the history; None when it cannot be read: then all that comes is new."""
        with suppress(ApiError, NotConnectedError):
            async for page in self._older():
                return {self._key(row) for row in page}
        return None

    async def _missed(self) -> list[T]:
        """Return what came after the last row that is known, oldest first.

        Raises:
            GapError: If the history does not hold that row any more, or cannot be read.
        """
        found: list[T] = []
        known = self._before | self._seen.keys.keys()
        try:
            async for page in self._older():
                for row in page:
                    if self._key(row) in known:
                        return found[::-1]
                    found.append(row)
        except (ApiError, NotConnectedError) as e:
            raise GapError(self._channel, f"what was missed cannot be read ({e})") from e
        if known:
            self._ready.extend(self._seen.new(found[::-1]))
            raise GapError(self._channel, "the history is another one; what follows is all of it")
        return found[::-1]
