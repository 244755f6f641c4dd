"""The cache as those who ask see it."""

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from msgspec import Struct

CacheKind = Literal["real_time", "historical", "technical"]
"""What an answer depends on: the present of the market, its closed past, or something computed from them."""


class Cached(Struct, frozen=True):
    """An answer out of the cache, or just made."""

    value: bytes
    good_for_s: float
    """Wall seconds until it is too old to be given to anybody."""


class CacheHealth(Struct, frozen=True, kw_only=True):
    """How the cache does; also its part of `/health`."""

    store: Literal["memory", "redis"]
    """`redis`: other nodes share it, beside this process's own."""
    trouble: str | None
    """Why the Redis cannot be used at the moment, in words: this process's own serves alone."""
    entries: int
    """Kept in this process."""
    bytes: int
    """Kept in this process."""


class Cache(Protocol):
    """Answers that cost something to make, as bytes."""

    async def get(self, kind: CacheKind, key: str, make: Callable[[], Awaitable[bytes]]) -> Cached:
        """Return the answer of `key`; if there is none young enough, `make` it, once for all who ask meanwhile.

        Never cache what grows, such as an open bar, nor what memory has fresher than any cache.

        Args:
            kind: Says how long the answer may be given.
            key: Names EVERYTHING that the answer depends on, apart from the market itself.
            make: Makes the answer; it must come to an end by itself, and what it raises is kept for nobody.

        Raises:
            ShutdownError: If the node stops meanwhile.
        """

    def drop(self, kind: CacheKind, key: str) -> None:
        """Forget an answer that turned out to be of no use."""

    def lifetime_s(self, kind: CacheKind) -> float:
        """Return for how many wall seconds a fresh answer may be given; 0.0: to nobody but those who wait for it."""

    def health(self) -> CacheHealth:
        """Return how it does."""
