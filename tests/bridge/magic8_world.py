"""A served data hub whose prices the test plays, and its clients: one that speaks well, one on a bare socket."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager

import aiohttp

from actors.auth.services import listening_services, with_services
from actors.bridge.hub import Hub
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from config.auth import AuthSection
from config.schema import DialectsSection, Magic8ListenersSection, NodeConfig, ServerSection, WebSocketSection
from config.signals import SignalConfig
from node.sockets import dialect_sockets
from tests.bridge.fakes import BTC, ETH, FakeBars, FakeSignals, bar_rows, make_context
from tests.bridge.socket_client import PATIENCE_S, BareClient, Node
from tests.unit.order_models import ScreeningWorld

PORTS = Magic8ListenersSection(predictor_port=0)
MARKET_DATA = "/ws/market_data"


class Hub8(Node):
    """A served hub whose prices the test plays."""

    http: aiohttp.ClientSession

    @property
    def own_port(self):
        return next(iter(self.server.dialect_ports.values()))

    @asynccontextmanager
    async def socket(self, path=MARKET_DATA, *, port=None, **options):
        async with self.http.ws_connect(f"http://127.0.0.1:{port or self.port}{path}", **options) as ws:
            yield Client8(ws)


class Client8:
    """A client of the hub."""

    def __init__(self, ws):
        self.ws = ws

    async def send(self, **demand):
        await self.ws.send_str(json.dumps(demand))

    async def next(self):
        message = await asyncio.wait_for(self.ws.receive(), PATIENCE_S)
        assert message.type is aiohttp.WSMsgType.TEXT, f"{message.type} {message.data}"
        return json.loads(message.data)

    async def price(self, value):
        """Read until the price is this."""
        while (told := await self.next()).get("price") != value:
            pass
        return told

    async def subscribe(self, symbol, **fields):
        await self.send(action="subscribe", symbol=symbol, **fields)
        return await self.next()

    async def end(self):
        async with asyncio.timeout(PATIENCE_S):
            async for _ in self.ws:
                pass
        return self.ws.close_code


def config(*, magic8=True, mode="off", ws=None, consumers=None, signals=None, **server):
    return NodeConfig(
        auth=AuthSection(mode=mode),
        server=ServerSection(**({"port": 0} | server)),
        ws=WebSocketSection(**(ws or {})),
        signals=(SignalConfig(),) if signals is None else signals,
        dialects=DialectsSection(
            magic8=magic8,
            magic8_listeners=PORTS if magic8 else Magic8ListenersSection(),
            magic8_consumers=consumers or {},
        ),
    )


@asynccontextmanager
async def hub(tmp_path, section=None, *, identity=None, loaded=True, clock=None):
    section = section or config()
    bars, signals = FakeBars(), FakeSignals()
    bars.put(BTC, "1m", bar_rows(3))
    bars.put(ETH, "1m", bar_rows(5))
    if not loaded:
        bars.loaded.clear()
    known = {}
    if identity is not None:
        known["identity"] = with_services(identity, {}, present=listening_services(section.dialects))
    context = make_context(section, bars=bars, signals=signals, screening=ScreeningWorld(tmp_path).screener, **known)
    made = Hub(context)
    view = WebSocketView(made, context, clock=clock, closing_s=0.3)
    server = Server(context, view.handle, sockets=dialect_sockets(view, made, context))
    await server.start()
    try:
        async with aiohttp.ClientSession() as http:
            node = Hub8(server, view, made, bars, signals)
            node.http, node.context = http, context
            yield node
        await view.stop(in_ms=0)
    finally:
        await server.stop()


@asynccontextmanager
async def bare(node, path=MARKET_DATA):
    """Connect with a tiny receive buffer."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", node.port))
    reader, writer = await asyncio.open_connection(sock=own, limit=2_048)
    writer.write(
        b"GET %b HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % path.encode()
    )
    client = BareClient(reader, writer)
    client.head = await reader.readuntil(b"\r\n\r\n")
    try:
        yield client
    finally:
        writer.transport.abort()
