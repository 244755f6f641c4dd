"""One open WebSocket of aiohttp: limits, pings and closing; data frames go to the transport directly."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextvars import Context as Variables
from typing import Any, override

from aiohttp import web

from actors.bridge.connection import Connection
from actors.bridge.delivery.frames import close_frame
from actors.bridge.dialect import Speech
from actors.bridge.hub import Hub
from actors.bridge.rest.connections import HttpConnection
from actors.bridge.seat import Seat
from actors.bridge.session import ABUSIVE
from config.schema import WebSocketSection

CLOSING_S = 2.0
"""How long a client may take to answer our close frame, and the kernel to send what is left."""
STOPPING_S = 0.5
"""The same at a planned stop, and for a flood before it is cut off."""
UNREAD_BYTES = 32_768
"""SO_RCVBUF: what a flood can put before us at once; the biggest message allowed comes in a few pieces."""
UNSENT_BYTES = 16_384
"""TCP_NOTSENT_LOWAT: the rest stays in our buffer, where it is seen."""

type Converse = Callable[["OpenSocket"], Coroutine[Any, Any, None]]


class OpenSocket(web.WebSocketResponse):
    """One connection; from the moment it begins to close the hub writes no more to it."""

    __slots__ = (
        "_closing_s",
        "_connection",
        "_converse",
        "_dialect",
        "_http",
        "_hub",
        "ended_with",
        "ending",
        "seat",
        "transport",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        limits: WebSocketSection,
        closing_s: float,
        converse: Converse,
        *,
        speech: Speech,
    ) -> None:
        """Wait for the handshake.

        Args:
            transport: Of the request.
            limits: Size of messages, and how often to ping.
            closing_s: How long a close may take before the connection is cut.
            converse: What happens from the handshake to the end; it says goodbye with `leave`.
            speech: What is spoken.
        """
        super().__init__(
            protocols=() if speech.protocol is None else (speech.protocol,),
            compress=False,
            autoping=False,  # pings are counted like everything that a client sends
            heartbeat=limits.heartbeat_interval_s,
            max_msg_size=limits.max_message_bytes + 1,  # the first size that is refused
            timeout=closing_s,
        )
        self.seat: Seat | None = None
        """Whose it is."""
        self.transport = transport
        protocol = transport.get_protocol()
        self._http = protocol if isinstance(protocol, HttpConnection) else None
        self._closing_s = closing_s
        self._hub: Hub | None = None
        self._dialect = speech.dialect
        self._converse: Converse | None = converse
        self._connection: Connection | None = None
        self.ended_with = 0
        """The code of the close that we began, if we did."""
        self.ending: asyncio.Task[bool] | None = None
        """The close that we began, if we did."""

    def attach(self, hub: Hub) -> Connection:
        """Enter the hub."""
        _tune(self.transport)
        if self._http is not None:
            self._http.listen()
        self._hub = hub
        self._connection = Connection(self.transport, self.end, self._dialect)
        hub.attach(self._connection)
        return self._connection

    def detach(self) -> None:
        """Leave the hub; it writes no more from here on."""
        connection, self._connection = self._connection, None
        if connection is not None and self._hub is not None:
            self._hub.detach(connection)

    def end(self, code: int, reason: str) -> None:
        """Begin to close, once."""
        if self.ending is None:
            self.detach()
            self.ended_with = code
            leave = self._cut_off if code == ABUSIVE else self._close
            self.ending = asyncio.create_task(leave(code, reason.encode()), context=Variables())

    async def finish(self) -> None:
        """Wait for a close that we began; cut the connection off when what is left does not get through."""
        if self.ending is not None:
            await asyncio.wait([self.ending])
        if self.transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(self._closing_s, self.transport.abort, context=Variables())

    async def _close(self, code: int, reason: bytes) -> bool:
        return await self.close(code=code, message=reason, drain=False)

    async def _cut_off(self, code: int, reason: bytes) -> bool:
        """Say goodbye without waiting for the answer, which may stand behind a flood: nothing more is read."""
        if not self.transport.is_closing():
            if self._http is not None:
                self._http.deafen()
            self.transport.write(close_frame(code, reason))
            await asyncio.sleep(STOPPING_S)
            self.transport.abort()
        return True

    def abort(self) -> None:
        """Cut the connection off."""
        self.transport.abort()

    @override
    def write_eof(self, data: bytes = b"") -> Coroutine[Any, Any, None]:
        """Hold the conversation: the server awaits this when the handler has returned and its frames are gone."""
        converse, self._converse = self._converse, None
        return self.leave() if converse is None else converse(self)

    async def leave(self) -> None:
        """Say goodbye as far as that has not happened, and let go of everything."""
        await super().write_eof()
        error = self.exception()
        if error is not None:
            error.__traceback__ = error.__context__ = None  # its frames hold this object, which holds it

    @override
    async def close(self, *, code: int = 1000, message: bytes = b"", drain: bool = True) -> bool:
        self.detach()
        if self.ended_with == ABUSIVE and not self.transport.is_closing():
            return False
        return await super().close(code=code, message=message, drain=drain)


def _tune(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD_BYTES)
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        connection.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)
