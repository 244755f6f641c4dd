"""`GET /api/v1/status`: the state of the node and of its market."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.bridge.status import status_body
from actors.wire import StatusBody


@routes.register("GET /api/v1/status")
class GetStatus(Route[NoQuery]):
    """Tell the state of the node, its market time and how its feed does; channel `status` pushes the same."""

    reply: ClassVar[type[Struct]] = StatusBody
    tag = "operations"

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(status_body(self.context))
