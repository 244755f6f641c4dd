"""What there is one of for every closed bar, each once and in order of time; what was missed comes from history."""

from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Protocol

from whisperer_client.errors import ApiError, GapError, NotConnectedError, RewoundError
from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.patience import patiently
from whisperer_client.rows import Snapshots
from whisperer_client.stream import LIMIT, Stream, check_source
from whisperer_client.wishes import count

MOST_BARS = 10_000
"""Of one REST answer."""


class OfBar(Protocol):
    """A bar, or something that belongs to one."""

    @property
    def t(self) -> int:
        """Open time of the bar, UNIX milliseconds."""

    @property
    def closed(self) -> bool:
        """Whether the bar has closed; otherwise it grows."""


class Page[T](Protocol):
    """One answer of history, oldest first."""

    @property
    def items(self) -> Sequence[T]:
        """What there is."""

    @property
    def next(self) -> str | None:
        """Not None when there is more of the range."""


class History[T](Protocol):
    """Asks the node for closed bars of the past, or what belongs to them."""

    def __call__(self, *, start: int | None = None, end: int | None = None, limit: int) -> Awaitable[Page[T]]:
        """Return those with start <= t < end; the newest, or with `start` alone the oldest."""


class ByBar[T: OfBar](Stream[T]):
    """Rows of a channel that has one for every closed bar; on request those of the open bar as it grows."""

    def __init__(
        self,
        link: Link,
        channel: str,
        past: History[T],
        *,
        history: int = 0,
        include_open: bool = False,
        limit: int = LIMIT,
        max_hz: float | None = None,
    ) -> None:
        """Subscribe.

        Args:
            link: The connection.
            channel: Its name.
            past: Gives what the channel has no more.
            history: Closed bars to begin with.
            include_open: Whether the open bar's come too.
            limit: Messages that may wait.
            max_hz: How often those of the open bar may come.

        Raises:
            ValueError: If a number is none that can be meant.
        """
        history = count("history", history, 0)
        super().__init__(link, (channel,), limit=limit, max_hz=max_hz)
        self._channel = channel
        self._past = past
        self._history = history
        self._has_open = include_open
        self._snapshots = Snapshots()
        self._is_begun = False
        self._is_unsure = False
        """Whether a snapshot did not show how it goes on; the next row will."""
        self._last: int | None = None
        """Open time of the newest closed bar given, or known when it began."""

    async def _items(self, message: Message) -> list[T]:
        check_source(message)
        rows: list[Any] | None = self._snapshots.join(message) if message.is_snapshot else [message.typed().data]
        if rows is None:
            return []
        closed = [row for row in rows if row.closed]
        growing = [row for row in rows if not row.closed]
        if message.is_snapshot and not self._is_begun:
            taken = self._begin(closed, await self._earlier(closed))
            self._is_begun = True
        else:
            self._is_unsure = self._is_unsure or (message.is_snapshot and self._last is not None)
            taken = await self._continue(closed, growing) if self._is_unsure and closed else self._new(closed)
        return [*taken, *self._open(growing)]

    def _begin(self, closed: list[T], earlier: list[T]) -> list[T]:
        self._last = closed[-1].t if closed else None
        rows = [*earlier, *closed]
        return rows[len(rows) - min(self._history, len(rows)) :]

    async def _continue(self, closed: list[T], growing: list[T]) -> list[T]:
        """Return what is new in a later snapshot, and what lies between it and the last bar given.

        Raises:
            RewoundError: If it ends before what was given.
            GapError: If the node does not give what is missing.
        """
        if self._last is not None and closed[-1].t < self._last:
            earlier = await self._earlier(closed)
            self._is_unsure = False
            self._ready.extend([*self._begin(closed, earlier), *self._open(growing)])
            raise RewoundError(self._channel, "market time has gone back; what follows begins anew")
        try:
            missing = await self._missing(closed[0].t)
        except (ApiError, NotConnectedError) as e:
            self._is_unsure = False
            self._ready.extend([*self._new(closed), *self._open(growing)])
            raise GapError(self._channel, f"bars were lost ({e})") from e
        self._is_unsure = False
        return self._new([*missing, *closed])

    def _new(self, rows: Iterable[T]) -> list[T]:
        """Return those that are newer than the last one given."""
        new = []
        for row in rows:
            if self._last is None or row.t > self._last:
                new.append(row)
                self._last = row.t
        return new

    def _open(self, rows: Iterable[T]) -> list[T]:
        return [row for row in rows if self._has_open and (self._last is None or row.t > self._last)]

    async def _earlier(self, closed: list[T]) -> list[T]:
        """Return what was before a snapshot, if it does not hold as many as wanted."""
        lacking = self._history - len(closed)
        if lacking <= 0 or not closed:
            return []
        return list((await self._past(end=closed[0].t, limit=min(lacking, MOST_BARS))).items)

    async def _missing(self, until: int) -> list[T]:
        """Return what lies between the last bar given and `until` (UNIX milliseconds), from the node's history.

        Raises:
            ApiError: The node refuses, or goes on asking for patience.
            NotConnectedError: The node did not answer for long.
        """
        last = self._last
        if last is None or until <= last:
            return []
        return await patiently(lambda: self._between(last + 1, until))

    async def _between(self, start: int, end: int) -> list[T]:
        found: list[T] = []
        while True:
            page = await self._past(start=start, limit=MOST_BARS)
            found += [row for row in page.items if row.t < end]
            if page.next is None or not page.items or page.items[-1].t >= end:
                return found
            start = page.items[-1].t + 1
