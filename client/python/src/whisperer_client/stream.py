"""What users iterate over: messages of channels made into items, with nothing lost in silence."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from whisperer_client.errors import GapError, NoSourceError
from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.wishes import count, names, rate

LIMIT = 10_000
"""Messages that wait for an iterator by default."""


class Stream[T](ABC):
    """An endless iterator over one or several channels; to be used by one task at a time.

    `break` and cancellation are fine: `close`, the end of `async with`, or its being forgotten ends the subscription.
    An iterator that is slow loses nothing: what does not fit into its buffer is asked for again when there is room.
    """

    def __init__(self, link: Link, channels: Iterable[str], *, limit: int = LIMIT, max_hz: float | None = None) -> None:
        """Subscribe.

        Raises:
            ValueError: If no channel is named, or a number is none that can be meant.
        """
        channels, limit, max_hz = names(channels), count("limit", limit, 1), rate(max_hz)
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._mailbox, self._readers = link.open(channels, limit=limit, max_hz=max_hz)
        self._ready: deque[T] = deque()
        self._is_closed = False

    @abstractmethod
    async def _items(self, message: Message) -> list[T]:
        """Return what a message means; if it waits it may be cancelled, and is then called again.

        Raises:
            ClientError: To tell the user of something; items put into `_ready` come after it.
        """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._ready:
            if self._is_closed:
                raise StopAsyncIteration
            message = await self._mailbox.first()
            try:
                items = await self._items(message)
            except asyncio.CancelledError:
                raise
            except Exception:
                self._mailbox.drop_first()
                raise
            self._ready.extend(items)
            self._mailbox.drop_first()
        return self._ready.popleft()

    def close(self) -> None:
        """End the subscription; what has not been read is forgotten."""
        if not self._is_closed:
            self._is_closed = True
            self._ready.clear()
            self._link.close(self._readers)

    async def aclose(self) -> None:
        """Do the same, for `contextlib.aclosing`."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_is_closed", True) and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._link.close, self._readers)


class Messages(Stream[Message]):
    """Messages as they come, of any channels, numbers checked; a snapshot replaces what was known of its channel."""

    async def _items(self, message: Message) -> list[Message]:
        return [message]


class Values[T](Stream[T]):
    """The newest value of a latest channel; what came while nobody looked is left out."""

    async def _items(self, message: Message) -> list[T]:
        check_source(message)
        data: Any = message.typed().data
        return list(data[-1:]) if message.is_snapshot else [data]


class News[T](Stream[T]):
    """Rows of a log channel that nobody keeps, each once from now on; `GapError` tells that some may be missing."""

    def __init__(self, link: Link, channel: str, *, limit: int = LIMIT) -> None:
        """Subscribe to one channel."""
        super().__init__(link, (channel,), limit=limit)
        self._channel = channel
        self._is_begun = False

    async def _items(self, message: Message) -> list[T]:
        check_source(message)
        if not message.is_snapshot:
            data: Any = message.typed().data
            return [data]
        if self._is_begun:
            raise GapError(self._channel, "what came meanwhile is not kept")
        self._is_begun = True
        return []


def check_source(message: Message) -> None:
    """Do nothing when something may come.

    Raises:
        NoSourceError: If the node says that nothing ever will.
    """
    if message.source == "none":
        raise NoSourceError(f"{message.channel}: the source of this node does not have it")
