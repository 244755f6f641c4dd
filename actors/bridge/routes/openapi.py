"""`GET /openapi.json`: the contract, made from the structs."""

from typing import Any, override

from actors.bridge.contract import document
from actors.bridge.rest.document import DocumentRoute
from actors.bridge.rest.route import routes


@routes.register("GET /openapi.json")
class GetOpenApi(DocumentRoute):
    """Give this document: OpenAPI 3.1, the WebSocket's messages among its schemas."""

    @staticmethod
    @override
    def make() -> dict[str, Any]:
        return document()
