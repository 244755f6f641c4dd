"""`GET /api/v1/book`: the best levels of one order book."""

from typing import Annotated, ClassVar, override

import msgspec
from msgspec import Meta, Struct

from actors.bridge.rest.query import InstrumentIdParam
from actors.bridge.rest.route import Answer, Call, Route, routes
from actors.bridge.tick_channel import DEFAULT_DEPTH, MAX_DEPTH
from actors.wire import BookBody
from config.errors import NotFoundError, UnknownInstrumentError, VenueUnavailableError

Depth = Annotated[int, Meta(ge=1, le=MAX_DEPTH, description="most levels of each side")]


class BookAnswer(BookBody, frozen=True, kw_only=True):
    """The best levels of one order book."""

    instrument_id: str


class BookQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose book, and how much of it."""

    instrument_id: InstrumentIdParam
    depth: Depth = DEFAULT_DEPTH


@routes.register("GET /api/v1/book")
class GetBook(Route[BookQuery]):
    """Tell the best levels of the order book, best first; channel `book` pushes the same.

    A book that is being rebuilt is waited for, and not shown before it is whole.
    """

    query = BookQuery
    reply: ClassVar[type[Struct]] = BookAnswer
    problems = (UnknownInstrumentError, NotFoundError, VenueUnavailableError)

    @override
    async def answer(self, call: Call, query: BookQuery) -> Answer:
        name = query.instrument_id
        await self.context.ticks.ready(name, "book")
        body = self.context.ticks.book(name, query.depth)
        if body is None:
            raise VenueUnavailableError(f"the book of {name} has just broken", retry_after_s=1.0)
        return Answer(body=b'{"instrument_id":%b,%b' % (msgspec.json.encode(name), body[1:]))
