"""`GET /asyncapi.json`: the contract of the WebSocket, made from the structs and the channels."""

import asyncio
from typing import override

import msgspec

from actors.bridge.asyncapi import document
from actors.bridge.context import Context
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, routes, tagged_answer


@routes.register("GET /asyncapi.json")
class GetAsyncApi(Route[NoQuery]):
    """Give the WebSocket's document: AsyncAPI 3.0, every channel, operation and message with examples."""

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
