"""`/api/v1/users/{user_id}/limits`: for admins what a user's limits may be set to."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.desk import Desk
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.limits import LimitsAnswer, LimitsChange
from actors.bridge.routes.orders import UNAVAILABLE
from actors.bridge.routes.session import TAG
from actors.bridge.routes.sessions import USER
from actors.ports import TraderState
from actors.wire_traders import limits_body
from config.errors import NotFoundError, NotReadyError


@routes.register("GET /api/v1/users/{user_id}/limits")
class GetUserLimits(Route[NoQuery]):
    """Tell the limits of a user's trader, and what they may be set to."""

    reply: ClassVar[type[Struct]] = LimitsAnswer
    parameters = USER
    tag = TAG
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        user_id = Reception(self.context, call).somebody().user_id
        return _told(Desk(self.context, call.principal).traders.trader(user_id))


@routes.register("PATCH /api/v1/users/{user_id}/limits")
class PatchUserLimits(Route[NoQuery]):
    """Change what a user's limits may be set to, at most to what the configuration allows; null: as it allows."""

    body = LimitsChange
    reply: ClassVar[type[Struct]] = LimitsAnswer
    parameters = USER
    tag = TAG
    problems = UNAVAILABLE

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        user_id = Reception(self.context, call).somebody().user_id
        desk, changes = Desk(self.context, call.principal), body_of(call, LimitsChange).given()
        return _told(await desk.traders.set_ceilings(user_id, changes, actor=desk.user_id))


def _told(state: TraderState) -> Answer:
    return json_answer(LimitsAnswer(limits=limits_body(state.limits), ceilings=limits_body(state.ceilings)))
