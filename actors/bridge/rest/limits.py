"""How many requests a caller may make: token buckets by key, bounded in number, on a clock that only grows."""

import time
from collections.abc import Callable
from math import ceil

from msgspec import Struct

from actors.allowance import Allowance
from config.schema import ServerSection

MAX_KEYS = 10_000


class Budget(Struct, frozen=True):
    """What is left to a caller after one request."""

    limit: int
    """Requests a minute."""
    remaining: int
    """Requests that may follow at once."""
    reset_s: int
    """Seconds until all of them may again."""
    retry_after_s: float | None
    """None when the request may pass, else seconds until the next one may."""


class TokenBuckets:
    """A full bucket holds a minute's requests unless told otherwise, so a burst may pass at once; it fills steadily."""

    def __init__(
        self,
        per_min: int,
        monotonic: Callable[[], float],
        *,
        burst: int | None = None,
        max_keys: int = MAX_KEYS,
    ) -> None:
        """Start with every bucket full.

        Args:
            per_min: Requests a minute and key.
            monotonic: Seconds that only grow.
            burst: Requests that may pass at once; None: those of a minute.
            max_keys: Buckets kept; above it the one that was used longest ago is forgotten, that is filled.
        """
        self._per_min = per_min
        self._burst = per_min if burst is None else burst
        self._monotonic = monotonic
        self._max_keys = max_keys
        self._buckets: dict[str, Allowance] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, key: str) -> float:
        """Return 0.0, or the seconds until a key has a token; nothing is taken."""
        bucket = self._buckets.get(key)
        return 0.0 if bucket is None else bucket.wait_s()

    def take(self, key: str, count: int = 1) -> Budget:
        """Take tokens of a key, if there are so many, or as many as a bucket can hold."""
        per_s = self._per_min / 60.0
        bucket = self._buckets.pop(key, None) or Allowance(per_s, self._burst, self._monotonic)
        self._buckets[key] = bucket  # last in, so the first one is the longest unused
        if len(self._buckets) > self._max_keys:
            del self._buckets[next(iter(self._buckets))]
        wait_s = bucket.take(count)
        return Budget(
            limit=self._per_min,
            remaining=int(bucket.tokens),
            reset_s=ceil((self._burst - bucket.tokens) / per_s),
            retry_after_s=wait_s or None,
        )


def order_budget(section: ServerSection, monotonic: Callable[[], float] = time.monotonic) -> TokenBuckets:
    """Return the buckets of orders, one for each user, that REST and WebSocket share."""
    return TokenBuckets(section.user_orders_per_s * 60, monotonic, burst=section.user_orders_burst)
