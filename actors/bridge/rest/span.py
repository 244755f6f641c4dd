"""Ranges of bars that are read page by page: back from the end, or forward from a start without an end."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from actors.bridge.rest.query import (
    CursorParam,
    EndParam,
    InstrumentIdParam,
    IntervalParam,
    MaxBars,
    StartParam,
    cursor_of,
    position_of,
    time_range,
)

_MS = 1_000_000


class RangeQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which bars: the newest `limit` of the range; with `start` alone the oldest `limit` from there."""

    instrument_id: InstrumentIdParam
    interval: IntervalParam = "1m"
    start: StartParam | UnsetType = UNSET
    end: EndParam | UnsetType = UNSET
    limit: MaxBars = 1_000
    cursor: CursorParam | UnsetType = UNSET


class Span(Struct, frozen=True, kw_only=True):
    """What is asked of the buffer, UNIX nanoseconds; `is_forward`: from `start` on, in place of back from `end`."""

    start: int | None
    end: int | None
    is_forward: bool
    question: str


def span_of(topic: str, query: RangeQuery) -> Span:
    """Return the range of a query, its cursor applied; `topic` says of what: no cursor of another question is taken.

    Raises:
        InvalidInputError: If the range is empty, or the cursor is not of this question.
    """
    first, last = time_range(query.start, query.end)
    question = f"{topic} {first} {last}"
    is_forward = first is not None and last is None
    if query.cursor is not UNSET:
        (position,) = position_of(query.cursor, question, 1)
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


def page_body(rows: Iterable[bytes], following: str | None, holes: Sequence[tuple[int, int]], **place: str) -> bytes:
    """Join rows that are encoded already into the JSON of a page; `place` comes before them, `holes` are UNIX ns."""
    encode = msgspec.json.encode
    return b'{%b"items":[%b],"next":%b,"holes":%b}' % (
        b"".join(b'"%b":%b,' % (name.encode(), encode(value)) for name, value in place.items()),
        b",".join(rows),
        encode(following),
        encode([(first // _MS, after // _MS) for first, after in holes]),
    )
