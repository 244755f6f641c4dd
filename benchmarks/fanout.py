"""A server process whose connections are written to in several ways, and a process of clients that only read."""

import asyncio
import gc
import os
import resource
import selectors
import socket
import time
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import override

import uvloop
from msgspec import Struct

from actors.bridge.channel import Channel
from actors.bridge.channels.bars import Bars
from actors.bridge.delivery.streams import Streams
from actors.bridge.hub import Hub, Wish
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from actors.bridge.wire_messages import BarsSnapshot, BarUpdate
from config.registry import Registry
from config.schema import LogSection, NodeConfig, ServerSection, WebSocketSection
from node.logs import configure_logs
from tests.bridge.fakes import BTC, FakeBars, bar_rows, make_context

BODY = b'{"pad":"%b"}' % (b"x" * 210)
"""With the rest of its message 300 bytes."""
STAMPED = b'{"at":%020d,"pad":"%b"}'
"""The same with the moment at which it was sent, on the monotonic clock that all processes share, in ns."""
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Flood(Channel):
    """A log of nothing."""

    kind = "log"
    update = BarUpdate
    snapshot_message = BarsSnapshot

    @override
    def snapshot(self) -> list[bytes]:
        return []


class Newest(Flood):
    """A latest value of nothing, another one each time it is looked at."""

    kind = "latest"
    numbers = iter(range(10**9))

    @override
    def newest(self) -> bytes:
        return b'{"n":%d,"pad":"%b"}' % (next(self.numbers), b"x" * 200)


def stamped() -> bytes:
    return STAMPED % (time.monotonic_ns(), b"x" * 183)


class Cost(Struct):
    """CPU of the server process, microseconds per delivery, and the loop's lag, milliseconds."""

    cpu_us: float
    lag_p99_ms: float = 0.0


