"""What REST costs over a bare aiohttp handler that returns the same bytes, on a kept-alive loopback connection."""

import asyncio
import io
import multiprocessing
import re
import socket
import statistics
import time

import pytest
import uvloop
from aiohttp import web

from actors.bridge.server import Server
from actors.buffer.store import Buffer
from config.schema import BufferSection, LogSection, NodeConfig, ServerSection
from node.logs import configure_logs
from tests.bridge.fakes import BTC, bar_rows, instrument, make_context

BARS = f"/api/v1/bars?instrument_id={BTC}&interval=1m&limit=1000"
STATUS = "/api/v1/status"
ROUNDS = 10
REQUESTS = 100
MAX_MEDIAN_MS = 2.0


class _Nowhere(io.TextIOBase):
    """The access log is written, as in a node, and thrown away."""

    def write(self, text: str) -> int:
        return len(text)


class _Deaf:
    """Listens to the buffer as a node would, in a market that stands still."""

    def closed(self, series, row) -> None:
        raise AssertionError("no bar can close")

    def loaded(self, series) -> None:
        """The window is in place."""


def serve(ports) -> None:
    """Run the product's server and a bare one in this process, tell their ports, and go on until killed."""
    configure_logs(LogSection(format="json"), _Nowhere())
    uvloop.run(_serve(ports))


async def _serve(ports) -> None:
    buffer = Buffer(BufferSection(), {BTC: instrument(BTC)}, lambda _: None)
    buffer.preload(BTC, "1m", bar_rows(7_600))
    buffer.attach(None, _Deaf())
    config = NodeConfig(server=ServerSection(port=0, user_rate_limit_per_min=10_000_000))
    server = Server(make_context(config, bars=buffer), _no_websocket)
    await server.start()
    ports.send((server.port, await _serve_bare(server.port)))
    await asyncio.Event().wait()


async def _serve_bare(port: int) -> int:
    """Serve the bytes of the product's answers without doing anything for them."""
    app = web.Application()
    for path in (BARS, STATUS):
        body = await asyncio.to_thread(lambda path=path: Client(port).get(path))
        headers = {"Content-Type": "application/json"}

        async def answer(request, body=body, headers=headers):
            return web.Response(body=body, headers=headers)

        app.router.add_get(path.partition("?")[0], answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner.addresses[0][1]


async def _no_websocket(request):
    return web.Response(status=426)


class Client:
    """One kept-alive connection, nothing between it and the socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> bytes:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(1 << 18)
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        missing = int(re.search(rb"(?i)content-length: (\d+)", head)[1]) - len(body)
        parts = [body]
        while missing > 0:
            parts.append(self._socket.recv(min(missing, 1 << 18)))
            missing -= len(parts[-1])
        return b"".join(parts)

    def time_ms(self, path: str) -> list[float]:
        """Return how long each of some requests took until its last byte was here."""
        took = []
        for _ in range(REQUESTS):
            begun = time.perf_counter()
            self.get(path)
            took.append((time.perf_counter() - begun) * 1_000)
        return took


@pytest.fixture(scope="module")
def ports():
    """Ports of the product's server and of the bare one, both in one other process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    assert here.poll(30), "the server did not start"
    yield here.recv()
    process.kill()
    process.join()


@pytest.mark.bench
@pytest.mark.parametrize("path", [BARS, STATUS])
def test_time_of_a_request(ports, path):
    ours, bare = (Client(port) for port in ports)
    mine, floor = [], []
    for _ in range(ROUNDS):
        mine.append(ours.time_ms(path))
        floor.append(bare.time_ms(path))

    median, least = (min(statistics.median(took) for took in rounds) for rounds in (mine, floor))
    p99 = statistics.quantiles([one for took in mine for one in took], n=100)[98]
    size = len(ours.get(path))
    print(f"\n{path.partition('?')[0]} ({size} bytes)")
    print(f"  median of the quietest round {median:.3f} ms, p99 of all {p99:.3f} ms")
    print(f"  bare aiohttp {least:.3f} ms, ratio {median / least:.2f}, over it {(median - least) * 1_000:.0f} us")
    assert median <= MAX_MEDIAN_MS
