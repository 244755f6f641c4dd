"""The contract of the API: OpenAPI 3.1 made from the routes and their msgspec structs, never by hand."""

import json
import re
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from actors.bridge.access import ROUTES
from actors.bridge.plugins import message_types
from actors.bridge.rest.json_schema import describe, portable, require_sent_fields
from actors.bridge.rest.problems import PROBLEM_JSON
from actors.bridge.rest.route import JSON, Route, routes
from actors.bridge.wire_messages import ServerMessage
from actors.wire import Problem
from config.errors import BadOriginError, InvalidInputError, NodeError, RateLimitedError

type Json = dict[str, Any]

VERSION = "1.0"
"""Of the contract, not of the product."""

_REF = "#/components/schemas/{name}"
_EVERYWHERE: tuple[type[NodeError], ...] = (BadOriginError, InvalidInputError)
_TAGGED: Json = {"ETag": {"description": "for `If-None-Match`, where there is one", "schema": {"type": "string"}}}
_ABOUT = """Market data, AI signals and the state of one trading node.

Prices and quantities are decimal text, times UNIX milliseconds (UTC), ranges half open. Every error is an
`application/problem+json` whose `code` is one of a closed list shared with the WebSocket at `/ws`; the messages of
the WebSocket are among the schemas. Every answer carries `X-Request-ID`, counted ones `X-RateLimit-*`."""


def document() -> Json:
    """Return the OpenAPI document: paths of the routes, schemas of their structs and of the WebSocket's messages."""
    kinds = [routes.get(name) for name in routes]
    refusals = dict.fromkeys(kind.refusal for kind in kinds)
    sent = [*(kind.reply for kind in kinds if kind.reply is not None), *refusals, *server_messages()]
    received = [*(kind.body for kind in kinds if kind.body is not None), *client_messages()]
    schemas = _schemas(sent, received)
    schemas |= {"ServerMessage": _any_of(server_messages()), "ClientMessage": _any_of(client_messages())}
    return portable(
        {
            "openapi": "3.1.0",
            "info": {"title": "Whisperer", "version": VERSION, "description": _ABOUT, "license": {"name": "MIT"}},
            "servers": [{"url": "/"}],
            "security": [{}, {"bearer": []}],
            "tags": [{"name": tag} for tag in sorted({kind.tag for kind in kinds})],
            "paths": _paths(),
            "components": {
                "schemas": dict(sorted(schemas.items())),
                "responses": {"Problem": _problem("Any error")},
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            },
        }
    )


def document_text() -> str:
    """Return the document for people and for the golden file."""
    return json.dumps(document(), indent=1) + "\n"


def server_messages() -> list[type[Struct]]:
    """Return what the server sends over the WebSocket."""
    return [kind for kind in message_types() if issubclass(kind, ServerMessage)]


def client_messages() -> list[type[Struct]]:
    """Return what clients send over the WebSocket."""
    return [kind for kind in message_types() if not issubclass(kind, ServerMessage)]


def message_schemas() -> Json:
    """Return the schemas of the WebSocket's messages and of what they hold, by name."""
    return portable(dict(sorted(_schemas(server_messages(), client_messages()).items())))


def _schemas(sent: list[Any], received: list[Any]) -> Json:
    _, schemas = msgspec.json.schema_components([*sent, *received], ref_template=_REF)
    describe(schemas, [*sent, *received])
    require_sent_fields(schemas, sent)
    return schemas


def _paths() -> Json:
    paths: Json = {}
    for name in routes:
        method, _, path = name.partition(" ")
        paths.setdefault(path, {})[method.lower()] = _operation(name, routes.get(name))
    return paths


def _operation(name: str, kind: type[Route[Any]]) -> Json:
    summary, _, text = (kind.__doc__ or "").strip().partition("\n")
    operation: Json = {
        "operationId": kind.__name__[:1].lower() + kind.__name__[1:],
        "summary": summary.rstrip("."),
        "tags": [kind.tag],
        "x-role": ROUTES[name],
        "parameters": [*_path_parameters(kind), *_query_parameters(kind.query)],
        "responses": _responses(kind),
    }
    if text.strip():
        operation["description"] = re.sub(r"\s*\n\s*", " ", text.strip())
    if kind.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(kind.body)}}}
    return operation


def _path_parameters(kind: type[Route[Any]]) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "description": about, "schema": {"type": "string"}}
        for name, about in kind.parameters.items()
    ]


def _query_parameters(kind: type[Struct]) -> list[Json]:
    _, found = msgspec.json.schema_components([kind], ref_template=_REF)
    schema = describe(found, [kind])[kind.__name__]
    required = schema.get("required", [])
    return [_parameter(name, field, is_required=name in required) for name, field in schema["properties"].items()]


def _parameter(name: str, field: Json, *, is_required: bool) -> Json:
    about = field.pop("description", "")
    return {"name": name, "in": "query", "required": is_required, "description": about, "schema": field}


def _responses(kind: type[Route[Any]]) -> Json:
    content: Json = {"schema": {} if kind.reply is None else _schema_of(kind.reply)}
    media = {kind.media_type: content} | {other: {} for other in kind.also}
    found: Json = {str(kind.status): {"description": HTTPStatus(kind.status).phrase, "content": media}}
    limited = (RateLimitedError,) if kind.is_counted else ()
    by_status: dict[int, list[str]] = {}
    for error in (*_EVERYWHERE, *limited, *kind.problems):
        by_status.setdefault(error.status, []).append(error.code)
    for status, codes in sorted(by_status.items()):
        about = f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}"
        found[str(status)] = _problem(about, kind.refusal)
    if kind.is_tagged:
        found[str(kind.status)]["headers"] = _TAGGED
        found["304"] = {"description": "Not Modified: what `If-None-Match` names is still right", "headers": _TAGGED}
    default = {"$ref": "#/components/responses/Problem"} if kind.refusal is Problem else _problem("", kind.refusal)
    return found | {"default": default}


def _problem(description: str, kind: type[Struct] = Problem) -> Json:
    media = PROBLEM_JSON if kind is Problem else JSON
    return {"description": description or "Any error", "content": {media: {"schema": _ref(kind)}}}


def _any_of(kinds: list[type[Struct]]) -> Json:
    return {"anyOf": [_ref(kind) for kind in kinds]}


def _schema_of(reply: Any) -> Json:  # noqa: ANN401  # a struct, or a type made of some
    (schema,), _ = msgspec.json.schema_components([reply], ref_template=_REF)
    return dict(schema)


def _ref(kind: type[Struct]) -> Json:
    return {"$ref": _REF.format(name=kind.__name__)}
