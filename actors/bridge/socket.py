"""The WebSocket of aiohttp: handshake, limits, pings and closing; data frames go to the transport directly."""

import asyncio
import socket
from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from contextvars import Context as Variables
from functools import partial
from typing import override

import structlog
from aiohttp import WSMsgType, web
from prometheus_client import Counter

from actors.bridge.access import LOCAL, Principal
from actors.bridge.connection import Connection
from actors.bridge.context import Clock, Context
from actors.bridge.delivery.frames import close_frame
from actors.bridge.dialect import Dialects, Speech
from actors.bridge.hub import Hub
from actors.bridge.rest.gate import CALLER
from actors.bridge.session import ABUSIVE, Session
from actors.bridge.wire_messages import Notice
from actors.memory import free_memory
from config.errors import BadRequestError, ConnectionLimitError, ShutdownError
from config.schema import WebSocketSection

CLOSING_S = 2.0
"""How long a client may take to answer our close frame, and the kernel to send what is left."""
STOPPING_S = 0.5
"""The same at a planned stop, and for a flood before it is cut off."""
SWEEP_S = 2.0
"""So long after a connection has closed its memory is collected."""
RESTART, INTERNAL, UNKNOWN = 1012, 4500, 1006
UNREAD_BYTES = 32_768
"""SO_RCVBUF: what a flood can put before us at once; the biggest message allowed comes in a few pieces."""
UNSENT_BYTES = 16_384
"""TCP_NOTSENT_LOWAT: the rest stays in our buffer, where it is seen."""

log = structlog.get_logger(__name__)
_closed = Counter("whisperer_ws_closed", "WebSocket connections closed, by close code", ["code"])
_refused = Counter("whisperer_ws_refused", "WebSocket connections refused before the upgrade, by error code", ["code"])


