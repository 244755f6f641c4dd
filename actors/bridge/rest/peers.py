"""Where a request comes from: the socket's address, or the one that a trusted proxy names."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from msgspec import Struct

from actors.sites import site_of
from config.errors import ConfigError


class Peer(Struct, frozen=True):
    """A caller's address."""

    address: str
    is_direct: bool
    """False when the request was forwarded and nobody trusted says for whom."""

    @property
    def site(self) -> str:
        """The key of its budget."""
        return site_of(self.address)


class Peers:
    """Reads X-Forwarded-For from trusted proxies only: anybody can write that header."""

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        """Read the configuration.

        Raises:
            ConfigError: If a proxy is not an address or network; names the setting.
        """
        self._trusted = [_network(text) for text in trusted_proxies]

    def of(self, socket_address: str, forwarded_for: str | None) -> Peer:
        """Return the caller: the last hop that is not a trusted proxy."""
        if forwarded_for is None:
            return Peer(socket_address, is_direct=True)
        if not self._is_trusted(socket_address):
            return Peer(socket_address, is_direct=False)
        address = socket_address
        for hop in reversed(forwarded_for.split(",")):
            text = hop.strip()
            if not _is_address(text):
                return Peer(address, is_direct=False)
            address = text
            if not self._is_trusted(text):
                break
        return Peer(address, is_direct=True)

    def _is_trusted(self, address: str) -> bool:
        return bool(self._trusted) and _is_address(address) and any(ip_address(address) in one for one in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as e:
        raise ConfigError(f"server.trusted_proxies: expected an address or network, was {text[:80]!r}") from e
