"""Handlers of the WebSockets that clients of the order predictor and its data hub open."""

from collections.abc import Mapping
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from actors.bridge.context import Context
from actors.bridge.dialects.magic8.consumers import configured_consumers
from actors.bridge.dialects.magic8.conversations import Confidence, Consumer, MarketData, tell_confidences
from actors.bridge.dialects.magic8.flat import Flat
from actors.bridge.hub import Hub
from actors.bridge.socket import WebSocketView


class Magic8Sockets:
    """One object for the main port and the dialect's own; connections are the view's, with all its limits."""

    def __init__(self, view: WebSocketView, hub: Hub, context: Context) -> None:
        """Take connections in through `view`, which attaches them to `hub`.

        Raises:
            ConfigError: If a configured consumer names a symbol that means no instrument.
        """
        self._view = view
        self._flat = Flat(context.symbols)
        tell_confidences(hub, context)
        configured_consumers(context.config, context.symbols)

    def handlers(self) -> Mapping[str, Handler]:
        """Return them by row of the authorization table."""
        return {
            "GET /ws/market_data": self._market_data,
            "GET /ws/confidence": self._confidence,
            "GET /ws/{client_id}": self._consumer,
        }

    async def _market_data(self, request: web.Request) -> web.StreamResponse:
        return await self._view.converse(request, self._flat, MarketData)

    async def _confidence(self, request: web.Request) -> web.StreamResponse:
        return await self._view.converse(request, self._flat, Confidence)

    async def _consumer(self, request: web.Request) -> web.StreamResponse:
        begin = partial(Consumer, name=request.match_info["client_id"])
        return await self._view.converse(request, self._flat, begin)
