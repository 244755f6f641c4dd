"""Up to where the closed rows of a channel were sent, when somebody else keeps the rows."""

from bisect import bisect_right
from collections.abc import Callable

type Recent = Callable[[int], tuple[list[bytes], list[int]]]
"""Returns up to so many newest closed rows (encoded, open times), oldest first."""


class Sent:
    """Remembers the open time of the last row sent; rows that came later are told once."""

    def __init__(self, recent: Recent) -> None:
        """Start with nothing sent."""
        self._recent = recent
        self._until: int | None = None

    def forget(self) -> None:
        """Begin anew: a snapshot follows."""
        self._until = None

    def snapshot(self, count: int) -> list[bytes]:
        """Return the last `count` rows that count as sent; at first those are all there are."""
        rows, opens = self._recent(count)
        if self._until is None:
            self._until = opens[-1] if opens else 0
        return rows[: bisect_right(opens, self._until)]

    def unsent(self) -> list[bytes] | None:
        """Return the rows that came since the last one sent, oldest first; they count as sent now.

        Returns:
            Nothing before the first snapshot, which holds them. None when the rows do not go on from the last one
            sent, as after a jump of market time: only a new snapshot helps.
        """
        last = self._until
        if last is None:
            return []
        count = 2
        while True:
            rows, opens = self._recent(count)
            first = bisect_right(opens, last)
            if first > 0 or len(opens) < count:
                break
            count *= 8
        is_forgotten = bool(opens) and last > 0 and (first == 0 or opens[-1] < last)
        if is_forgotten:
            return None
        self._until = opens[-1] if opens else last
        return rows[first:]
