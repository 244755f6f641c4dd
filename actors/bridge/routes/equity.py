"""`GET /api/v1/equity`: what the user's account was worth, minute by minute."""

from typing import Annotated, ClassVar, Literal, override

import msgspec
from msgspec import Meta, Struct

from actors.bridge.desk import Desk
from actors.bridge.rest.history import Asked, TimesQuery, asked_of
from actors.bridge.rest.route import Answer, Call, Route, json_answer, routes
from actors.orders import EquityRow
from actors.wire_orders import EquityBody, equity_body
from config.errors import NotFoundError, NotReadyError

CSV = "text/csv"
_PAGE = 1_000

FormatParam = Annotated[Literal["json", "csv"], Meta(description="`csv`: the whole range, oldest first, in one file")]


class EquityList(Struct, frozen=True, kw_only=True):
    """Points of the equity curve, newest first."""

    items: tuple[EquityBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class EquityQuery(TimesQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the curve; `limit` and `cursor` do not count for a file."""

    format: FormatParam = "json"


@routes.register("GET /api/v1/equity")
class GetEquity(Route[EquityQuery]):
    """List what your account was worth once a market minute, newest first; after 30 days once an hour."""

    query = EquityQuery
    reply: ClassVar[type[Struct]] = EquityList
    also = (CSV,)
    tag = "trading"
    problems = (NotFoundError, NotReadyError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: EquityQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        asked = asked_of("equity", desk.user_id, query)
        if query.format == "csv":
            return _file(await _all(desk, asked))
        page = await desk.traders.equity(desk.user_id, asked.span)
        return json_answer(EquityList(items=tuple(map(equity_body, page.rows)), next=asked.next(page)))


async def _all(desk: Desk, asked: Asked) -> list[EquityRow]:
    """Return the whole range, oldest first."""
    rows: list[EquityRow] = []
    span = msgspec.structs.replace(asked.span, limit=_PAGE, before=None)
    while True:
        page = await desk.traders.equity(desk.user_id, span)
        rows += page.rows
        if page.next is None:
            return rows[::-1]
        span = msgspec.structs.replace(span, before=page.next)


def _file(rows: list[EquityRow]) -> Answer:
    names = EquityBody.__struct_fields__
    lines = [",".join(names)]
    lines += [",".join(str(getattr(body, name)) for name in names) for body in map(equity_body, rows)]
    headers = {"Content-Disposition": 'attachment; filename="equity.csv"'}
    return Answer(body=("\n".join(lines) + "\n").encode(), media_type=CSV, headers=headers)
