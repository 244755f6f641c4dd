"""`POST /api/v1/deadman`: cancel everything unless renewed in time."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.commands.deadman import Deadman, Timeout
from actors.bridge.desk import Desk
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.orders import UNAVAILABLE


class DeadmanWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long to wait for the next one."""

    timeout_s: Timeout | None
    """Wall seconds; 0 or null turns it off."""


class DeadmanBody(Struct, frozen=True, kw_only=True):
    """The dead man's switch as it stands."""

    timeout_s: float | None
    """Wall seconds until it cancels; null when it is off."""


@routes.register("POST /api/v1/deadman")
class SetDeadman(Route[NoQuery]):
    """Have all your working orders cancelled unless this is sent again in time."""

    body = DeadmanWish
    reply: ClassVar[type[Struct]] = DeadmanBody
    tag = "trading"
    problems = UNAVAILABLE

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked = Deadman(timeout_s=body_of(call, DeadmanWish).timeout_s)
        return json_answer(DeadmanBody(timeout_s=await asked.done(Desk(self.context, call.principal))))
