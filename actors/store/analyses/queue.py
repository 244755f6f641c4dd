"""What waits for the file: a bounded line between the loop and the writer's thread."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from prometheus_client import Counter

from actors.ports.analyses import Analysis, Feedback, Resolved
from actors.ports.order_outcomes import OrderOutcome, ScreenedOrder

type Row = Analysis | Resolved | Feedback | ScreenedOrder | OrderOutcome

DROPPED = Counter(
    "whisperer_analyses_dropped", "Analyses and outcomes that were dropped, the oldest, as none could be written"
)


class Line:
    """First in, first out; when it is full the oldest goes."""

    def __init__(self, max_rows: int) -> None:
        """Hold up to `max_rows`."""
        self._max_rows = max_rows
        self._rows: deque[Row] = deque()
        self._told: list[Callable[[], object]] = []
        self._changed = threading.Condition()
        self._is_closing = False

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, rows: Sequence[Row]) -> None:
        """Add rows; never waits for the file."""
        with self._changed:
            self._rows.extend(rows)
            self._trim()
            self._changed.notify()

    def put_back(self, rows: Sequence[Row]) -> None:
        """Return what could not be written to the front."""
        with self._changed:
            self._rows.extendleft(reversed(rows))
            self._trim()

    def take(self, count: int) -> list[Row]:
        """Return up to `count` of the oldest."""
        with self._changed:
            return [self._rows.popleft() for _ in range(min(count, len(self._rows)))]

    def ask(self, told: Callable[[], object]) -> None:
        """Have `told` called, in the writer's thread, once what is here now was written or could not be."""
        with self._changed:
            self._told.append(told)
            self._changed.notify()

    def asked(self) -> list[Callable[[], object]]:
        """Return those who wait to be told."""
        with self._changed:
            told, self._told = self._told, []
        return told

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()

    @property
    def is_closing(self) -> bool:
        """Whether nothing comes after what is here."""
        return self._is_closing

    def wait(self, seconds: float) -> None:
        """Return when there is something to do, at the latest after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._told or self._is_closing, seconds)

    def rest(self, seconds: float) -> None:
        """Return after `seconds`, or as soon as somebody waits to be told."""
        with self._changed:
            self._changed.wait_for(lambda: self._told or self._is_closing, seconds)

    def _trim(self) -> None:
        over = len(self._rows) - self._max_rows
        if over > 0:
            DROPPED.inc(over)
            for _ in range(over):
                self._rows.popleft()
