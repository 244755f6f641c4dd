"""`GET /api/v1/fills`: every execution of the user's orders."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.desk import Desk
from actors.bridge.rest.history import HistoryQuery, asked_of
from actors.bridge.rest.route import Answer, Call, Route, json_answer, routes
from actors.wire_orders import FillBody, fill_body
from config.errors import NotFoundError, NotReadyError


class FillList(Struct, frozen=True, kw_only=True):
    """Fills, newest first."""

    items: tuple[FillBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


@routes.register("GET /api/v1/fills")
class GetFills(Route[HistoryQuery]):
    """List your fills, newest first; channel `fills` pushes new ones."""

    query = HistoryQuery
    reply: ClassVar[type[Struct]] = FillList
    tag = "trading"
    problems = (NotFoundError, NotReadyError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: HistoryQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        asked = asked_of("fills", desk.user_id, query)
        page = await desk.traders.fills(desk.user_id, asked.span)
        return json_answer(FillList(items=tuple(map(fill_body, page.rows)), next=asked.next(page)))
