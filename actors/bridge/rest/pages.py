"""Pages of lists that are in memory, newest first: a cursor is a time and how many of that time were seen."""

from collections.abc import Callable, Sequence

from msgspec import UNSET, UnsetType

from actors.bridge.rest.query import LAST_MS, cursor_of, position_of


def page_of[T](
    items: Sequence[T], ms: Callable[[T], int], *, limit: int, cursor: str | UnsetType, question: str
) -> tuple[Sequence[T], str | None]:
    """Return a page of items and the cursor of the next one; None at the end.

    Raises:
        InvalidInputError: If the cursor is not of this question.
    """
    before, seen = LAST_MS, 0
    if cursor is not UNSET:
        before, seen = position_of(cursor, question, 2)
    left = [item for item in items if ms(item) <= before][seen:]
    shown = left[:limit]
    if len(left) == len(shown):
        return shown, None
    last = ms(shown[-1])
    at_last = sum(1 for item in shown if ms(item) == last)
    return shown, cursor_of(question, last, at_last + (seen if last == before else 0))
