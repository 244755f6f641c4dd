"""Closed bars, each once and in order of time, with what was missed fetched from the node's history."""

import asyncio
from collections.abc import Iterable

from whisperer_client.errors import ApiError, GapError, NotConnectedError, RewoundError
from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.rest import Rest
from whisperer_client.rows import Snapshots
from whisperer_client.stream import LIMIT, Stream, check_source
from whisperer_client.types import Bar

FILL_WAIT_S, FILL_ATTEMPTS = 0.5, 20
MOST_BARS = 10_000
"""Of one REST answer."""


class Bars(Stream[Bar]):
    """Closed bars of one instrument and interval; on request the open one as it grows."""

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
        self._is_unsure = False
        """Whether a snapshot did not show how it goes on; the next bar will."""
        self._last: int | None = None
        """Open time of the newest closed bar given, or known when it began."""

    async def _items(self, message: Message) -> list[Bar]:
        check_source(message)
        bars = self._snapshots.join(message) if message.is_snapshot else [message.typed().data]
        if bars is None:
            return []
        closed = [bar for bar in bars if bar.closed]
        growing = [bar for bar in bars if not bar.closed]
        if message.is_snapshot and not self._is_begun:
            taken = self._begin(closed, await self._earlier(closed))
            self._is_begun = True
        else:
            self._is_unsure = self._is_unsure or (message.is_snapshot and self._last is not None)
            taken = await self._continue(closed, growing) if self._is_unsure and closed else self._new(closed)
        return [*taken, *self._open(growing)]

    def _begin(self, closed: list[Bar], earlier: list[Bar]) -> list[Bar]:
        self._last = closed[-1].t if closed else None
        bars = [*earlier, *closed]
        return bars[len(bars) - min(self._history, len(bars)) :]

    async def _continue(self, closed: list[Bar], growing: list[Bar]) -> list[Bar]:
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

    def _new(self, bars: Iterable[Bar]) -> list[Bar]:
        """Return the bars that are newer than the last one given."""
        new = []
        for bar in bars:
            if self._last is None or bar.t > self._last:
                new.append(bar)
                self._last = bar.t
        return new

    def _open(self, bars: Iterable[Bar]) -> list[Bar]:
        return [bar for bar in bars if self._has_open and (self._last is None or bar.t > self._last)]

    async def _earlier(self, closed: list[Bar]) -> list[Bar]:
        """Return bars before a snapshot, if it does not hold as many as wanted."""
        lacking = self._history - len(closed)
        if lacking <= 0 or not closed:
            return []
        end, limit = closed[0].t, min(lacking, MOST_BARS)
        return list((await self._rest.bars(self._instrument_id, self._interval, end=end, limit=limit)).items)

    async def _missing(self, until: int) -> list[Bar]:
        """Return the bars between the last one given and `until` (UNIX milliseconds) from the node's history.

        Raises:
            ApiError: The node refuses, or goes on asking for patience.
            NotConnectedError: The node did not answer for long.
        """
        if self._last is None or until <= self._last:
            return []
        for left in reversed(range(FILL_ATTEMPTS)):
            try:
                asked = self._rest.all_bars(self._instrument_id, self._interval, self._last + 1, until)
                return [bar async for bar in asked]
            except (ApiError, NotConnectedError) as e:
                if not left or (isinstance(e, ApiError) and not e.is_retryable):
                    raise
                await asyncio.sleep(getattr(e, "retry_after_s", None) or FILL_WAIT_S)
        return []
