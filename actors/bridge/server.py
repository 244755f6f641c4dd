"""The aiohttp server: REST, the WebSocket and the page on one port, on a second one the WebSocket alone."""

import errno
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Handler

from actors.bridge.access import ROUTES, check_rows
from actors.bridge.context import Context
from actors.bridge.rest.connections import Connections, Runner
from actors.bridge.rest.endpoint import Endpoint
from actors.bridge.rest.gate import Entry, Gate, Identify, everybody_is_local
from actors.bridge.rest.lag import LoopLag
from actors.bridge.rest.origins import Origins
from actors.bridge.rest.peers import Peers
from actors.bridge.rest.route import Route, routes
from actors.bridge.rest.traffic import WS
from actors.ports.identity import Role
from config.errors import ConfigError
from config.load import is_loopback
from config.schema import ServerSection

PAGE = "GET /"
SHUTDOWN_S = 0.4
"""How long requests may go on when the server stops."""
GATE = web.AppKey("gate", Gate)

log = structlog.get_logger(__name__)


def build_app(
    context: Context,
    websocket_view: Handler,
    *,
    identify: Identify = everybody_is_local,
    monotonic: Callable[[], float] = time.monotonic,
    kinds: Mapping[str, type[Route[Any]]] | None = None,
    table: Mapping[str, Role] = ROUTES,
) -> web.Application:
    """Return the application with every route, checked against the authorization table.

    Args:
        context: What the routes may use.
        websocket_view: Handler of `GET /ws`.
        identify: Who sends a request.
        monotonic: Clock of the rate limits.
        kinds: `METHOD path` -> route; None: all that are registered.
        table: `METHOD path` -> role.

    Raises:
        ConfigError: If a route has no row or a row no route, or an origin, host or proxy cannot be read.
    """
    found = {name: routes.get(name) for name in routes} if kinds is None else kinds
    check_rows("route", table, [*found, WS])
    own_ports: set[int] = set()
    endpoints = {name: Endpoint(kind(context), own_ports) for name, kind in found.items()}
    entries = {name: Entry(name, table[name], kind.is_counted, kind.refused) for name, kind in found.items()}
    gate = Gate(
        context.config.server,
        entries | {WS: Entry(WS, table[WS], is_counted=False)},
        own_ports=own_ports,
        fallback=endpoints[PAGE].find,
        identify=identify,
        monotonic=monotonic,
    )
    return _app(context, gate, {name: one.handle for name, one in endpoints.items()} | {WS: websocket_view})


def build_websocket_app(
    context: Context, websocket_view: Handler, *, identify: Identify = everybody_is_local
) -> web.Application:
    """Return the application of the second port: the WebSocket alone."""
    entries = {WS: Entry(WS, ROUTES[WS], is_counted=False)}
    gate = Gate(context.config.server, entries, own_ports=set(), fallback=_nothing, identify=identify)
    return _app(context, gate, {WS: websocket_view})


class Server:
    """Listens while the process lives; nodes come and go behind it."""

    def __init__(self, context: Context, websocket_view: Handler, *, identify: Identify = everybody_is_local) -> None:
        """Build what will be served; nothing listens before `start`.

        Raises:
            ConfigError: If the address is not loopback, both ports are one, or as of `build_app`.
        """
        self._section = context.config.server
        self._host = _checked_host(self._section)
        self._apps = [build_app(context, websocket_view, identify=identify)]
        if self._section.ws_port is not None:
            self._apps.append(build_websocket_app(context, websocket_view, identify=identify))
        self._runners: list[Runner] = []
        self._connections: list[Connections] = []
        self._lag = LoopLag()
        self.port = 0
        """Where REST, page and WebSocket are, once started."""
        self.ws_port: int | None = None
        """Where the WebSocket alone is, if anywhere."""

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigError: If a port cannot be had; names it.
        """
        self.port = await self._listen(self._apps[0], self._section.port, "server.port")
        if self._section.ws_port is not None:
            self.ws_port = await self._listen(self._apps[1], self._section.ws_port, "server.ws_port")
        for app in self._apps:
            app[GATE].own_ports |= {self.port, self.ws_port or self.port}
        self._lag.start()
        log.info("server_listening", url=f"http://{_in_url(self._host)}:{self.port}", ws_port=self.ws_port)

    async def stop(self) -> None:
        """Close the ports and every connection; safe to call twice, or before `start`."""
        self._lag.stop()
        for connections in self._connections:
            await connections.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._connections, self._runners = [], []

    async def _listen(self, app: web.Application, port: int, setting: str) -> int:
        runner = Runner(app, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        self._runners.append(runner)
        try:
            await web.TCPSite(runner, self._host, port).start()
        except OSError as e:
            await self.stop()
            raise _refusal(setting, self._host, port, e) from e
        self._connections.append(Connections(runner, app[GATE].heard))
        return int(runner.addresses[0][1])


def check_server(section: ServerSection) -> None:
    """Check what a start of the server would, without listening; a port that somebody has just now is no mistake.

    Raises:
        ConfigError: If an address, origin, host or proxy cannot be used; names the setting.
    """
    host = _checked_host(section)
    Origins(section.allowed_origins, section.allowed_hosts)
    Peers(section.trusted_proxies)
    for setting, port in (("server.port", section.port), ("server.ws_port", section.ws_port or 0)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            try:
                probe.bind((host, port))
            except OSError as e:
                if e.errno != errno.EADDRINUSE:
                    raise _refusal(setting, host, port, e) from e


def _app(context: Context, gate: Gate, handlers: dict[str, Handler]) -> web.Application:
    app = web.Application(middlewares=[gate], client_max_size=context.config.server.max_body_bytes)
    app[GATE] = gate
    for name, handler in handlers.items():
        method, _, path = name.partition(" ")
        for verb in ("GET", "HEAD") if method == "GET" and name != WS else (method,):
            app.router.add_route(verb, path, handler, expect_handler=_continue)
    return app


async def _nothing(_request: web.Request) -> None:
    return None


async def _continue(request: web.Request) -> None:
    """Let a body come when its sender waits for that; an expectation nobody knows is passed over."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


def _checked_host(section: ServerSection) -> str:
    address = "127.0.0.1" if section.host == "localhost" else section.host
    if not is_loopback(address):
        raise ConfigError(f"server.host: expected a loopback address while there are no users, was {section.host!r}")
    if section.ws_port and section.ws_port == section.port:
        raise ConfigError(f"server.ws_port: expected another port than server.port, was {section.ws_port} too")
    return address


def _refusal(setting: str, host: str, port: int, error: OSError) -> ConfigError:
    reason = "taken" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
    return ConfigError(f"{setting}: port {port} on {host} is {reason}")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
