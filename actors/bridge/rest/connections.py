"""Connections below HTTP: those that never ask are closed, what is no HTTP gets a problem document like all else."""

import asyncio
from collections.abc import Callable, Iterator
from contextvars import Context as Variables
from http import HTTPStatus
from itertools import chain
from secrets import token_hex
from typing import Any, override

import structlog
from aiohttp import web
from aiohttp.http_websocket import WebSocketReader

from actors.bridge.rest.problems import error_of_status, problem_answer
from config.errors import NodeError

HEAD_TIMEOUT_S = 15.0
"""How long a fresh connection may take for the head of its first request."""
SWEEP_S = 1.0
PIECE_BYTES = 2_048
"""What is parsed of a WebSocket in one turn of the loop: as objects tiny frames are thirty times as big."""
LINE_BYTES = 8_190
"""Of a path with its question; a longer line is no HTTP here, whatever it asks for."""
_OPTIONS: dict[str, Any] = {
    "max_line_size": LINE_BYTES,
    "access_log": None,  # the gate tells what was asked, without what it must not tell
    "auto_decompress": False,  # a packed body that is broken would arrive as an empty one
    "keepalive_timeout": 75.0,
    "lingering_time": 2.0,  # the rest of a body nobody reads is taken in for so long, so that its sender hears us
}

log = structlog.get_logger(__name__)


class Connections:
    """Sweeps the connections of one port: a caller that sends its request byte by byte must not hold one for ever."""

    def __init__(self, runner: web.AppRunner, heard: set[object], *, head_timeout_s: float = HEAD_TIMEOUT_S) -> None:
        """Begin to sweep.

        Args:
            runner: Whose connections.
            heard: Protocols of connections that have sent a whole request head; forgotten here once closed.
            head_timeout_s: After which another one is closed.
        """
        self._runner = runner
        self._heard = heard
        self._head_timeout_s = head_timeout_s
        self._silent_since: dict[web.RequestHandler, float] = {}
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Sweep no more."""
        self._task.cancel()
        await asyncio.wait([self._task])

    def sweep(self, now: float) -> None:
        """Close the connections that have been silent for too long at `now`, in seconds of the loop."""
        server = self._runner.server
        present = set(server.connections) if server is not None else set()
        self._heard &= present
        silent = present - self._heard
        self._silent_since = {one: self._silent_since.get(one, now) for one in silent}
        for connection, since in self._silent_since.items():
            if now - since >= self._head_timeout_s:
                log.info("http_connection_silent", seconds=round(now - since, 1))
                connection.force_close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep(loop.time())


class Runner(web.AppRunner):
    """aiohttp's runner with our answer to what is no HTTP."""

    @override
    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **_OPTIONS)


class _Server(web.Server):
    @override
    def __call__(self) -> web.RequestHandler:
        return HttpConnection(self, loop=asyncio.get_running_loop(), **_OPTIONS)


class HttpConnection(web.RequestHandler):
    """One connection; what a WebSocket sends is parsed as fast as it is answered, however much comes at once."""

    __slots__ = ("_pieces",)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pieces: Iterator[bytes] = iter(())
        super().connection_made(transport)

    @override
    def set_parser(self, parser: WebSocketReader, data_received_cb: Callable[[], None] | None = None) -> None:
        early, self._message_tail = self._message_tail, b""
        super().set_parser(parser, data_received_cb)
        self._pause_reading_for_buffer()
        self._pieces = _pieces(early)

    def listen(self) -> None:
        """Begin to parse what comes after the handshake: from now on somebody takes it."""
        self._feed()

    def deafen(self) -> None:
        """Read and parse nothing more."""
        self._pieces = iter(())
        self.pause_reading()

    @override
    def data_received(self, data: bytes) -> None:
        is_feeding = self._buffer_paused
        if self._payload_parser is None or (len(data) <= PIECE_BYTES and not is_feeding):
            super().data_received(data)
            return
        self._pieces = chain(self._pieces, _pieces(data))
        if not is_feeding:
            self._pause_reading_for_buffer()
            self._feed()

    def _feed(self) -> None:
        piece = next(self._pieces, None)
        if piece is None or self._close:  # what comes after a fault is not parsed, but has to be read
            self._pieces = iter(())
            self._resume_reading_for_buffer()
            return
        super().data_received(piece)
        self._loop.call_soon(self._feed, context=Variables())

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer as the gate would; aiohttp logs the line it could not read, which may hold a token."""
        if isinstance(exc, ConnectionError):
            raise exc  # nobody hears an answer, and the gate has told why
        request_id = token_hex(16)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("http_connection_failed", trace_id=request_id, exc_info=exc)
            error = NodeError("internal error")
        else:
            log.info("http_malformed", trace_id=request_id, reason=type(exc).__name__)
            error = error_of_status(status, "the request is not HTTP/1.1 as this server takes it")
        if request.writer.output_size > 0:
            raise ConnectionResetError("the answer has begun, an error cannot follow it")
        answer = problem_answer(error, request_id)
        response = web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        response.headers["X-Request-ID"] = request_id
        response.force_close()
        return response


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES))
