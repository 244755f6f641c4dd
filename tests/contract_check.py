"""Holds everything that a test hears from a node against the contract: its struct always, its JSON schema at first.

The struct is exact (no field more, none less, every type and range) and costs microseconds. The published schemas are
made from the same structs; that they say the same is seen on the first of every kind and length.
"""

import json
import re
from collections import Counter
from functools import cache

import msgspec
from jsonschema import Draft202012Validator

from actors.bridge.channel import channels
from actors.bridge.contract import document
from actors.bridge.rest.connections import LINE_BYTES
from actors.bridge.rest.problems import PROBLEM_JSON
from actors.bridge.rest.route import JSON, routes
from actors.bridge.wire_messages import CONTROL_MESSAGES
from actors.wire import Problem

BY_SCHEMA = 3
"""Of one kind and about one length: so many are also checked by their JSON schema."""

LONG = 100_000
"""Bytes of a body that is many times the same: its struct is enough."""

_CONTROL = {str(one.__struct_config__.tag): one for one in CONTROL_MESSAGES}
_seen = Counter()


def check_message(payload, registry=channels):
    """Fail unless this is what the contract promises; return the message."""
    told = json.loads(payload)
    return _check(payload, told, struct_of(told, registry))


async def hear(socket, timeout_s=30.0):
    """Return the next message of a WebSocket, checked."""
    return check_message(await socket.receive_str(timeout=timeout_s))


def check_answer(method, path, status, headers, body):
    """Fail unless a REST answer is what the contract promises: status, media type, body."""
    name = f"{method} {path}"
    media_type = headers.get("Content-Type", "").partition(";")[0]
    assert headers.get("X-Request-ID"), f"{name}: no X-Request-ID"
    route = route_of(method, path) if len(str(path)) <= LINE_BYTES else None  # no HTTP, hence no dialect's words
    if status >= 400 and route is not None and route.refusal is not Problem:
        assert media_type == JSON, f"{name}: {status} as {media_type}"
        assert check_body(body, route.refusal)["request_id"] == headers["X-Request-ID"]
        return
    if status >= 400:
        assert media_type == PROBLEM_JSON, f"{name}: {status} as {media_type}"
        if method != "HEAD":
            problem = check_body(body, Problem)
            assert (problem["status"], problem["request_id"]) == (status, headers["X-Request-ID"])
        return
    if route is not None and (status == 304 or "ETag" in headers):
        assert route.is_tagged, f"{name}: {status} with an ETag is not in the contract"
    if status in {200, 201} and route is not None and method != "HEAD":
        assert status == route.status, f"{name}: {status} is not in the contract"
        assert media_type in {route.media_type, *route.also}, f"{name}: {media_type} is not in the contract"
        if media_type == JSON and route.reply is not None:
            check_body(body, route.reply)


def check_body(payload, kind):
    """Fail unless this is exactly what a struct says; return it as plain JSON."""
    return _check(payload, json.loads(payload), kind)


def route_of(method, path):
    """Return the route that answers, None when the contract has none."""
    bare, verb = str(path).partition("?")[0], "GET" if method == "HEAD" else method
    for name in routes:
        own, _, template = name.partition(" ")
        if own == verb and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), bare):
            return routes.get(name)
    return None


def struct_of(told, registry=channels):
    """Return the struct of a message; one that has none fails the test."""
    kind = _CONTROL.get(told.get("type"))
    if kind is not None:
        return kind
    assert "ch" in told, f"a message that the contract does not know: {told}"
    channel = registry.get(told["ch"].partition(":")[0])
    return channel.snapshot_message if told["type"] == "snapshot" else channel.update


@cache
def schema_of(name):
    """Return the validator of a published schema."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": contract()["components"]})


@cache
def contract():
    """Return the OpenAPI document of this code."""
    return document()


def _check(payload, told, kind):
    again = json.loads(msgspec.json.encode(msgspec.json.decode(payload, type=kind)))
    assert again == told, f"not what {kind} says: {payload[:300]!r}"
    size = (kind, len(payload).bit_length())
    if not isinstance(kind, type):  # several forms of one answer: their structs are enough
        return told
    if _seen[size] < BY_SCHEMA and len(payload) < LONG:
        _seen[size] += 1
        schema_of(kind.__name__).validate(told)
    return told
