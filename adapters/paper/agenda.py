"""What is to be done when market time gets there."""

import heapq
from collections.abc import Callable
from itertools import count

_FEW = 1_000
"""So many things are not worth looking through."""


class Agenda:
    """Things to do by market time, those of one time in the order they were put down."""

    __slots__ = ("_heap", "_look_at", "_number")

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[tuple[int, int, Callable[[], None], Callable[[], bool]]] = []
        self._look_at = _FEW
        self._number = count()

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, ts: int, work: Callable[[], None], is_over: Callable[[], bool] = lambda: False) -> None:
        """Have `work` done once market time is at least `ts` (UNIX ns).

        What `is_over` by then may be forgotten before: orders that expire in years end today.
        """
        if len(self._heap) >= self._look_at:
            self._heap = [one for one in self._heap if not one[3]()]
            heapq.heapify(self._heap)
            self._look_at = max(_FEW, 2 * len(self._heap))
        heapq.heappush(self._heap, (ts, next(self._number), work, is_over))

    def is_due(self, now: int) -> bool:
        """Return whether there is something to do."""
        return bool(self._heap) and self._heap[0][0] <= now

    def due(self, now: int) -> Callable[[], None] | None:
        """Take the next thing that is due, or return None."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        return None

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()
