"""`GET /api/v1/trades`: the newest trades of one instrument."""

from typing import ClassVar, override

import msgspec
from msgspec import UNSET, Struct, UnsetType

from actors.bridge.rest.query import CursorParam, InstrumentIdParam, Limit, cursor_of, position_of
from actors.bridge.rest.route import Answer, Call, Route, routes
from actors.wire import TradeBody
from config.errors import NotFoundError, UnknownInstrumentError, VenueUnavailableError


class TradeList(Struct, frozen=True, kw_only=True):
    """Trades, newest first."""

    items: tuple[TradeBody, ...]
    next: str | None
    """Cursor of older ones; null at the end of what is kept."""


class TradesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose trades, and how many."""

    instrument_id: InstrumentIdParam
    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


@routes.register("GET /api/v1/trades")
class GetTrades(Route[TradesQuery]):
    """List the newest trades, newest first, from memory: the last 1,024 are kept.

    A cursor leads to older ones; a page after trades that are kept no more is empty.
    """

    query = TradesQuery
    reply: ClassVar[type[Struct]] = TradeList
    problems = (UnknownInstrumentError, NotFoundError, VenueUnavailableError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: TradesQuery) -> Answer:
        ticks, question = self.context.ticks, f"trades {query.instrument_id}"
        before = None if query.cursor is UNSET else position_of(query.cursor, question, 1)[0]
        await ticks.ready(query.instrument_id, "trades")
        found = ticks.trades(query.instrument_id, limit=query.limit + 1, before=before)
        shown = found[: query.limit]
        following = cursor_of(question, shown[-1][0]) if len(found) > len(shown) else None
        items = b",".join(body for _, body in shown)
        return Answer(body=b'{"items":[%b],"next":%b}' % (items, msgspec.json.encode(following)))
