"""`GET /api/v1/quotes`: the newest best bid and ask, of one instrument or all."""

import asyncio
from typing import ClassVar, override

import msgspec
from msgspec import UNSET, Struct, UnsetType

from actors.bridge.rest.query import InstrumentIdParam
from actors.bridge.rest.route import Answer, Call, Route, routes
from actors.wire import QuoteBody
from config.errors import NotFoundError, UnknownInstrumentError, VenueUnavailableError


class QuoteItem(QuoteBody, frozen=True, kw_only=True):
    """The newest quote of one instrument."""

    instrument_id: str


class QuoteList(Struct, frozen=True, kw_only=True):
    """Quotes, ordered by instrument id."""

    items: tuple[QuoteItem, ...]
    next: None = None
    """There is always one page."""


class QuotesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose quote; without an instrument those of all."""

    instrument_id: InstrumentIdParam | UnsetType = UNSET


@routes.register("GET /api/v1/quotes")
class GetQuotes(Route[QuotesQuery]):
    """List the newest quotes.

    Asked for all instruments, those are left out of which the source has no quotes, or has sent none yet.
    """

    query = QuotesQuery
    reply: ClassVar[type[Struct]] = QuoteList
    problems = (UnknownInstrumentError, NotFoundError, VenueUnavailableError)

    @override
    async def answer(self, call: Call, query: QuotesQuery) -> Answer:
        ticks = self.context.ticks
        if query.instrument_id is not UNSET:
            names = [query.instrument_id]
            await ticks.ready(query.instrument_id, "quotes")
        else:
            names = [name for name in sorted(self.context.bars.instruments()) if "quotes" in ticks.kinds(name)]
            asked = (ticks.ready(name, "quotes") for name in names)
            for outcome in await asyncio.gather(*asked, return_exceptions=True):
                if isinstance(outcome, BaseException) and not isinstance(outcome, VenueUnavailableError):
                    raise outcome
        found = [(name, body) for name in names if (body := ticks.quote(name)) is not None]
        items = b",".join(b'{"instrument_id":%b,%b' % (msgspec.json.encode(name), body[1:]) for name, body in found)
        return Answer(body=b'{"items":[%b],"next":null}' % items)
