"""What a window lacks: asked for once; what the source does not have either is a hole, and never asked for again."""

from collections.abc import Iterable

from actors.buffer.spans import Span, Spans
from actors.market import Interval


class Gaps:
    """The gaps of one instrument and interval, and its known holes."""

    def __init__(self, interval: Interval) -> None:
        """Start with nothing missing."""
        self.wanted = Spans()
        """To be asked for."""
        self.holes = Spans()
        """Asked for, and the source has nothing there: nobody traded, or it has forgotten."""
        self._interval = interval

    def want(self, begin: int, end: int) -> bool:
        """Note that begin <= open < end (UNIX ns) is to be asked for; return whether that is news."""
        is_news = False
        for one, other in self.holes.missing(begin, end):
            for start, stop in self.wanted.missing(one, other):
                self.wanted.add(start, stop)
                is_news = True
        return is_news

    def next(self, limit: int) -> Span | None:
        """Return what one question can ask for: from the first gap to the last, at most `limit` bars."""
        spans = list(self.wanted)
        if not spans:
            return None
        begin = spans[0][0]
        return begin, min(spans[-1][1], begin + limit * self._interval.duration_ns)

    def settle(self, asked: Span, known: Iterable[int]) -> list[Span]:
        """Note that an answer has come; return the holes that it leaves.

        Args:
            asked: What was asked for.
            known: Open times of the bars that there are by now, in the window or in the answer.
        """
        opens = sorted(known)
        found: list[Span] = []
        for begin, end in self.wanted.within(*asked):
            for ts in opens:
                if begin <= ts < end:
                    found.append((begin, ts))
                    begin = self._interval.close(ts)  # noqa: PLW2901  # what is left of the span
            found.append((begin, end))
        self.wanted.remove(*asked)
        found = [span for span in found if span[0] < span[1]]
        for span in found:
            self.holes.add(*span)
        return found

    def forget(self, before: int) -> None:
        """Forget what lacks before a time (UNIX ns): the window has moved on."""
        self.wanted.remove(0, before)
        self.holes.remove(0, before)
