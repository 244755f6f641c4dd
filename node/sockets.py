"""WebSockets that dialects have beside `/ws`; what is off is not even imported."""

from collections.abc import Mapping

from aiohttp.typedefs import Handler

from actors.bridge.apps import NO_SOCKETS
from actors.bridge.context import Context
from actors.bridge.socket import WebSocketView


def dialect_sockets(view: WebSocketView, context: Context) -> Mapping[str, Handler]:
    """Return their handlers by row of the authorization table.

    Raises:
        ConfigError: If their configuration does not fit the market.
    """
    if not context.config.dialects.magic8:
        return NO_SOCKETS
    from actors.bridge.magic8_sockets import Magic8Sockets  # noqa: PLC0415  # most nodes need none of it

    return Magic8Sockets(view, context).handlers()
