"""Ranges of bars that are read page by page: back from the end, or forward from a start without an end."""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from actors.bridge.rest.query import cursor_of, position_of, time_range


class Span(Struct, frozen=True, kw_only=True):
    """What is asked of the buffer, UNIX nanoseconds; `is_forward`: from `start` on, in place of back from `end`."""

    start: int | None
    end: int | None
    is_forward: bool
    question: str


def span_of(topic: str, start: int | UnsetType, end: int | UnsetType, cursor: str | UnsetType) -> Span:
    """Return the range of a query (UNIX ms), its cursor applied.

    Args:
        topic: Of what, so that no cursor of another question is taken.
        start: First open time.
        end: Open time of the first one left out.
        cursor: Where to go on.

    Raises:
        InvalidInputError: If the range is empty, or the cursor is not of this question.
    """
    first, last = time_range(start, end)
    question = f"{topic} {first} {last}"
    is_forward = first is not None and last is None
    if cursor is not UNSET:
        (position,) = position_of(cursor, question, 1)
        first, last = (position, last) if is_forward else (first, position)
    return Span(start=first, end=last, is_forward=is_forward, question=question)


def next_cursor(opens: Sequence[int], span: Span, limit: int, *, has_older: bool) -> str | None:
    """Return where the rest of the range begins after a page with these open times (ns), or None: there is none."""
    if not opens:
        return None
    if span.is_forward:
        return cursor_of(span.question, opens[-1] + 1) if len(opens) >= limit else None
    has_more = has_older and (span.start is None or opens[0] > span.start)
    return cursor_of(span.question, opens[0]) if has_more else None
