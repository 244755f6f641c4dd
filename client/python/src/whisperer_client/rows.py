"""Rows of log channels, each once and in order, across broken connections and restarts of the node."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from whisperer_client.errors import ApiError, GapError, NotConnectedError, RewoundError
from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.rest import Rest
from whisperer_client.stream import LIMIT, Stream, check_source
from whisperer_client.types import Bar

REMEMBERED = 2_048
"""Rows by which a new snapshot is recognised as the continuation of what was given before."""
FILL_WAIT_S, FILL_ATTEMPTS = 0.5, 20


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


class Rows[T](Stream[T]):
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
        """
        super().__init__(link, (channel,), limit=limit)
        self._channel = channel
        self._key = key
        self._older = older
        self._history = history
        self._snapshots = Snapshots()
        self._is_begun = False
        self._seen: dict[Hashable, None] = {}

    async def _items(self, message: Message) -> list[T]:
        check_source(message)
        if not message.is_snapshot:
            return self._remember([message.typed().data])
        rows = self._snapshots.join(message)
        if rows is None:
            return []
        if self._is_begun:
            return await self._continue(rows)
        self._is_begun = True
        self._remember(rows)
        return rows[len(rows) - min(self._history, len(rows)) :]

    async def _continue(self, rows: list[T]) -> list[T]:
        """Return what is new in a later snapshot, with what the node keeps from before it.

        Raises:
            GapError: If nothing that was seen is there any more: what was in between is lost.
        """
        if not self._seen:
            return self._remember(rows)
        if (found := self._after_known(rows)) is None:
            found = self._after_known([*await self._kept(), *rows])
        if found is None:
            self._ready.extend(self._remember(rows))
            raise GapError(self._channel, "rows were lost, the node has them no more; what follows is newer")
        return self._remember(found)

    def _after_known(self, rows: list[T]) -> list[T] | None:
        known = next((place for place, row in enumerate(rows) if self._key(row) in self._seen), None)
        return None if known is None else rows[known:]

    async def _kept(self) -> list[T]:
        """Return what the node keeps, back to something seen, oldest first; nothing when it does not answer."""
        found: list[T] = []
        with suppress(ApiError, NotConnectedError):
            async for page in self._older():
                found += page
                if any(self._key(row) in self._seen for row in page) or len(found) >= REMEMBERED:
                    break
        return found[::-1]

    def _remember(self, rows: Iterable[T]) -> list[T]:
        """Return the rows not seen before; they count as seen now."""
        new = []
        for row in rows:
            key = self._key(row)
            if key not in self._seen:
                new.append(row)
                self._seen[key] = None
        while len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return new


class Bars(Stream[Bar]):
    """Closed bars, each once and in order of time; on request the open one as it grows."""

    def __init__(
        self,
        link: Link,
        rest: Rest,
        instrument_id: str,
        interval: str,
        *,
        history: int = 0,
        include_open: bool = False,
        limit: int = LIMIT,
        max_hz: float | None = None,
    ) -> None:
        """Subscribe; the arguments are those of `Client.bars`."""
        self._channel = f"bars:{instrument_id}:{interval}"
        super().__init__(link, (self._channel,), limit=limit, max_hz=max_hz)
        self._rest = rest
        self._instrument_id = instrument_id
        self._interval = interval
        self._history = history
        self._has_open = include_open
        self._snapshots = Snapshots()
        self._is_begun = False
        self._last: int | None = None
        """Open time of the newest closed bar given, or known when it began."""

    async def _items(self, message: Message) -> list[Bar]:
        check_source(message)
        if message.is_snapshot:
            bars = self._snapshots.join(message)
            return [] if bars is None else await self._restart(bars)
        bar: Bar = message.typed().data
        return self._closed([bar]) if bar.closed else self._open(bar)

    async def _restart(self, bars: list[Bar]) -> list[Bar]:
        closed = [bar for bar in bars if bar.closed]
        growing = [bar for bar in bars[-1:] if not bar.closed]
        if not self._is_begun:
            earlier = await self._earlier(closed)
            self._is_begun = True
            self._last = closed[-1].t if closed else None
            taken = [*earlier, *closed]
            return [*taken[len(taken) - min(self._history, len(taken)) :], *self._open(*growing)]
        if closed and self._last is not None and closed[-1].t < self._last:
            self._last = None
            self._ready.extend([*self._closed(closed), *self._open(*growing)])
            raise RewoundError(self._channel, "market time has gone back; what follows begins anew")
        missing = await self._missing(closed)
        return [*self._closed([*missing, *closed]), *self._open(*growing)]

    def _closed(self, bars: Iterable[Bar]) -> list[Bar]:
        """Return the bars that are newer than the last one given."""
        new = []
        for bar in bars:
            if self._last is None or bar.t > self._last:
                new.append(bar)
                self._last = bar.t
        return new

    def _open(self, *bars: Bar) -> list[Bar]:
        return [bar for bar in bars if self._has_open and (self._last is None or bar.t > self._last)]

    async def _earlier(self, closed: list[Bar]) -> list[Bar]:
        """Return bars before the first snapshot, if it does not hold as many as wanted."""
        lacking = self._history - len(closed)
        if lacking <= 0 or not closed:
            return []
        page = await self._rest.bars(self._instrument_id, self._interval, end=closed[0].t, limit=min(lacking, 10_000))
        return list(page.items)

    async def _missing(self, closed: list[Bar]) -> list[Bar]:
        """Return what lies between the last bar given and a later snapshot, from the node's history.

        Raises:
            GapError: If the node does not give it.
        """
        if self._last is None or not closed or closed[0].t <= self._last:
            return []
        for attempt in range(1, FILL_ATTEMPTS + 1):
            try:
                asked = self._rest.all_bars(self._instrument_id, self._interval, self._last + 1, closed[0].t)
                return [bar async for bar in asked]
            except (ApiError, NotConnectedError) as e:
                if attempt == FILL_ATTEMPTS or (isinstance(e, ApiError) and not e.is_retryable):
                    self._ready.extend(self._closed(closed))
                    raise GapError(self._channel, f"bars were lost ({e})") from e
                await asyncio.sleep(getattr(e, "retry_after_s", None) or FILL_WAIT_S)
        raise AssertionError("the last attempt returns or raises")
