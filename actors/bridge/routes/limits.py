"""`/api/v1/limits`: what the user's trader may do."""

from typing import ClassVar, override

from msgspec import UNSET, Struct, UnsetType

from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.orders import UNAVAILABLE
from actors.ports import TraderState
from actors.wire_traders import TradingLimits, limits_body
from config.errors import InvalidInputError, NotFoundError, NotReadyError
from config.fields import Amount, Positive


class LimitsChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change, at most to the ceilings; null: no limit of your own, the rest stays."""

    max_order_notional: Amount | UnsetType | None = UNSET
    max_position_notional: Amount | UnsetType | None = UNSET
    max_open_orders: Positive | UnsetType | None = UNSET
    max_orders_per_s: Positive | UnsetType | None = UNSET
    price_collar: Amount | UnsetType | None = UNSET
    max_daily_loss: Amount | UnsetType | None = UNSET
    max_leverage: Amount | UnsetType | None = UNSET

    def given(self) -> dict[str, str | int | None]:
        """Return what is to be changed: rule -> limit.

        Raises:
            InvalidInputError: If that is nothing.
        """
        found = {name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) is not UNSET}
        if not found:
            raise InvalidInputError(f"expected one or more of {', '.join(self.__struct_fields__)}")
        return found


class LimitsAnswer(Struct, frozen=True, kw_only=True):
    """What your trader may do."""

    limits: TradingLimits
    """In force."""
    ceilings: TradingLimits
    """What they may be set to at the most."""


@routes.register("GET /api/v1/limits")
class GetLimits(Route[NoQuery]):
    """Tell your limits and what they may be set to."""

    reply: ClassVar[type[Struct]] = LimitsAnswer
    tag = "trading"
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        return json_answer(_limits(desk.traders.trader(desk.user_id)))


@routes.register("PATCH /api/v1/limits")
class PatchLimits(Route[NoQuery]):
    """Change your limits; every change stands in the audit log."""

    body = LimitsChange
    reply: ClassVar[type[Struct]] = LimitsAnswer
    tag = "trading"
    problems = UNAVAILABLE

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        changes = body_of(call, LimitsChange).given()
        return json_answer(_limits(await desk.traders.set_limits(desk.user_id, changes, actor=desk.user_id)))


def _limits(state: TraderState) -> LimitsAnswer:
    return LimitsAnswer(limits=limits_body(state.limits), ceilings=limits_body(state.ceilings))
