"""The handler of `GET /ws`: who may connect, what is spoken, and the conversation of each connection."""

import asyncio
from collections.abc import Callable
from contextvars import Context as Variables
from functools import partial
from typing import Protocol

import structlog
from aiohttp import WSMessage, WSMsgType, web
from prometheus_client import Counter

from actors.bridge.connection import Connection
from actors.bridge.context import Clock, Context
from actors.bridge.dialect import Dialect, Dialects, Speech
from actors.bridge.handshake import Handshake, Opening
from actors.bridge.hub import Hub
from actors.bridge.open_socket import CLOSING_S, STOPPING_S, OpenSocket
from actors.bridge.rest.gate import CALLER
from actors.bridge.seat import AUTH_S, GRACE_S, Seat
from actors.bridge.seats import Seats
from actors.bridge.session import Session
from actors.bridge.wire_messages import Notice
from actors.memory import free_memory
from config.errors import BadRequestError, ConnectionLimitError, ShutdownError

SWEEP_S = 0.5
"""So long after a connection has closed its memory is collected."""
RESTART, INTERNAL, UNKNOWN = 1012, 4500, 1006
FREE = 3_000
"""From here on a client may close with whatever code it likes."""
_HANDSHAKE = "`Upgrade`, `Connection`, `Sec-WebSocket-Version: 13` and `Sec-WebSocket-Key`"
_ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED)

log = structlog.get_logger(__name__)
_closed = Counter("whisperer_ws_closed", "WebSocket connections closed, by close code", ["code"])
_refused = Counter("whisperer_ws_refused", "WebSocket connections refused before the upgrade, by error code", ["code"])


class Begin(Protocol):
    """Makes the conversation of one connection: `Session`, or one that says other things."""

    def __call__(
        self, hub: Hub, context: Context, connection: Connection, *, seat: Seat | None, clock: Clock | None
    ) -> Session:
        """Return it; nothing is said yet."""


