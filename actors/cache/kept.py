"""A bounded store of bytes in this process: the least recently used go first, the expired are never given."""

from collections import OrderedDict

from msgspec import Struct
from prometheus_client import Counter

OVERHEAD = 200
"""Bytes that an entry costs beside its key and value."""
_LOOKED_AT = 2
"""Entries looked at with each new one, to drop those that have expired unasked."""

_evicted = Counter("whisperer_cache_evictions", "Answers dropped before their time because the cache was full")


class Entry(Struct, frozen=True, gc=False):
    """A value and its end."""

    value: bytes
    until: float
    """Monotonic seconds."""


class Kept:
    """Holds at most so many entries and so many bytes, whatever is put in."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        """Start empty.

        Args:
            max_entries: Most entries.
            max_bytes: Most bytes of keys, values and what they cost beside; a value above it is not kept.
        """
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self.bytes = 0
        """What the entries cost now."""

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, now: float) -> Entry | None:
        """Return an entry that has not expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.until <= now:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: Entry, now: float) -> None:
        """Keep an entry in place of an older one of the same key."""
        self.drop(key)
        cost = _cost(key, entry)
        if cost > self._max_bytes or entry.until <= now:
            return
        self._entries[key] = entry
        self.bytes += cost
        self._sweep(now)
        while self.bytes > self._max_bytes or len(self._entries) > self._max_entries:
            self.drop(next(iter(self._entries)))
            _evicted.inc()

    def drop(self, key: str) -> None:
        """Forget an entry; nothing when there is none."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= _cost(key, entry)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.bytes = 0

    def _sweep(self, now: float) -> None:
        for _ in range(_LOOKED_AT):
            key, entry = next(iter(self._entries.items()))
            if entry.until > now:
                return
            self.drop(key)


def _cost(key: str, entry: Entry) -> int:
    return OVERHEAD + len(key) + len(entry.value)
