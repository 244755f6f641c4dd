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
    from actors.bridge.magic8_sockets import Magic8Sockets  # noqa: PLC0415  # most nodes need none of it

    _recall(context)
    return Magic8Sockets(view, hub, context).handlers()


def _recall(context: Context) -> None:
    """Have what was predicted before the start known where the log, which names nobody, is one user's."""
    from actors.bridge.dialects.magic8.recorded import recorded  # noqa: PLC0415  # likewise

    config, kept = context.config, context.confidences
    kept.known_from_ms = context.clock.now_ms
    if context.identity.mode == "off" and config.screening.log_bytes:
        found = recorded(Path(config.node.state_dir) / "log" / "predictions.jsonl", context.symbols.find)
        kept.keep(PUBLIC, found.rows)
        kept.known_from_ms = found.known_from_ms