class WebSocketView:
    """The handler of `GET /ws`; one object may serve several ports."""

    def __init__(
        self,
        hub: Hub,
        context: Context,
        *,
        clock: Clock | None = None,
        closing_s: float = CLOSING_S,
        auth_s: float = AUTH_S,
        grace_s: float = GRACE_S,
    ) -> None:
        """Start without connections.

        Args:
            hub: Where connections are attached.
            context: Configuration and what sessions may use.
            clock: Wall time of the sessions; None takes the computer's.
            closing_s: How long a close may take before the connection is cut.
            auth_s: How long a connection may stay without an owner.
            grace_s: How long one may stay after its token has ended.

        Raises:
            ConfigError: If there is no such dialect as the default.
        """
        self._hub = hub
        self._context = context
        self._clock = clock
        self._dialects = Dialects(context.symbols, context.config.ws.default_dialect)
        self._closing_s = closing_s
        self._sockets: set[OpenSocket] = set()
        self.seats = Seats(context, clock=clock, auth_s=auth_s, grace_s=grace_s)
        """Whose the connections are."""
        self._handshake = Handshake(self.seats)
        self._is_stopping = False
        self._sweeping: asyncio.TimerHandle | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one connection in; the conversation begins when the gate has let go of the request.

        Raises:
            NodeError: Before the upgrade only: limits, subprotocol, shutdown. After it nothing leaves.
        """
        speech = self._check(request)
        opening = await self._handshake.read(request.get(CALLER), request.headers, request.query)
        return await self._open(request, opening, speech, Session)

    async def converse(self, request: web.Request, dialect: Dialect, begin: Begin) -> web.StreamResponse:
        """Take in one connection of somebody whom the gate knows; what is spoken goes without saying.

        Args:
            request: The handshake, on a route that needs a role.
            dialect: What is spoken.
            begin: Makes the conversation.

        Raises:
            NodeError: Before the upgrade only: limits, shutdown.
        """
        try:
            self._check_room()
        except (ConnectionLimitError, ShutdownError) as e:
            _refused.labels(e.code).inc()
            raise
        caller = request[CALLER]
        opening = Opening(caller.principal, None, caller.peer.site)
        return await self._open(request, opening, Speech(None, dialect), begin)

    async def _open(self, request: web.Request, opening: Opening, speech: Speech, begin: Begin) -> web.StreamResponse:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the caller has gone")
        limits = self._context.config.ws
        ws = OpenSocket(transport, limits, self._closing_s, partial(self._serve, begin), speech=speech)
        ws.seat = self._seat(ws, opening)
        self._sockets.add(ws)
        try:  # what happens at the connection later, such as its pings, does not belong to this request
            await asyncio.create_task(ws.prepare(request), context=Variables())
        except web.HTTPBadRequest as e:
            self._forget(ws)
            raise BadRequestError(f"expected the handshake of a WebSocket, with {_HANDSHAKE}") from e
        except BaseException:
            self._forget(ws)
            raise
        ws.headers.clear()
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

    def _seat(self, ws: OpenSocket, opening: Opening) -> Seat:
        try:
            return self.seats.take(opening.principal, opening.site, ws.end, refusal=opening.refusal)
        except ConnectionLimitError as e:
            _refused.labels(e.code).inc()
            raise

    def _check(self, request: web.Request) -> Speech:
        """Return what will be spoken.

        Raises:
            NodeError: If there is no room, or nothing known to speak.
        """
        try:
            self._check_room()
            offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ()))
            return self._dialects.chosen(offered, request.query.get("dialect"))
        except (BadRequestError, ConnectionLimitError, ShutdownError) as e:
            _refused.labels(e.code).inc()
            raise

    def _check_room(self) -> None:
        limits = self._context.config.ws
        if self._is_stopping:
            raise ShutdownError("the node is stopping", retry_after_s=5.0)
        if len(self._sockets) >= limits.max_concurrent_connections:
            raise ConnectionLimitError(
                f"at most {limits.max_concurrent_connections} connections on this node", retry_after_s=5.0
            )

    def _forget(self, ws: OpenSocket) -> None:
        self._sockets.discard(ws)
        if ws.seat is not None:
            ws.seat.leave()

    def _sweep(self) -> None:
        """Free what closed connections leave behind, soon and once for all of them."""
        if self._sweeping is None or self._sweeping.when() < asyncio.get_running_loop().time():
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, free_memory, context=Variables())

    async def _serve(self, begin: Begin, ws: OpenSocket) -> None:
        try:
            session = begin(self._hub, self._context, ws.attach(self._hub), seat=ws.seat, clock=self._clock)
            session.greet()
            session.seat.begin()
            while True:  # `async for` would keep one more coroutine for every connection that is idle
                message = await ws.receive()
                if message.type in _ENDED or ws.ending is not None:
                    break
                await _take(message, session, ws)
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
                _closed.labels(_told_code(ws)).inc()
                self._forget(ws)
                self._sweep()
        await ws.leave()


async def _take(message: WSMessage, session: Session, ws: OpenSocket) -> None:
    if message.type is WSMsgType.TEXT:
        await session.receive(message.data)
    elif message.type is WSMsgType.BINARY:
        session.refuse_binary()
    elif message.type is WSMsgType.PING and session.allows():
        await ws.pong(message.data)


def _told_code(ws: OpenSocket) -> int | str:
    """Return the close code as the metrics tell it: those that clients make up are one, each would be kept for ever."""
    code = ws.ended_with or ws.close_code or UNKNOWN
    return code if ws.ended_with or code < FREE else "other"


def _attempt(step: Callable[[], object]) -> None:
    """Do one step of a stop; whatever it raises keeps nobody else waiting."""
    try:
        step()
    except Exception:  # one connection is no reason to leave the others without their goodbye
        log.exception("ws_stop_failed")
