"""`GET /api/v1/bars`: history and present of one instrument, oldest first."""

from typing import ClassVar, override

import msgspec
from msgspec import Struct

from actors.bridge.rest.route import Answer, Call, Route, routes, tagged_answer
from actors.bridge.rest.span import RangeQuery, Span, next_cursor, page_body, span_of
from actors.ports import BarsPage
from actors.wire import Bar, Millis
from config.errors import UnknownInstrumentError, UnsupportedIntervalError, VenueUnavailableError

_MS = 1_000_000


class BarList(Struct, frozen=True, kw_only=True):
    """Bars, oldest first."""

    items: tuple[Bar, ...]
    next: str | None
    """Cursor of the rest of the range: the bars before these, or after these when only `start` was given."""
    holes: tuple[tuple[Millis, Millis], ...]
    """Spans within the page for which the source has no bars: first missing open time, next present one."""


class BarsQuery(RangeQuery, frozen=True, kw_only=True):
    """Which bars: the newest `limit` of the range; with `start` alone the oldest `limit` from there."""

    include_open: bool = False
    """Whether the bar that has not closed yet is the last item, on top of `limit`."""


class _Opening(Struct, frozen=True):
    """What is read of an encoded bar."""

    t: Millis


@routes.register("GET /api/v1/bars")
class GetBars(Route[BarsQuery]):
    """List bars, oldest first, from memory or else from the source.

    Without `start` and `end` the newest ones. A range that has closed carries an ETag.
    """

    query = BarsQuery
    reply: ClassVar[type[Struct]] = BarList
    problems = (UnknownInstrumentError, UnsupportedIntervalError, VenueUnavailableError)
    is_tagged = True
    is_costly = True

    @override
    async def answer(self, call: Call, query: BarsQuery) -> Answer:
        bars = self.context.bars
        bars.check(query.instrument_id, query.interval)
        span = span_of(f"bars {query.instrument_id} {query.interval}", query)
        page = await bars.page(query.instrument_id, query.interval, start=span.start, end=span.end, limit=query.limit)
        following = next_cursor(page.opens, span, query.limit, has_older=page.has_older)
        rows = list(page.rows)
        if query.include_open and (following is None or not span.is_forward):
            rows += self._open_bars(query, page, span)
        body = page_body(rows, following, page.holes)
        is_closed = span.end is not None and span.end <= self.context.clock.now_ns
        return tagged_answer(call, body) if is_closed else Answer(body=body)

    def _open_bars(self, query: BarsQuery, page: BarsPage, span: Span) -> list[bytes]:
        """Return the open bar if it lies in the range and comes right after the page."""
        bars = self.context.bars
        open_bar = bars.open_bar(query.instrument_id, query.interval)
        if open_bar is None:
            return []
        opening = msgspec.json.decode(open_bar, type=_Opening).t * _MS
        start, end = span.start or 0, span.end
        if opening < start or (end is not None and opening >= end):
            return []
        _, closed = bars.recent(query.instrument_id, query.interval, 1)
        last = page.opens[-1] if page.opens else start - 1
        has_missed = bool(closed) and closed[-1] > last  # one that closed while the page was read
        return [] if has_missed or opening <= last else [open_bar]
