"""`/api/v1/trader`: the user's own trader, and for admins `/api/v1/traders`: all of them."""

from typing import ClassVar, override

from msgspec import UNSET, Struct, UnsetType

from actors.bridge.desk import Desk, trader_of
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.limits import LimitsChange
from actors.bridge.routes.orders import UNAVAILABLE
from actors.ports import TradingStateName
from actors.wire_traders import TraderBody
from config.errors import InvalidInputError, NotFoundError, NotReadyError
from config.fields import Share


class ScreeningChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How orders of your strategies are judged before they are sent; what is not named stays."""

    enabled: bool | UnsetType = UNSET
    """On: those that open or increase a position go only when the newest signal of their instrument is for them."""
    threshold: Share | UnsetType | None = UNSET
    """Win probability above which an order goes; null: the thresholds of the signal's settings."""
    strict: bool | UnsetType = UNSET
    """On: they are denied as well when the signals have no word."""

    def given(self) -> dict[str, bool | float | None]:
        """Return what is to be changed.

        Raises:
            InvalidInputError: If that is nothing.
        """
        found = {name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) is not UNSET}
        if not found:
            raise InvalidInputError("screening: expected `enabled`, `threshold` or `strict`", path="$.screening")
        return found


class TraderChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; the rest stays."""

    trading_state: TradingStateName | UnsetType = UNSET
    """Your own: `active`, `reducing` (only what makes positions smaller) or `halted`; the node's may be stricter."""
    limits: LimitsChange | UnsetType = UNSET
    screening: ScreeningChange | UnsetType = UNSET


class TraderList(Struct, frozen=True, kw_only=True):
    """All traders of the node."""

    items: tuple[TraderBody, ...]
    next: None = None


@routes.register("GET /api/v1/trader")
class GetTrader(Route[NoQuery]):
    """Tell your trader: state, account, strategies, limits; channel `trader` pushes the same."""

    reply: ClassVar[type[Struct]] = TraderBody
    tag = "trading"
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(Desk(self.context, call.principal).trader())


@routes.register("PATCH /api/v1/trader")
class PatchTrader(Route[NoQuery]):
    """Change your trading state, limits or screening; every change stands in the audit log."""

    body = TraderChange
    reply: ClassVar[type[Struct]] = TraderBody
    tag = "trading"
    problems = UNAVAILABLE

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk, change = Desk(self.context, call.principal), body_of(call, TraderChange)
        if change == TraderChange():
            raise InvalidInputError("expected one or more of `trading_state`, `limits` and `screening`")
        if change.limits is not UNSET:
            await desk.traders.set_limits(desk.user_id, change.limits.given(), actor=desk.user_id)
        if change.screening is not UNSET:
            await desk.traders.set_screening(desk.user_id, change.screening.given(), actor=desk.user_id)
        if change.trading_state is not UNSET:
            await desk.traders.set_trading_state(desk.user_id, change.trading_state, actor=desk.user_id)
        return json_answer(desk.trader())


@routes.register("GET /api/v1/traders")
class GetTraders(Route[NoQuery]):
    """List every trader of the node with its account."""

    reply: ClassVar[type[Struct]] = TraderList
    tag = "trading"
    problems = (NotReadyError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        traders = Desk(self.context, call.principal).traders
        return json_answer(TraderList(items=tuple(trader_of(traders, one.user_id) for one in traders.traders())))
