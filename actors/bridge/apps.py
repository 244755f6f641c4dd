"""The aiohttp applications: all of the node's paths, the WebSocket alone, and one dialect's for its own ports."""

import re
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Handler
from msgspec.structs import replace

from actors.auth.services import service_principal
from actors.bridge.access import ROUTES, check_rows, need_of
from actors.bridge.context import Context
from actors.bridge.dialects.magic8.answers import Magic8Route
from actors.bridge.dialects.magic8.own_ports import own_routes
from actors.bridge.rest.endpoint import Endpoint
from actors.bridge.rest.gate import Entry, Gate
from actors.bridge.rest.problems import problem_answer
from actors.bridge.rest.route import Route, routes
from actors.bridge.rest.traffic import SOCKETS, WS
from actors.ports.identity import Role
from config.auth import AuthSection
from config.errors import NotFoundError

PAGE = "GET /"
GATE = web.AppKey("gate", Gate)
NO_SOCKETS: Mapping[str, Handler] = MappingProxyType({})
"""Of a node without dialects that have some."""


def build_app(
    context: Context,
    websocket_view: Handler,
    *,
    sockets: Mapping[str, Handler] = NO_SOCKETS,
    monotonic: Callable[[], float] = time.monotonic,
    kinds: Mapping[str, type[Route[Any]]] | None = None,
    table: Mapping[str, Role] = ROUTES,
) -> web.Application:
    """Return the application with every route, checked against the authorization table.

    Args:
        context: What the routes may use.
        websocket_view: Handler of `GET /ws`.
        sockets: Handlers of the dialects' WebSockets; those without one answer 404.
        monotonic: Clock of the rate limits.
        kinds: `METHOD path` -> route; None: all that are registered.
        table: `METHOD path` -> role.

    Raises:
        ConfigError: If a route has no row or a row no route, or an origin, host or proxy cannot be read.
    """
    found = {name: routes.get(name) for name in routes} if kinds is None else kinds
    check_rows("route", table, [*found, *SOCKETS])
    own_ports: set[int] = set()
    endpoints = {name: Endpoint(kind(context), own_ports) for name, kind in found.items()}
    entries = {name: _entry(name, table[name], kind) for name, kind in found.items()}
    gate = Gate(
        context.config.server,
        entries | {name: _socket_entry(name, table[name]) for name in SOCKETS},
        own_ports=own_ports,
        fallback=endpoints[PAGE].find,
        identity=context.identity,
        hosts=_public_hosts(context.config.auth),
        monotonic=monotonic,
    )
    handlers = {name: one.handle for name, one in endpoints.items()}
    return _app(context, gate, handlers | _sockets(sockets) | {WS: websocket_view})


def build_websocket_app(context: Context, websocket_view: Handler) -> web.Application:
    """Return the application of the second port: the WebSocket alone."""
    gate = Gate(
        context.config.server,
        {WS: _socket_entry(WS, ROUTES[WS])},
        own_ports=set(),
        fallback=_nothing,
        identity=context.identity,
        hosts=_public_hosts(context.config.auth),
    )
    return _app(context, gate, {WS: websocket_view})


def build_magic8_app(context: Context, sockets: Mapping[str, Handler] = NO_SOCKETS) -> web.Application:
    """Return the application of the order predictor's own ports: its paths alone, and everybody is its service.

    No page has business there, and no name but loopback's means it: without a token the checks of Host and Origin are
    all that keeps other sites' scripts out.
    """
    kinds, own_ports = own_routes(), set[int]()
    entries = {name: _entry(name, ROUTES[name], kind) for name, kind in kinds.items()}
    gate = Gate(
        replace(context.config.server, allowed_origins=(), allowed_hosts=(), trusted_proxies=()),
        entries | {name: _socket_entry(name, ROUTES[name]) for name in SOCKETS - {WS}},
        own_ports=set(),
        fallback=_nothing,
        identity=context.identity,
        everybody=service_principal(context.config.dialects.magic8_listeners.service),
    )
    handlers = {name: Endpoint(kind(context), own_ports).handle for name, kind in kinds.items()}
    return _app(context, gate, handlers | _sockets(sockets))


def _entry(name: str, role: Role, kind: type[Route[Any]]) -> Entry:
    return Entry(
        name=name,
        role=role,
        is_counted=kind.is_counted,
        need=need_of(name, role),
        is_identified=kind.is_identified and (kind.is_counted or role != "public"),
        is_costly=kind.is_costly,
        refused=kind.refused,
    )


def _socket_entry(name: str, role: Role) -> Entry:
    refused = problem_answer if name == WS else Magic8Route.refused
    return Entry(name=name, role=role, is_counted=False, need=need_of(name, role), refused=refused)


def _sockets(handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    """Return a handler for each of the dialects' WebSockets."""
    return {name: handlers.get(name, _not_served) for name in SOCKETS - {WS}}


def _public_hosts(auth: AuthSection) -> tuple[str, ...]:
    """Return the name that people reach the node by, if it is configured."""
    host = urlsplit(auth.public_url).netloc.rpartition("@")[2] if auth.public_url else ""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return (name,) if name else ()


def _app(context: Context, gate: Gate, handlers: dict[str, Handler]) -> web.Application:
    app = web.Application(middlewares=[gate], client_max_size=context.config.server.max_body_bytes)
    app[GATE] = gate
    by_path = sorted(handlers.items(), key=lambda one: one[0].partition(" ")[2])  # of one path one after the other
    for name, handler in by_path:
        method, _, path = name.partition(" ")
        for verb in ("GET", "HEAD") if method == "GET" and name not in SOCKETS else (method,):
            app.router.add_route(verb, _any_text(path), handler, expect_handler=_continue)
    return app


def _any_text(path: str) -> str:
    """Return a route whose parts are any text: those of aiohttp take no brace, as if nobody answered there."""
    return re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", path)


async def _not_served(_request: web.Request) -> web.StreamResponse:
    raise NotFoundError("Not Found")


async def _nothing(_request: web.Request) -> None:
    return None


async def _continue(request: web.Request) -> None:
    """Let a body come when its sender waits for that; an expectation nobody knows is passed over."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
