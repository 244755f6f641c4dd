"""WebSockets that dialects have beside `/ws`, and what was told there before; what is off is not even imported."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp.typedefs import Handler

from actors.bridge.apps import NO_SOCKETS
from actors.bridge.channel import PUBLIC
from actors.bridge.context import Context
from actors.bridge.hub import Hub
from actors.bridge.socket import WebSocketView


def dialect_sockets(view: WebSocketView, hub: Hub, context: Context) -> Mapping[str, Handler]:
    """Return their handlers by row of the authorization table.

    Raises:
        ConfigError: If their configuration does not fit the market.
    """
    if not context.config.dialects.magic8:
        return NO_SOCKETS
    from actors.bridge.dialects.magic8.recorded import recorded  # noqa: PLC0415  # likewise
    from actors.bridge.magic8_sockets import Magic8Sockets  # noqa: PLC0415  # most nodes need none of it

    if context.identity.mode == "off":
        path = Path(context.config.node.state_dir) / "log" / "predictions.jsonl"
        context.confidences.keep(PUBLIC, recorded(path, context.symbols.find))
    return Magic8Sockets(view, hub, context).handlers()
