"""A log of ticks: the newest rows, numbered, so that a reader can go on where it was."""

from collections import deque
from itertools import islice

from actors.ports import Place

RING = 1_024
"""Rows kept."""


class Log[T]:
    """The newest rows in order; numbers only grow, and a new generation says that rows were lost."""

    def __init__(self, size: int = RING) -> None:
        """Start empty, at number 0."""
        self._rows: deque[T] = deque(maxlen=size)
        self._generation = 0
        self._number = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def place(self) -> Place:
        """Where a reader stands who has everything."""
        return Place(self._generation, self._number)

    @property
    def oldest(self) -> T | None:
        """The row that goes when the next one comes, or None while there is room."""
        return self._rows[0] if len(self._rows) == self._rows.maxlen else None

    @property
    def newest(self) -> T | None:
        """The last row."""
        return self._rows[-1] if self._rows else None

    def append(self, row: T) -> None:
        """Number one more row."""
        self._number += 1
        self._rows.append(row)

    def tear(self) -> None:
        """Note that rows were lost: what was is forgotten."""
        self._generation += 1
        self._rows.clear()

    def since(self, place: Place) -> list[T] | None:
        """Return the rows after `place`, oldest first; None when some of them are gone."""
        missing = self._number - place.number
        if place.generation != self._generation or not 0 <= missing <= len(self._rows):
            return None
        rows = list(islice(reversed(self._rows), missing))
        rows.reverse()
        return rows

    def before(self, number: int | None, limit: int) -> list[tuple[int, T]]:
        """Return up to `limit` rows with smaller numbers than `number` and theirs, newest first; None: the newest."""
        skipped = 0 if number is None else max(0, self._number - number + 1)
        rows = islice(reversed(self._rows), skipped, skipped + limit)
        return [(self._number - skipped - offset, row) for offset, row in enumerate(rows)]
