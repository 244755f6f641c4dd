"""What the order predictor's own ports serve beside its WebSockets: its paths, and the two that others have too."""

from typing import Any, ClassVar, override

from msgspec.structs import asdict

from actors.bridge.dialects.magic8.answers import Magic8Route
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.bridge.routes.health import GetHealth
from actors.bridge.routes.page import RUNNING


class GetRoot(Magic8Route[NoQuery]):
    """Tell everybody that the node is running: there is no page on these ports."""

    is_counted: ClassVar[bool] = False

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(RUNNING)


class GetOwnHealth(GetHealth):
    """Tell the same as on the main port, `status` in these clients' words: `healthy` or `degraded`."""

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        told = self.health()
        return json_answer(asdict(told) | {"status": "healthy" if told.status == "ok" else "degraded"})


def own_routes() -> dict[str, type[Route[Any]]]:
    """Return them by `METHOD path`."""
    of_dialect = {name: routes.get(name) for name in routes if issubclass(routes.get(name), Magic8Route)}
    return of_dialect | {"GET /": GetRoot, "GET /health": GetOwnHealth}
