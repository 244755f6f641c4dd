"""`/api/v1/kill-switch`: halt, cancel everything, on request close all positions; and go on again."""

from typing import Annotated, ClassVar, Literal, override

from msgspec import Meta, Struct

from actors.bridge.context import Context
from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.orders import UNAVAILABLE
from actors.ports import TradingStateName
from actors.ports.identity import Principal
from config.errors import ForbiddenError, NotFoundError, NotReadyError, UnauthorizedError

ScopeName = Literal["trader", "node"]
ScopeParam = Annotated[ScopeName, Meta(description="`trader`: your own; `node`: everybody's, for admins")]


class KillWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose trading to halt; `{}`: your own, positions stay."""

    scope: ScopeName = "trader"
    """`trader`: your own; `node`: everybody's, for admins."""
    flatten: bool = False
    """Whether positions are closed by market, too."""


class ReleaseQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose halt to end."""

    scope: ScopeParam = "trader"


class KillSwitchBody(Struct, frozen=True, kw_only=True):
    """The trading states."""

    trading_state: TradingStateName
    """Of your trader: the stricter one of its own and the node's; without a trader the node's."""
    node_trading_state: TradingStateName


@routes.register("GET /api/v1/kill-switch")
class GetKillSwitch(Route[NoQuery]):
    """Tell whether trading is active, reducing or halted, for you and for the node."""

    reply: ClassVar[type[Struct]] = KillSwitchBody
    tag = "trading"
    problems = (NotReadyError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(_switch(self.context, Desk(self.context, call.principal)))


@routes.register("POST /api/v1/kill-switch")
class Kill(Route[NoQuery]):
    """Halt trading and cancel all working orders, on request close all positions by market."""

    body = KillWish
    reply: ClassVar[type[Struct]] = KillSwitchBody
    tag = "trading"
    problems = (ForbiddenError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk, wish = Desk(self.context, call.principal), body_of(call, KillWish)
        await desk.traders.kill(_whose(desk, call.principal, wish.scope), flatten=wish.flatten, actor=desk.user_id)
        return json_answer(_switch(self.context, desk))


@routes.register("DELETE /api/v1/kill-switch")
class Release(Route[ReleaseQuery]):
    """End a halt: trading is active again; orders that were cancelled stay cancelled."""

    query = ReleaseQuery
    reply: ClassVar[type[Struct]] = KillSwitchBody
    tag = "trading"
    problems = (ForbiddenError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: ReleaseQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        await desk.traders.release(_whose(desk, call.principal, query.scope), actor=desk.user_id)
        return json_answer(_switch(self.context, desk))


def _whose(desk: Desk, principal: Principal | None, scope: ScopeName) -> str | None:
    """Return the user whose trading is meant; None: the node's."""
    if principal is None:
        raise UnauthorizedError("needs a token with role trader, for the node admin")
    if scope == "trader":
        principal.require("trader", need="trade")
        return desk.user_id
    principal.require("admin", need="admin")
    return None


def _switch(context: Context, desk: Desk) -> KillSwitchBody:
    node = context.host.trading_state
    try:
        own = desk.traders.trader(desk.user_id).trading_state
    except NotFoundError:  # an admin who does not trade
        own = node
    return KillSwitchBody(trading_state=own, node_trading_state=node)
