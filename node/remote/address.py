"""Where the running node is, and as whom it is asked."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from config.errors import ConfigError
from config.schema import ServerSection


def node_url(url: str | None, server: ServerSection) -> str:
    """Return the address to ask: the one given, else the one that the configuration lets the node listen on.

    Raises:
        ConfigError: If it is no address.
    """
    if url is None:
        if server.port == 0:
            raise ConfigError("server.port is 0, a port nobody knows: say --url http://HOST:PORT")
        host = f"[{server.host}]" if ":" in server.host else server.host
        return f"http://{host}:{server.port}"
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(f"--url: expected http://HOST:PORT, was {url!r}")
    return url


def api_key_of(name: str | None, variables: Mapping[str, str]) -> str | None:
    """Return the API key in a variable of the environment; None when no variable was named.

    Raises:
        ConfigError: If there is none in it.
    """
    if name is None:
        return None
    if not (key := variables.get(name, "").strip()).startswith("wk_"):
        raise ConfigError(f"--api-key-env: expected an API key, wk_…, in the variable {name}")
    return key
