"""What is to be done when market time gets there."""

import heapq
from collections.abc import Callable
from itertools import count


class Agenda:
    """Things to do by market time, those of one time in the order they were put down."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._number = count()

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, ts: int, work: Callable[[], None]) -> None:
        """Have `work` done once market time is at least `ts` (UNIX ns)."""
        heapq.heappush(self._heap, (ts, next(self._number), work))

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
