"""A cache whose key is everything the answer depends on; bounded, and aged by market time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from prometheus_client import Counter

from actors.market import SECOND_NS

_hits = Counter("whisperer_screening_cache_hits", "Answers of order screening that were remembered", ["kind"])
_misses = Counter("whisperer_screening_cache_misses", "Answers of order screening that had to be made", ["kind"])


class Remembered[K: Hashable, V]:
    """Key -> value for a while; the least recently used one goes first."""

    def __init__(self, kind: str, lifetime_s: float, most: int, now_ns: Callable[[], int]) -> None:
        """Start empty.

        Args:
            kind: For the counters.
            lifetime_s: Seconds of market time; what is from the future, as after a jump back, does not count.
            most: Entries.
            now_ns: Market time.
        """
        self.hits = self.misses = 0
        self._lifetime_ns = int(lifetime_s * SECOND_NS)
        self._most = most
        self._now_ns = now_ns
        self._kept: OrderedDict[K, tuple[int, V]] = OrderedDict()
        self._counters = _hits.labels(kind), _misses.labels(kind)

    def get(self, key: K) -> V | None:
        """Return a value that is young enough; counted."""
        found = self._kept.get(key)
        if found is not None and 0 <= self._now_ns() - found[0] < self._lifetime_ns:
            self._kept.move_to_end(key)
            self.hits += 1
            self._counters[0].inc()
            return found[1]
        self.misses += 1
        self._counters[1].inc()
        return None

    def put(self, key: K, value: V) -> V:
        """Keep a value; return it."""
        self._kept[key] = self._now_ns(), value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value
