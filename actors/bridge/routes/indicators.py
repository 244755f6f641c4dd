"""`GET /api/v1/indicators`: the values of one indicator at the bars of a range, oldest first."""

from hashlib import blake2b
from typing import Annotated, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.portions import CHANNEL
from actors.bridge.rest.route import Answer, Call, Route, person_of, routes
from actors.bridge.rest.span import RangeQuery, Span, next_cursor, page_body, span_of
from actors.wire import IndicatorBody, Millis
from config.errors import (
    NoCapacityError,
    NotFoundError,
    NotReadyError,
    UnknownInstrumentError,
    UnsupportedIntervalError,
    VenueUnavailableError,
)

IndicatorParam = Annotated[
    str,
    Meta(max_length=100, description="indicator with its parameters: `NAME(number, …)`", examples=["BB(20,2)"]),
]


class IndicatorList(Struct, frozen=True, kw_only=True):
    """Values of one indicator, oldest first."""

    instrument_id: str
    interval: str
    name: str
    """Canonical: the same for every way to write it, also the end of its channel's name."""
    items: tuple[IndicatorBody, ...]
    """One per bar of the same page of `/api/v1/bars`."""
    next: str | None
    """Cursor of the rest of the range: before these, or after these when only `start` was given."""
    holes: tuple[tuple[Millis, Millis], ...]
    """Spans within the page for which there are no bars: first missing open time, next present one."""


class IndicatorsQuery(RangeQuery, frozen=True, kw_only=True):
    """Which indicator at which bars: the newest `limit` of the range; with `start` alone the oldest from there."""

    name: IndicatorParam


@routes.register("GET /api/v1/indicators")
class GetIndicators(Route[IndicatorsQuery]):
    """List the values of an indicator at closed bars, oldest first; `/api/v1/bars` has the bars.

    A value is null where there is none, as before enough bars. An indicator that sums up from the first bar of the
    window (`is_cumulative`) has no values before it.
    """

    query = IndicatorsQuery
    reply: ClassVar[type[Struct]] = IndicatorList
    problems = (
        UnknownInstrumentError,
        UnsupportedIntervalError,
        NotFoundError,
        NoCapacityError,
        NotReadyError,
        VenueUnavailableError,
    )
    is_costly = True

    @override
    async def answer(self, call: Call, query: IndicatorsQuery) -> Answer:
        instrument_id, interval = query.instrument_id, query.interval
        self.context.bars.check(instrument_id, interval)
        name = self.context.indicators.canonical(query.name)
        wanted = {f"{CHANNEL}{instrument_id}:{interval}:{name}"}
        self.context.portions.take(person_of(call).user_id, wanted, self.context.config.indicators.max_per_user)
        span = span_of(f"indicators {instrument_id} {interval} {name}", query)

        async def make() -> bytes:
            page = await self.context.indicators.page(
                instrument_id, interval, name, start=span.start, end=span.end, limit=query.limit
            )
            following = next_cursor(page.opens, span, query.limit, has_older=page.has_older)
            return page_body(
                page.rows, following, page.holes, instrument_id=instrument_id, interval=interval, name=name
            )

        if span.end is None or span.end > self.context.clock.now_ns:
            return Answer(body=await make())
        cached = await self.context.cache.get("technical", await self._key(query, span), make)
        return Answer(body=cached.value)

    async def _key(self, query: IndicatorsQuery, span: Span) -> str:
        """Return what the values of a closed range depend on: the question, and the bars as they are now."""
        start, end, limit = span.start, span.end, query.limit
        page = await self.context.bars.page(query.instrument_id, query.interval, start=start, end=end, limit=limit)
        bars = blake2b(b"".join(page.rows), digest_size=16).hexdigest()
        return f"{span.question}|{start}|{end}|{limit}|{page.has_older}|{bars}"
