"""`GET /` and `GET /docs`: the built page."""

from typing import override

from actors.bridge.route import Answer, Call, NoQuery, Route, routes


@routes.register("GET /")
class GetPage(Route[NoQuery]):
    """Give the page."""

    media_type = "text/html"
    tag = "page"
    is_counted = False

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        raise NotImplementedError


@routes.register("GET /docs")
class GetDocs(Route[NoQuery]):
    """Give the page that shows this document."""

    media_type = "text/html"
    tag = "page"
    is_counted = False

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        raise NotImplementedError
