"""`GET /openapi.json`: the contract, made from the structs."""

from functools import cached_property
from typing import override

import msgspec

from actors.bridge.contract import document
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, routes, tagged_answer


@routes.register("GET /openapi.json")
class GetOpenApi(Route[NoQuery]):
    """Give this document: OpenAPI 3.1, the WebSocket's messages among its schemas."""

    tag = "operations"

    @cached_property
    def document(self) -> bytes:
        """The document; made once."""
        return msgspec.json.encode(document())

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return tagged_answer(call, self.document)
