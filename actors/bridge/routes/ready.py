"""`GET /ready`: can the node be used."""

from typing import ClassVar, Literal, override

from msgspec import Struct

from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from config.errors import NotReadyError

_RETRY_AFTER_S = 1.0


class Ready(Struct, frozen=True):
    """The node runs, its windows are loaded, a tick has come."""

    status: Literal["ready"] = "ready"


@routes.register("GET /ready")
class GetReady(Route[NoQuery]):
    """Tell whether the node can be used; 503 says what is missing."""

    reply: ClassVar[type[Struct]] = Ready
    tag = "operations"
    problems = (NotReadyError,)
    is_counted = False

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        host = self.context.host
        if not host.is_ready():
            waiting = "; ".join(host.missing()) or f"the node is {host.state}"
            raise NotReadyError(f"not ready: {waiting}", retry_after_s=_RETRY_AFTER_S)
        return json_answer(Ready())