class WebSocketView:
    """The handler of `GET /ws`; one object may serve several ports."""

    def __init__(self, hub: Hub, context: Context, *, clock: Clock | None = None, closing_s: float = CLOSING_S) -> None:
        """Start without connections.

        Args:
            hub: Where connections are attached.
            context: Configuration and what sessions may use.
            clock: Wall time of the sessions; None takes the computer's.
            closing_s: How long a close may take before the connection is cut.

        Raises:
            ConfigError: If there is no such dialect as the default.
        """
        self._hub = hub
        self._context = context
        self._clock = clock
        self._dialects = Dialects(context.symbols, context.config.ws.default_dialect)
        self._closing_s = closing_s
        self._sockets: set[_Socket] = set()
        self._by_user: Tally[str] = Tally()
        self._is_stopping = False
        self._sweeping: asyncio.TimerHandle | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one connection in; the conversation begins when the gate has let go of the request.

        Raises:
            NodeError: Before the upgrade only: limits, subprotocol, shutdown. After it nothing leaves.
        """
        caller = request.get(CALLER)
        principal = LOCAL if caller is None or caller.principal is None else caller.principal
        speech = self._check(request, principal)
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the caller has gone")
        limits, converse = self._context.config.ws, partial(self._serve, principal)
        ws = _Socket(self._hub, transport, limits, self._closing_s, converse, speech=speech)
        self._sockets.add(ws)
        self._by_user[principal.user_id] += 1
        try:
            await ws.prepare(request)
        except BaseException:
            self._forget(ws, principal)
            raise
        return ws

    async def stop(self, in_ms: int = 100) -> None:
        """Announce a planned stop, refuse new connections, and close all with 1012 after `in_ms`."""
        self._is_stopping = True
        notice = Notice(code="shutdown", in_ms=in_ms, message="the node is stopping, come back soon")
        for connection in self._hub.connections:
            _attempt(partial(self._hub.send, connection, notice))
        if not self._sockets:
            return
        await asyncio.sleep(in_ms / 1_000)
        for ws in list(self._sockets):
            _attempt(partial(ws.end, RESTART, "shutdown"))
        tasks = [ws.ending for ws in self._sockets if ws.ending is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=STOPPING_S)
        for ws in list(self._sockets):
            _attempt(ws.abort)

    def _check(self, request: web.Request, principal: Principal) -> Speech:
        """Return what will be spoken.

        Raises:
            NodeError: If there is no room, or nothing known to speak.
        """
        try:
            self._check_room(principal)
            offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ()))
            return self._dialects.chosen(offered, request.query.get("dialect"))
        except (BadRequestError, ConnectionLimitError, ShutdownError) as e:
            _refused.labels(e.code).inc()
            raise

    def _check_room(self, principal: Principal) -> None:
        limits = self._context.config.ws
        if self._is_stopping:
            raise ShutdownError("the node is stopping", retry_after_s=5.0)
        if len(self._sockets) >= limits.max_concurrent_connections:
            raise ConnectionLimitError(
                f"at most {limits.max_concurrent_connections} connections on this node", retry_after_s=5.0
            )
        own = self._by_user[principal.user_id]
        if principal.user_id != LOCAL.user_id and own >= limits.max_connections_per_user:
            raise ConnectionLimitError(f"at most {limits.max_connections_per_user} connections each", retry_after_s=5.0)

    def _forget(self, ws: "_Socket", principal: Principal) -> None:
        self._sockets.discard(ws)
        self._by_user[principal.user_id] -= 1

    def _sweep(self) -> None:
        """Free what closed connections leave behind, soon and once for all of them."""
        if self._sweeping is None or self._sweeping.when() < asyncio.get_running_loop().time():
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, free_memory, context=Variables())

    async def _serve(self, principal: Principal, ws: "_Socket") -> None:
        try:
            session = Session(self._hub, self._context, ws.attach(), principal=principal, clock=self._clock)
            session.greet()
            async for message in ws:
                if ws.ending is not None:
                    break
                if message.type is WSMsgType.TEXT:
                    await session.receive(message.data)
                elif message.type is WSMsgType.BINARY:
                    session.refuse_binary()
                elif message.type is WSMsgType.PING and session.allows():
                    await ws.pong(message.data)
        except Exception as e:  # an error page must never be written into an open WebSocket
            if ws.transport.is_closing():
                log.info("ws_lost", reason=str(e))
            else:
                log.exception("ws_failed")
                ws.end(INTERNAL, "internal")
        finally:
            ws.detach()
            try:
                await ws.finish()
            finally:
                _closed.labels(ws.ended_with or ws.close_code or UNKNOWN).inc()
                self._forget(ws, principal)
                self._sweep()


class _Socket(web.WebSocketResponse):
    """One connection; from the moment it begins to close the hub writes no more to it."""

    __slots__ = ("_closing_s", "_connection", "_converse", "_dialect", "_hub", "ended_with", "ending", "transport")

    def __init__(
        self,
        hub: Hub,
        transport: asyncio.Transport,
        limits: WebSocketSection,
        closing_s: float,
        converse: Callable[["_Socket"], Awaitable[None]],
        *,
        speech: Speech,
    ) -> None:
        super().__init__(
            protocols=() if speech.protocol is None else (speech.protocol,),
            compress=False,
            autoping=False,  # pings are counted like everything that a client sends
            heartbeat=limits.heartbeat_interval_s,
            max_msg_size=limits.max_message_bytes + 1,  # the first size that is refused
            timeout=closing_s,
        )
        self.transport = transport
        self._closing_s = closing_s
        self._hub = hub
        self._dialect = speech.dialect
        self._converse: Callable[[_Socket], Awaitable[None]] | None = converse
        self._connection: Connection | None = None
        self.ended_with = 0
        """The code of the close that we began, if we did."""
        self.ending: asyncio.Task[bool] | None = None
        """The close that we began, if we did."""

    def attach(self) -> Connection:
        """Enter the hub."""
        _tune(self.transport)
        self._connection = Connection(self.transport, self.end, self._dialect)
        self._hub.attach(self._connection)
        return self._connection

    def detach(self) -> None:
        """Leave the hub; it writes no more from here on."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._hub.detach(connection)

    def end(self, code: int, reason: str) -> None:
        """Begin to close, once."""
        if self.ending is None:
            self.detach()
            self.ended_with = code
            leave = self._cut_off if code == ABUSIVE else self._leave
            self.ending = asyncio.create_task(leave(code, reason.encode()), context=Variables())

    async def finish(self) -> None:
        """Wait for a close that we began; cut the connection off when what is left does not get through."""
        if self.ending is not None:
            await asyncio.wait([self.ending])
        if self.transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(self._closing_s, self.transport.abort, context=Variables())

    async def _leave(self, code: int, reason: bytes) -> bool:
        return await self.close(code=code, message=reason, drain=False)

    async def _cut_off(self, code: int, reason: bytes) -> bool:
        """Say goodbye without waiting for the answer, which may stand behind a flood: nothing more is read."""
        if not self.transport.is_closing():
            self.transport.pause_reading()
            self.transport.write(close_frame(code, reason))
            await asyncio.sleep(STOPPING_S)
            self.transport.abort()
        return True

    def abort(self) -> None:
        """Cut the connection off."""
        self.transport.abort()

    @override
    async def write_eof(self, data: bytes = b"") -> None:
        """Hold the conversation: the server calls this when the handler has returned and its frames are gone."""
        converse, self._converse = self._converse, None
        if converse is not None:
            await converse(self)
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


def _attempt(step: Callable[[], object]) -> None:
    """Do one step of a stop; whatever it raises keeps nobody else waiting."""
    try:
        step()
    except Exception:  # one connection is no reason to leave the others without their goodbye
        log.exception("ws_stop_failed")


def _tune(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD_BYTES)
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        connection.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)
