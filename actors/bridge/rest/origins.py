"""Whose pages may call: the checks of Host and Origin that keep other sites' scripts from this node."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from config.errors import BadOriginError, BadRequestError, ConfigError
from config.load import is_loopback

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(rf"(?P<scheme>https?)://{_HOST.pattern}", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHOWN = 80


class Origins:
    """What `Host` and `Origin` headers are accepted; a program sends no Origin and is let through."""

    def __init__(
        self,
        allowed_origins: Iterable[str] = (),
        allowed_hosts: Iterable[str] = (),
        own_ports: AbstractSet[int] = frozenset(),
    ) -> None:
        """Read the configuration.

        Args:
            allowed_origins: `scheme://host[:port]` of pages of other sites.
            allowed_hosts: Names this node is reached by, beside loopback.
            own_ports: Ports this node listens on: a page of the one may call the other.

        Raises:
            ConfigError: If an origin is not `scheme://host[:port]` or a host not a name; names the setting.
        """
        self._own_ports = own_ports
        self._origins = {_configured_origin(text) for text in allowed_origins}
        self._hosts = {"localhost", *(_configured_host(text) for text in allowed_hosts)}

    def check_host(self, host: str | None) -> None:
        """Refuse a Host header of somebody else, which a rebound name of an attacker's site would carry.

        Raises:
            BadRequestError: If there is none, or it is no host.
            BadOriginError: If it is neither loopback nor configured.
        """
        found = _HOST.fullmatch(host or "")
        if found is None:
            raise BadRequestError(f"Host must be a name or address and a port, was {(host or '')[:_SHOWN]!r}")
        if not self._is_own(found["name"]):
            raise BadOriginError(f"host {found['name'][:_SHOWN]} is not served here, see server.allowed_hosts")

    def check_origin(self, origin: str | None, host: str) -> str | None:
        """Return the origin that may read the answer, None when no browser asks.

        Raises:
            BadOriginError: If it is a page of another site that is not configured.
        """
        if origin is None:
            return None
        found = _ORIGIN.fullmatch(origin)
        if found is None or not (_normal(found) in self._origins or self._is_own_page(found, host)):
            raise BadOriginError(f"origin {origin[:_SHOWN]!r} is not allowed, see server.allowed_origins")
        return origin

    def _is_own_page(self, origin: re.Match[str], host: str) -> bool:
        if origin.string.lower().partition("://")[2] == host.lower():
            return True
        return self._is_own(origin["name"]) and _port(origin) in self._own_ports

    def _is_own(self, name: str) -> bool:
        return name.lower() in self._hosts or is_loopback(name.strip("[]"))


def _port(origin: re.Match[str]) -> int:
    return int(origin["port"] or _DEFAULT_PORTS[origin["scheme"].lower()])


def _normal(origin: re.Match[str]) -> tuple[str, str, int]:
    return origin["scheme"].lower(), origin["name"].lower(), _port(origin)


def _configured_origin(text: str) -> tuple[str, str, int]:
    found = _ORIGIN.fullmatch(text)
    if found is None:
        raise ConfigError(f"server.allowed_origins: expected scheme://host[:port], was {text[:_SHOWN]!r}")
    return _normal(found)


def _configured_host(text: str) -> str:
    found = _HOST.fullmatch(text)
    if found is None:
        raise ConfigError(f"server.allowed_hosts: expected a name or address, was {text[:_SHOWN]!r}")
    return found["name"].lower()
