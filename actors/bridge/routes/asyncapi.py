"""`GET /asyncapi.json`: the contract of the WebSocket, made from the structs and the channels."""

from typing import Any, override

from actors.bridge.asyncapi import document
from actors.bridge.rest.document import DocumentRoute
from actors.bridge.rest.route import routes


@routes.register("GET /asyncapi.json")
class GetAsyncApi(DocumentRoute):
    """Give the WebSocket's document: AsyncAPI 3.0, every channel, operation and message with examples."""

    @staticmethod
    @override
    def make() -> dict[str, Any]:
        return document()
