"""`GET /api/v1/balances`: the money of the user's account."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.wire_orders import BalanceBody, balance_body
from config.errors import NotFoundError, NotReadyError


class BalanceList(Struct, frozen=True, kw_only=True):
    """Balances, one for each currency."""

    items: tuple[BalanceBody, ...]
    next: None = None


@routes.register("GET /api/v1/balances")
class GetBalances(Route[NoQuery]):
    """List your balances; channel `balances` pushes changes."""

    reply: ClassVar[type[Struct]] = BalanceList
    tag = "trading"
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        rows = Desk(self.context, call.principal).balances()
        return json_answer(BalanceList(items=tuple(map(balance_body, rows))))
