"""`GET /openapi.json`: the contract, made from the structs."""

import asyncio
from typing import override

import msgspec

from actors.bridge.context import Context
from actors.bridge.contract import document
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, routes, tagged_answer


@routes.register("GET /openapi.json")
class GetOpenApi(Route[NoQuery]):
    """Give this document: OpenAPI 3.1, the WebSocket's messages among its schemas."""

    tag = "operations"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._document = b""

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        if not self._document:
            self._document = await asyncio.to_thread(_make)  # reads sources: too long for the loop
        return tagged_answer(call, self._document)


def _make() -> bytes:
    return msgspec.json.encode(document())
