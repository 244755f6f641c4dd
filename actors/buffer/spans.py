"""Sets of time, as spans: what is lacking, what is known not to be."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter

type Span = tuple[int, int]
"""Begin and end, UNIX nanoseconds; the end is not in it."""

_BEGIN, _END = itemgetter(0), itemgetter(1)


class Spans:
    """Spans in the order of time; those that touch are one."""

    def __init__(self) -> None:
        """Start empty."""
        self._spans: list[Span] = []

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, begin: int, end: int) -> None:
        """Add a span; nothing when it is empty."""
        if begin >= end:
            return
        spans = self._spans
        first = bisect_left(spans, begin, key=_END)
        after = bisect_right(spans, end, key=_BEGIN)
        if first < after:
            begin, end = min(begin, spans[first][0]), max(end, spans[after - 1][1])
        spans[first:after] = [(begin, end)]

    def remove(self, begin: int, end: int) -> None:
        """Take a span out."""
        kept = [part for span in self._spans for part in ((span[0], min(span[1], begin)), (max(span[0], end), span[1]))]
        self._spans = [part for part in kept if part[0] < part[1]]

    def within(self, begin: int, end: int) -> list[Span]:
        """Return the parts of a span that are in the set."""
        first, after = bisect_right(self._spans, begin, key=_END), bisect_left(self._spans, end, key=_BEGIN)
        return [(max(one, begin), min(other, end)) for one, other in self._spans[first:after]]

    def missing(self, begin: int, end: int) -> list[Span]:
        """Return the parts of a span that are not in the set."""
        found: list[Span] = []
        for one, other in self.within(begin, end):
            if begin < one:
                found.append((begin, one))
            begin = other
        return [*found, (begin, end)] if begin < end else found
