"""The aiohttp server: REST, the WebSocket and the page on one port, on a second one the WebSocket alone."""

import errno
import socket
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Handler

from actors.bridge.access import ROUTES, check_rows, need_of
from actors.bridge.context import Context
from actors.bridge.rest.connections import Connections, Runner
from actors.bridge.rest.endpoint import Endpoint
from actors.bridge.rest.gate import Entry, Gate
from actors.bridge.rest.lag import LoopLag
from actors.bridge.rest.origins import Origins
from actors.bridge.rest.peers import Peers
from actors.bridge.rest.route import Route, routes
from actors.bridge.rest.traffic import WS
from actors.ports.identity import Role
from actors.ports.people import People
from config.auth import AuthSection
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
    monotonic: Callable[[], float] = time.monotonic,
    kinds: Mapping[str, type[Route[Any]]] | None = None,
    table: Mapping[str, Role] = ROUTES,
) -> web.Application:
    """Return the application with every route, checked against the authorization table.

    Args:
        context: What the routes may use.
        websocket_view: Handler of `GET /ws`.
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
    entries = {name: _entry(name, table[name], kind) for name, kind in found.items()}
    gate = Gate(
        context.config.server,
        entries | {WS: Entry(WS, table[WS], is_counted=False)},
        own_ports=own_ports,
        fallback=endpoints[PAGE].find,
        identity=context.identity,
        hosts=_public_hosts(context.config.auth),
        monotonic=monotonic,
    )
    return _app(context, gate, {name: one.handle for name, one in endpoints.items()} | {WS: websocket_view})


def build_websocket_app(context: Context, websocket_view: Handler) -> web.Application:
    """Return the application of the second port: the WebSocket alone."""
    entries = {WS: Entry(WS, ROUTES[WS], is_counted=False)}
    gate = Gate(
        context.config.server,
        entries,
        own_ports=set(),
        fallback=_nothing,
        identity=context.identity,
        hosts=_public_hosts(context.config.auth),
    )
    return _app(context, gate, {WS: websocket_view})


class Server:
    """Listens while the process lives; nodes come and go behind it."""

    def __init__(self, context: Context, websocket_view: Handler) -> None:
        """Build what will be served; nothing listens before `start`.

        Raises:
            ConfigError: If the address is not loopback, both ports are one, or as of `build_app`.
        """
        self._section = context.config.server
        self._host = _checked_host(self._section, context.config.auth)
        self._people = context.people
        self._apps = [build_app(context, websocket_view)]
        if self._section.ws_port is not None:
            self._apps.append(build_websocket_app(context, websocket_view))
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
            ConfigError: If a port cannot be had; names it. If others could come in with a password that was shown.
        """
        if not is_loopback(self._host):
            _check_first_password(self._section.host, self._people)
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


def check_server(section: ServerSection, auth: AuthSection | None = None) -> None:
    """Check what a start of the server would, without listening; a port that somebody has just now is no mistake.

    Raises:
        ConfigError: If an address, origin, host or proxy cannot be used; names the setting.
    """
    host = _checked_host(section, auth or AuthSection())
    Origins(section.allowed_origins, section.allowed_hosts)
    Peers(section.trusted_proxies)
    for setting, port in (("server.port", section.port), ("server.ws_port", section.ws_port or 0)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            try:
                probe.bind((host, port))
            except OSError as e:
                if e.errno != errno.EADDRINUSE:
                    raise _refusal(setting, host, port, e) from e


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


def _checked_host(section: ServerSection, auth: AuthSection) -> str:
    address = "127.0.0.1" if section.host == "localhost" else section.host
    if not is_loopback(address):
        _check_exposed(section.host, auth)
    if section.ws_port and section.ws_port == section.port:
        raise ConfigError(f"server.ws_port: expected another port than server.port, was {section.ws_port} too")
    return address


def _check_exposed(host: str, auth: AuthSection) -> None:
    if auth.mode == "off":
        raise ConfigError(f"server.host: expected a loopback address while there are no users, was {host!r}")
    if auth.mode == "local" and auth.sign_up:
        raise ConfigError(f"server.host: expected a loopback address while auth.sign_up is on, was {host!r}")
    try:
        ip_address(host)
    except ValueError:
        raise ConfigError(f"server.host: expected localhost or an address, was {host!r}") from None


def _check_first_password(host: str, people: People | None) -> None:
    """Refuse to be reached from elsewhere while an admin signs in with a password that somebody else has seen."""
    users = () if people is None else people.users()
    if waiting := [one.email for one in users if one.must_change and "admin" in one.roles and not one.is_disabled]:
        raise ConfigError(
            f"server.host: expected a loopback address until {waiting[0]} has changed the first password, was {host!r}"
        )


def _refusal(setting: str, host: str, port: int, error: OSError) -> ConfigError:
    reason = "taken" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
    return ConfigError(f"{setting}: port {port} on {host} is {reason}")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