class Ways:
    """The same connections, written to by the hub and in other ways."""

    def __init__(self, hub: Hub, view: WebSocketView) -> None:
        self.hub = hub
        self.stream = hub.streams.meant("flood", "")
        self.connections = hub.connections
        for connection in self.connections:
            hub.subscribe(connection, [Wish(stream=self.stream)])
            hub.catch_up(connection)
        self.stream = hub.streams.find("flood")
        self.transports = [one.transport for one in self.connections]
        self.websockets = list(view._sockets)
        self.sockets = [socket.socket(fileno=os.dup(one.get_extra_info("socket").fileno())) for one in self.transports]

    async def rest(self) -> None:
        """Wait until everything is on its way."""
        while any(one.get_write_buffer_size() for one in self.transports):  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.001)

    async def breathe(self) -> None:
        """Wait while the clients are far behind."""
        while max(one.get_write_buffer_size() for one in self.transports) > 131_072:  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.001)

    async def delivered(self) -> None:
        """Wait until the hub has nothing left to write."""
        await asyncio.sleep(0)
        while self.hub._fanout._batches or self.hub._fanout._changed:  # noqa: ASYNC110  # no event
            await asyncio.sleep(0)

    async def by_hub(self, messages: int, per_tick: int = 1) -> None:
        for number in range(messages // per_tick):
            self.hub.publish(self.stream, [BODY] * per_tick)
            await self.delivered()
            if number % 8 == 0:
                await self.breathe()
        await self.rest()

    async def by_socket(self, messages: int) -> None:
        """The floor: one `send` for each."""
        for _ in range(messages):
            self.send_each(BODY, self.sockets)

    def send_each(self, body: bytes, sockets: list[socket.socket]) -> None:
        frame = self.stream._envelope.update(1, 1_700_000_000_000, body)
        for one in sockets:
            send_all(one, frame)

    async def by_send_str(self, messages: int) -> None:
        stream = self.stream
        for number in range(messages):
            text = stream._envelope.update(1, 1_700_000_000_000, BODY)[4:].decode()
            for ws in self.websockets:
                await ws.send_str(text)
            if number % 8 == 0:
                await self.breathe()
        await self.rest()

    async def cost(self, way: str, messages: int, *rest: int) -> float:
        """Return the CPU of one way, microseconds per delivery."""
        gc.collect()
        begun = cpu_s()
        await getattr(self, way)(messages, *rest)
        return (cpu_s() - begun) * 1e6 / (messages * len(self.connections))

    async def grown(self, messages: int) -> float:
        """Return by how much memory grows, KB, while a latest value changes so often for who listens to it."""
        gc.collect()
        before = rss_kb()
        stream = self.hub.streams.find("newest")
        for number in range(messages):
            self.hub.touch(stream)
            if number % 10 == 0:
                await asyncio.sleep(0)
        await self.delivered()
        gc.collect()
        return rss_kb() - before

    async def gathered(self, count: int) -> int:
        """Have only so many connections hear the flood; return how many these are."""
        for number, connection in enumerate(self.connections):
            if number >= count:
                self.hub.unsubscribe(connection, ["flood"])
            elif "flood" not in connection.lanes:
                self.hub.subscribe(connection, [Wish(stream=self.stream)])
                self.hub.catch_up(connection)
        await self.rest()
        return min(count, len(self.connections))

    async def paced(self, way: str, rate: float, seconds: float, count: int) -> Cost:
        """Return the CPU and the lag of the loop at a steady rate of messages to some connections."""
        lags: list[float] = []
        watch = asyncio.create_task(watch_lag(lags))
        begun, started, messages = cpu_s(), time.monotonic(), int(rate * seconds)
        for number in range(messages):
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
            if way == "hub":
                self.hub.publish(self.stream, [stamped()])
            elif way == "socket":
                self.send_each(stamped(), self.sockets[:count])
        await self.rest()
        used = cpu_s() - begun
        watch.cancel()
        lags.sort()
        lag = lags[int(len(lags) * 0.99)] * 1_000
        return Cost(used * 1e6 / max(1, messages * count), lag)


async def watch_lag(lags: list[float]) -> None:
    """Note how late a sleeper wakes."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.005
        await asyncio.sleep(0.005)
        lags.append(max(0.0, loop.time() - due))


def send_all(one: socket.socket, data: bytes) -> None:
    """Send, waiting when the socket is full."""
    try:
        sent = one.send(data)
    except BlockingIOError:
        sent = 0
    while sent < len(data):
        with selectors.DefaultSelector() as selector:
            selector.register(one, selectors.EVENT_WRITE)
            selector.select(1.0)
        sent += one.send(data[sent:])


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rss_kb() -> float:
    """Memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1_024


def serve(pipe: Pipe, connections: int) -> None:
    """Run the server; call what the pipe asks for and answer with the result."""
    raise_limits()
    configure_logs(LogSection(format="json", level="error"), Path(os.devnull).open("w"))  # noqa: SIM115  # for as long as the process lives
    uvloop.run(_serve(pipe, connections))


async def _serve(pipe: Pipe, connections: int) -> None:
    bars = FakeBars()
    bars.put(BTC, "1m", bar_rows(1_000))
    config = NodeConfig(
        server=ServerSection(port=0),
        ws=WebSocketSection(
            max_concurrent_connections=connections + 10, heartbeat_interval_s=3_600.0, idle_heartbeat_s=3_600.0
        ),
    )
    context = make_context(config, bars=bars)
    registry: Registry[Channel] = Registry("channel", "actors.bridge.channels")
    registry.register("flood")(Flood)
    registry.register("newest")(Newest)
    registry.register("bars")(Bars)
    hub = Hub(context, streams=Streams(context, registry=registry))
    view = WebSocketView(hub, context)
    server = Server(context, view.handle)
    await server.start()
    gc.collect()
    gc.freeze()
    before = rss_kb()
    pipe.send(server.port)
    while len(hub.connections) < connections:  # noqa: ASYNC110  # no event
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    gc.collect()
    pipe.send((rss_kb() - before) / connections)
    ways = Ways(hub, view)
    loop = asyncio.get_running_loop()
    while True:
        asked = await loop.run_in_executor(None, pipe.recv)
        name, *arguments = asked
        pipe.send(await getattr(ways, name)(*arguments))


def read(port: int, connections: int, pipe: Pipe) -> None:
    """Connect clients and read whatever comes, for ever; tell how long stamped messages took, ms, when asked."""
    raise_limits()
    selector = selectors.DefaultSelector()
    selector.register(pipe, selectors.EVENT_READ)
    delays: list[float] = []
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(HANDSHAKE)
        one.setblocking(False)
        selector.register(one, selectors.EVENT_READ)
    pipe.send("connected")
    room = bytearray(1 << 16)
    while True:
        for key, _ in selector.select():
            if key.fileobj is pipe:
                pipe.recv()
                pipe.send(delays)
                delays = []
                continue
            try:
                size = key.fileobj.recv_into(room)
            except BlockingIOError:
                continue
            if size == 0:
                selector.unregister(key.fileobj)
            elif (at := room.find(b'"at":', 0, min(size, 400))) > 0 and at + 25 <= size:
                delays.append((time.monotonic_ns() - int(room[at + 5 : at + 25])) / 1e6)


def raise_limits() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
