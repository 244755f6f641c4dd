"""The rows that a reader has been given, as far back as they matter."""

from collections.abc import Callable, Hashable, Iterable

REMEMBERED = 2_048
"""Rows by which a new snapshot is recognised as the continuation of what was given before."""


class Seen[T]:
    """Keys of the newest rows given; older ones are forgotten."""

    def __init__(self, key: Callable[[T], Hashable]) -> None:
        """Start with none; `key` tells rows apart."""
        self._key = key
        self.keys: dict[Hashable, None] = {}

    def new(self, rows: Iterable[T]) -> list[T]:
        """Return the rows not seen before; they count as seen now."""
        new = []
        for row in rows:
            key = self._key(row)
            if key not in self.keys:
                new.append(row)
                self.keys[key] = None
        while len(self.keys) > REMEMBERED:
            del self.keys[next(iter(self.keys))]
        return new
