"""The aiohttp server: REST, WebSockets and the page on one port; on others the WebSocket or a dialect alone."""

import errno
import socket
from collections.abc import Mapping
from ipaddress import ip_address

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from actors.bridge.apps import GATE, NO_SOCKETS, build_app, build_magic8_app, build_websocket_app
from actors.bridge.context import Context
from actors.bridge.rest.connections import Connections, Runner
from actors.bridge.rest.lag import LoopLag
from actors.bridge.rest.origins import Origins
from actors.bridge.rest.peers import Peers
from actors.ports.people import People
from config.auth import AuthSection
from config.errors import ConfigError
from config.load import is_loopback
from config.schema import DialectsSection, ServerSection

LOOPBACK = "127.0.0.1"
SHUTDOWN_S = 0.4
"""How long requests may go on when the server stops."""

log = structlog.get_logger(__name__)


class Server:
    """Listens while the process lives; nodes come and go behind it."""

    def __init__(
        self, context: Context, websocket_view: Handler, *, sockets: Mapping[str, Handler] = NO_SOCKETS
    ) -> None:
        """Build what will be served; nothing listens before `start`.

        Args:
            context: What is served.
            websocket_view: Handler of `GET /ws`.
            sockets: Handlers of the dialects' WebSockets, by row of the authorization table.

        Raises:
            ConfigError: If the address is not loopback, two ports are one, or as of `build_app`.
        """
        config = context.config
        self._section = config.server
        self._host = _checked_host(config.server, config.auth)
        self._people = context.people
        self._ports = _own_ports(config.dialects)
        _check_distinct(_ports(config.server, config.dialects))
        self._apps = [build_app(context, websocket_view, sockets=sockets)]
        if config.server.ws_port is not None:
            self._apps.append(build_websocket_app(context, websocket_view))
        self._dialect_app = build_magic8_app(context, sockets) if self._ports else None
        self._runners: list[Runner] = []
        self._connections: list[Connections] = []
        self._lag = LoopLag()
        self.port = 0
        """Where REST, page and WebSocket are, once started."""
        self.ws_port: int | None = None
        """Where the WebSocket alone is, if anywhere."""
        self.dialect_ports: dict[str, int] = {}
        """Where a dialect's paths alone are, by setting."""

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigError: If a port cannot be had; names it. If others could come in with a password that was shown.
        """
        if not is_loopback(self._host):
            _check_first_password(self._section.host, self._people)
        where = {"server.port": self._section.port}
        self.port = (await self._listen(self._apps[0], self._host, where))["server.port"]
        if self._section.ws_port is not None:
            where = {"server.ws_port": self._section.ws_port}
            self.ws_port = (await self._listen(self._apps[1], self._host, where))["server.ws_port"]
        for app in self._apps:
            app[GATE].own_ports |= {self.port, self.ws_port or self.port}
        if self._dialect_app is not None:
            self.dialect_ports = await self._listen(self._dialect_app, LOOPBACK, self._ports)
        self._lag.start()
        more = {setting.rpartition(".")[2]: port for setting, port in self.dialect_ports.items()}
        log.info("server_listening", url=f"http://{_in_url(self._host)}:{self.port}", ws_port=self.ws_port, **more)

    async def stop(self) -> None:
        """Close the ports and every connection; safe to call twice, or before `start`."""
        self._lag.stop()
        for connections in self._connections:
            await connections.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._connections, self._runners = [], []

    async def _listen(self, app: web.Application, host: str, ports: Mapping[str, int]) -> dict[str, int]:
        """Serve an application on ports, by the setting that names each; return where it is."""
        runner = Runner(app, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        self._runners.append(runner)
        for setting, port in ports.items():
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as e:
                await self.stop()
                raise _refusal(setting, host, port, e) from e
        self._connections.append(Connections(runner, app[GATE].heard))
        return {setting: int(address[1]) for setting, address in zip(ports, runner.addresses, strict=True)}


def check_server(
    section: ServerSection, auth: AuthSection | None = None, dialects: DialectsSection | None = None
) -> None:
    """Check what a start of the server would, without listening; a port that somebody has just now is no mistake.

    Raises:
        ConfigError: If an address, origin, host or proxy cannot be used; names the setting.
    """
    host = _checked_host(section, auth or AuthSection())
    Origins(section.allowed_origins, section.allowed_hosts)
    Peers(section.trusted_proxies)
    own = _own_ports(dialects or DialectsSection())
    _check_distinct(_ports(section, dialects or DialectsSection()))
    _check_port("server.port", host, section.port)
    _check_port("server.ws_port", host, section.ws_port or 0)
    for setting, port in own.items():
        _check_port(setting, LOOPBACK, port)


def _check_port(setting: str, host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, port))
        except OSError as e:
            if e.errno != errno.EADDRINUSE:
                raise _refusal(setting, host, port, e) from e


def _own_ports(dialects: DialectsSection) -> dict[str, int]:
    """Return the ports of a dialect's paths alone, by setting."""
    section = dialects.magic8_listeners
    found = {"predictor_port": section.predictor_port, "hub_port": section.hub_port}
    return {f"dialects.magic8_listeners.{name}": port for name, port in found.items() if port is not None}


def _ports(section: ServerSection, dialects: DialectsSection) -> dict[str, int]:
    second = {} if section.ws_port is None else {"server.ws_port": section.ws_port}
    return {"server.port": section.port} | second | _own_ports(dialects)


def _check_distinct(ports: Mapping[str, int]) -> None:
    taken: dict[int, str] = {}
    for setting, port in ports.items():
        if port and port in taken:
            raise ConfigError(f"{setting}: expected another port than {taken[port]}, was {port} too")
        taken[port] = setting


def _checked_host(section: ServerSection, auth: AuthSection) -> str:
    address = "127.0.0.1" if section.host == "localhost" else section.host
    if not is_loopback(address):
        _check_exposed(section.host, auth)
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
