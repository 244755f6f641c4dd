"""Pages of a user's own history, newest first: what is asked of the traders, and the cursor of the next page."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.rest.query import (
    LAST_MS,
    CursorParam,
    InstrumentIdParam,
    Limit,
    cursor_of,
    position_of,
    time_range,
)
from actors.ports import Page, Span

FromParam = Annotated[int, Meta(ge=0, le=LAST_MS, description="market time of the first one, UNIX milliseconds")]
ToParam = Annotated[int, Meta(ge=0, le=LAST_MS, description="market time of the first one left out, UNIX milliseconds")]


class TimesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a history, by market time."""

    start: FromParam | UnsetType = UNSET
    end: ToParam | UnsetType = UNSET
    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


class HistoryQuery(TimesQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a history; without an instrument that of all."""

    instrument_id: InstrumentIdParam | UnsetType = UNSET


class Asked(Struct, frozen=True):
    """A question to the traders, and its name, so that no cursor of another one is taken."""

    span: Span
    question: str

    def next(self, page: Page[object]) -> str | None:
        """Return the cursor of older rows; None when there are none."""
        return None if page.next is None else cursor_of(self.question, page.next)


def asked_of(topic: str, user_id: str, query: TimesQuery) -> Asked:
    """Return what a query asks of the traders.

    Raises:
        InvalidInputError: If the range is empty, or the cursor is not of this question.
    """
    start, end = time_range(query.start, query.end)
    instrument_id = (query.instrument_id or None) if isinstance(query, HistoryQuery) else None
    question = f"{topic} {user_id} {instrument_id} {start} {end}"
    before = None if query.cursor is UNSET else position_of(query.cursor, question, 1)[0]
    span = Span(start=start, end=end, instrument_id=instrument_id, limit=query.limit, before=before)
    return Asked(span, question)
