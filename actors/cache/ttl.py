"""The TTL cache: what costs something to make is made once and kept for the lifetime of its kind."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, override

from prometheus_client import Counter, Gauge

from actors.cache.kept import Entry, Kept
from actors.flights import Flights
from actors.ports import Cache, Cached, CacheHealth, CacheKind
from config.errors import ShutdownError
from config.schema import CacheSection

HITS = Counter("whisperer_cache_hits", "Answers given from the cache", ["kind", "tier"])
MISSES = Counter("whisperer_cache_misses", "Answers that had to be made", ["kind"])
JOINED = Counter("whisperer_cache_joined", "Askers who waited for an answer that was being made already", ["kind"])
_entries = Gauge("whisperer_cache_entries", "Answers kept in this process")
_bytes = Gauge("whisperer_cache_bytes", "Bytes of the answers kept in this process")


class Shared(Protocol):
    """A store that several nodes use; it may fail at any moment, and then holds nothing."""

    def start(self) -> None:
        """Begin to connect."""

    async def stop(self) -> None:
        """Let go of it."""

    async def get(self, key: str) -> tuple[bytes, float] | None:
        """Return a value and the seconds that it has left; None when there is none, whatever the reason."""

    def put(self, key: str, value: bytes, lifetime_s: float) -> None:
        """Keep a value, if that can be done; returns at once."""

    def drop(self, key: str) -> None:
        """Forget a value, if that can be done; returns at once."""

    def trouble(self) -> str | None:
        """Return why it cannot be used at the moment, in words; None when it can."""


class TtlCache(Cache):
    """Implements `ports.Cache`: bounded, single flight, in this process and in a shared store beside it.

    An answer is as old as the moment at which its making began, in whichever store it lies, so nobody is ever given
    one older than the lifetime of its kind.
    """

    def __init__(
        self,
        section: CacheSection,
        *,
        past: str | None = None,
        present: str | None = None,
        shared: Shared | None = None,
        pace: Callable[[], float] = lambda: 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start empty.

        Args:
            section: Lifetimes and bounds.
            past: Begins the shared keys of historical answers: nodes with the same text see the same past. None keeps
                them in this process.
            present: Likewise of the other kinds. A market of ours is at another moment in each process: None.
            shared: A store of several nodes.
            pace: Market seconds per wall second, 0 for as fast as it goes: how fast the present grows old.
            monotonic: Seconds that only grow.
        """
        self._lifetimes: Mapping[CacheKind, float] = {
            "real_time": section.real_time_s,
            "historical": section.historical_s,
            "technical": section.technical_s,
        }
        self._scopes = {"real_time": present, "technical": present, "historical": past}
        self._shared = shared
        self._pace = pace
        self._monotonic = monotonic
        self._kept = Kept(section.max_entries, section.max_bytes)
        self._making: Flights[Entry] = Flights()
        self._age = 0
        _entries.set_function(lambda: len(self._kept))
        _bytes.set_function(lambda: self._kept.bytes)

    def start(self) -> None:
        """Begin to use the shared store, if there is one; needs the running loop."""
        if self._shared is not None:
            self._shared.start()

    async def stop(self) -> None:
        """Make nothing more; those who wait are told."""
        self._making.stop()
        if self._shared is not None:
            await self._shared.stop()

    def clear(self) -> None:
        """Forget what this process keeps, as after a jump of market time; what is being made is not kept either."""
        self._age += 1
        self._making.part()
        self._kept.clear()

    @override
    def lifetime_s(self, kind: CacheKind) -> float:
        lifetime_s = self._lifetimes[kind]
        pace = self._pace()
        if kind == "historical" or 0.0 < pace <= 1.0:
            return lifetime_s
        return lifetime_s / pace if pace else 0.0

    @override
    async def get(self, kind: CacheKind, key: str, make: Callable[[], Awaitable[bytes]]) -> Cached:
        name, asked = f"{kind}:{key}", self._monotonic()
        entry = self._kept.get(name, asked)
        if entry is None:
            entry = await self._young(kind, name, make, asked)
        else:
            HITS.labels(kind, "memory").inc()
        return Cached(entry.value, max(0.0, entry.until - self._monotonic()))

    @override
    def drop(self, kind: CacheKind, key: str) -> None:
        name = f"{kind}:{key}"
        self._kept.drop(name)
        scope = self._scopes[kind]
        if self._shared is not None and scope is not None:
            self._shared.drop(_shared_key(scope, name))

    @override
    def health(self) -> CacheHealth:
        trouble = None if self._shared is None else self._shared.trouble()
        return CacheHealth(
            store="memory" if self._shared is None else "redis",
            trouble=trouble,
            entries=len(self._kept),
            bytes=self._kept.bytes,
        )

    async def _young(self, kind: CacheKind, name: str, make: Callable[[], Awaitable[bytes]], asked: float) -> Entry:
        """Return an answer that is young enough for who asked then; one that took long to make may not be."""
        while True:
            is_joined = name in self._making
            entry = await self._once(kind, name, make)
            if not is_joined or entry.until > asked or not self.lifetime_s(kind):
                return entry

    async def _once(self, kind: CacheKind, name: str, make: Callable[[], Awaitable[bytes]]) -> Entry:
        """Return what one task finds or makes for everybody who asks meanwhile; none of them can cancel it."""
        if name in self._making:
            JOINED.labels(kind).inc()
        task = self._making.join(name, lambda: self._find(kind, name, make))
        await asyncio.wait({task})
        if task.cancelled():
            raise ShutdownError("the answer was not finished, ask again", retry_after_s=1.0)
        return task.result()

    async def _find(self, kind: CacheKind, name: str, make: Callable[[], Awaitable[bytes]]) -> Entry:
        began, age = self._monotonic(), self._age
        scope = self._scopes[kind]
        shared = None if scope is None else self._shared
        key = "" if scope is None else _shared_key(scope, name)
        found = None if shared is None else await shared.get(key)
        if found is not None:
            HITS.labels(kind, "shared").inc()
            value, left_s = found
            return self._keep(name, Entry(value, began + min(left_s, self.lifetime_s(kind))), age)
        MISSES.labels(kind).inc()
        began = self._monotonic()
        value = await make()
        entry = self._keep(name, Entry(value, began + self.lifetime_s(kind)), age)
        left_s = entry.until - self._monotonic()
        if shared is not None and left_s > 0.0:
            shared.put(key, value, left_s)
        return entry

    def _keep(self, name: str, entry: Entry, age: int) -> Entry:
        if age == self._age:
            self._kept.put(name, entry, self._monotonic())
        return entry


def _shared_key(scope: str, name: str) -> str:
    return f"{scope}:{name}"
