"""Clients of a real WebSocket: one that speaks well, and one on a bare socket that may stall or misbehave."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from actors.bridge.context import Clock, Context
from actors.bridge.delivery.scheduler import WALL_CLOCK
from actors.bridge.hub import Hub
from actors.bridge.relay import Relay
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from actors.bridge.wire_messages import PROTOCOL
from actors.market import BarRow, bar_type_of
from actors.messages import ClosedBar, OpenBarChanged
from config.schema import NodeConfig, ServerSection, WebSocketSection
from tests.bridge.fakes import BTC, START_NS, FakeBars, FakeSignals, bar_rows, make_context
from tests.bridge.rest_client import listening
from tests.contract_check import check_message

MINUTE = 60_000_000_000
PATIENCE_S = 30.0


class StandingClock:
    """Wall time, and seconds that do not pass: a budget that is spent stays so, however slow the machine is."""

    def monotonic(self) -> float:
        return 0.0

    def wall_ms(self) -> int:
        return WALL_CLOCK.wall_ms()


class Node:
    """A served hub and the market behind it."""

    def __init__(self, server: Server, view: WebSocketView, hub: Hub, bars: FakeBars, signals: FakeSignals) -> None:
        self.server = server
        self.view = view
        self.hub = hub
        self.relay = Relay(hub)
        self.bars = bars
        self.signals = signals

    @property
    def port(self) -> int:
        return self.server.port

    def tick(self, price: int) -> None:
        """The open bar changes."""
        rows = self.bars.closed[BTC, "1m"]
        ts_open = rows[-1].ts_open + MINUTE if rows else START_NS
        self.bars.growing[BTC, "1m"] = BarRow(ts_open, price, price, price, price, 1)
        self.relay.open_bar(OpenBarChanged(trace_id="t", instrument_id=BTC, ts_event=ts_open))

    def close(self) -> None:
        """The open bar closes."""
        rows = self.bars.closed[BTC, "1m"]
        row = BarRow(rows[-1].ts_open + MINUTE, 100, 120, 90, 110, len(rows))
        rows.append(row)
        self.bars.growing.pop((BTC, "1m"), None)
        ts_event = row.ts_open + MINUTE
        self.relay.closed_bar(ClosedBar(trace_id="t", bar_type=bar_type_of(BTC, "1m"), row=row, ts_event=ts_event))


@asynccontextmanager
async def node(
    *,
    bars: int = 3,
    closing_s: float = 0.3,
    config: NodeConfig | None = None,
    clock: Clock | None = None,
    **limits: Any,
) -> AsyncIterator[Node]:
    """Serve a hub on a free port for the length of the block."""
    market, signals = FakeBars(), FakeSignals()
    market.put(BTC, "1m", bar_rows(bars))
    config = config or NodeConfig(server=ServerSection(port=0), ws=WebSocketSection(**limits))
    context: Context = make_context(config, bars=market, signals=signals)
    hub = Hub(context)
    view = WebSocketView(hub, context, clock=clock, closing_s=closing_s)
    async with listening(context, view.handle) as server:
        yield Node(server, view, hub, market, signals)
        await view.stop(in_ms=0)


class Client:
    """A well-behaved client."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.received: list[dict[str, Any]] = []
        self._last_id = 0

    async def next(self) -> dict[str, Any]:
        """Return the next message; a heartbeat comes when a machine was slow, and is none."""
        while (told := await self._heard())["type"] == "hb":
            pass
        return told

    async def _heard(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self.ws.receive(), PATIENCE_S)
        assert message.type is aiohttp.WSMsgType.TEXT, f"{message.type} {message.data} {message.extra}"
        told = self._read(message.data)
        self.received.append(told)
        return told

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Return the next message of a type, with these fields."""
        while True:
            told = await self._heard()
            if told["type"] == kind and fields.items() <= told.items():
                return told

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send an operation and return its answer."""
        self._last_id += 1
        await self.ws.send_str(json.dumps({"op": op, "id": self._last_id, **fields}))
        while True:
            told = await self._heard()
            if told.get("id") == self._last_id:
                return told

    async def end(self) -> int | None:
        """Read to the end; return the close code."""
        async with asyncio.timeout(PATIENCE_S):
            async for message in self.ws:
                self.received.append(self._read(message.data))
        return self.ws.close_code

    def _read(self, text: str) -> dict[str, Any]:
        """Return a message, held against the contract where it is of our own protocol."""
        return check_message(text) if self.ws.protocol in {None, PROTOCOL} else json.loads(text)


@asynccontextmanager
async def connected(port: int, **options: Any) -> AsyncIterator[Client]:
    """Connect and take the first message."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/ws", **options) as ws:
        client = Client(ws)
        await client.until("hello")
        yield client


class BareClient:
    """Frames by hand over a socket with a tiny receive buffer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.head = b""

    def send(self, payload: bytes, first: int = 0x81) -> None:
        """Send one masked frame."""
        size, mask = len(payload), os.urandom(4)
        width, short = (0, size) if size < 126 else (2, 126) if size < 65_536 else (8, 127)
        head = bytes((first, 0x80 | short)) + (size.to_bytes(width) if width else b"")
        masked = bytes(one ^ mask[index % 4] for index, one in enumerate(payload))
        self.writer.write(head + mask + masked)

    def ask(self, number: int, op: str, **fields: Any) -> None:
        """Send an operation."""
        self.send(json.dumps({"op": op, "id": number, **fields}).encode())

    async def frame(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame."""
        async with asyncio.timeout(PATIENCE_S):
            first, size = await self._read(2)
            if size in (126, 127):
                size = int.from_bytes(await self._read(2 if size == 126 else 8))
            return first & 0x0F, await self._read(size)

    async def _read(self, size: int) -> bytes:
        try:
            return await self.reader.readexactly(size)
        except ConnectionError:  # the stream forgets what came before a reset
            kept = self.reader._buffer  # type: ignore[attr-defined]
            if len(kept) < size:
                raise
            taken = bytes(kept[:size])
            del kept[:size]
            return taken

    async def message(self, kind: str) -> dict[str, Any]:
        """Return the next message of a type."""
        while True:
            opcode, payload = await self.frame()
            if opcode == 1 and (told := check_message(payload))["type"] == kind:
                return told

    async def rest(self) -> tuple[list[dict[str, Any]], int | None]:
        """Read to the end; return the messages and the close code, None when there was none."""
        told: list[dict[str, Any]] = []
        try:
            while True:
                opcode, payload = await self.frame()
                if opcode == 1:
                    told.append(check_message(payload))
                elif opcode == 8:
                    return told, int.from_bytes(payload[:2])
        except (asyncio.IncompleteReadError, ConnectionError):
            return told, None

    async def is_over(self) -> bool:
        """Return whether nothing more comes than the end of the connection."""
        try:
            await self.frame()
        except (asyncio.IncompleteReadError, ConnectionError):
            return True
        return False

    def stall(self) -> None:
        """Read no more."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]

    def recover(self) -> None:
        """Read again."""
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]


@asynccontextmanager
async def bare(port: int, *, headers: str = "", receive_buffer: int = 4_096) -> AsyncIterator[BareClient]:
    """Connect with a bare socket and read the answer to the handshake."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=own, limit=2_048)
    client = BareClient(reader, writer)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%b\r\n" % headers.encode()
    )
    client.head = await reader.readuntil(b"\r\n\r\n")
    try:
        yield client
    finally:
        writer.transport.abort()
