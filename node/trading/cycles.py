"""Positions that are closed and opened again and again: the engine keeps a copy of each time, for ever."""

from collections import Counter
from typing import Any

from nautilus_trader.model import PositionId

MOST_CYCLES = 8
"""So often a position may be closed before it is forgotten as soon as it is flat."""
FEW = 1_000
"""So many counts are not worth looking through."""


class Cycles:
    """Counts how often positions are closed: each time one is opened again the engine keeps a copy of what it was.

    Of somebody who trades on and on no position stays closed for long enough to be purged, so the copies, all fills
    in them, would add up for ever.
    """

    def __init__(self, cache: Any) -> None:  # noqa: ANN401  # the engine's cache
        """Count for one engine."""
        self._cache = cache
        self._closed: Counter[PositionId] = Counter()
        self._look_at = FEW

    def __len__(self) -> int:
        return len(self._closed)

    def closed(self, position_id: PositionId) -> None:
        """Count one; not inside a callback of the engine, since it may be forgotten here."""
        if len(self._closed) >= self._look_at:
            self._forget_purged()
        self._closed[position_id] += 1
        if self._closed[position_id] >= MOST_CYCLES:
            self.forget(position_id)

    def count(self, position_id: PositionId) -> int:
        """Return how often a position was closed since it was forgotten."""
        return self._closed[position_id]

    def forget(self, position_id: PositionId) -> None:
        """Have the engine forget a position that is flat, and what it was before."""
        position = self._cache.position(position_id)
        if position is None or position.is_closed:
            self._closed.pop(position_id, None)
        if position is not None and position.is_closed:
            self._cache.purge_position(position_id)

    def _forget_purged(self) -> None:
        """Forget the counts of positions that the engine has purged by itself: strategies come and go."""
        self._closed = Counter({one: n for one, n in self._closed.items() if self._cache.position(one) is not None})
        self._look_at = max(FEW, 2 * len(self._closed))
