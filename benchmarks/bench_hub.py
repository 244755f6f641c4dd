"""What a delivery costs over a bare `send` on the same sockets, what joining saves, and what connections weigh.

`BENCH_CONNECTIONS` sets how many there are (500).
"""

import json
import multiprocessing
import os
import socket
import statistics
import time

import pytest

from benchmarks.fanout import HANDSHAKE, read, serve
from tests.bridge.fakes import BTC

CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "500"))
MESSAGES = 100
ROUNDS = 8


class Bench:
    """The server process, asked to do things."""

    def __init__(self, pipe, port, idle_kb):
        self.pipe = pipe
        self.port = port
        self.idle_kb = idle_kb

    def ask(self, *call):
        self.pipe.send(call)
        assert self.pipe.poll(300), call
        return self.pipe.recv()


@pytest.fixture(scope="module")
def bench():
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    mine, theirs = context.Pipe()
    server = context.Process(target=serve, args=(there, CONNECTIONS), daemon=True)
    server.start()
    assert here.poll(60), "the server did not start"
    port = here.recv()
    reader = context.Process(target=read, args=(port, CONNECTIONS, theirs), daemon=True)
    reader.start()
    assert mine.poll(60), "the clients did not connect"
    assert here.poll(60), "the clients did not arrive"
    yield Bench(here, port, here.recv())
    for process in (reader, server):
        process.kill()
        process.join()


class RawClient:
    """A blocking client with a tiny receive buffer."""

    def __init__(self, port, receive_buffer=4_096):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(HANDSHAKE)
        self.received = b""

    def subscribe(self, name):
        text = json.dumps({"op": "subscribe", "id": 1, "ch": [name]}).encode()
        self.socket.sendall(bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text)

    def until(self, ending):
        while not self.received.endswith(ending):
            self.received += self.socket.recv(1 << 18)


@pytest.mark.bench
def test_cost_of_a_delivery(bench):
    ways = {"by_socket": [], "by_hub": [], "by_send_str": []}
    bench.ask("cost", "by_hub", MESSAGES)
    for _ in range(ROUNDS):
        for way, costs in ways.items():
            costs.append(bench.ask("cost", way, MESSAGES))
    floor, ours, send_str = (min(costs) for costs in ways.values())

    print(f"\n{CONNECTIONS} connections, messages of 300 bytes, CPU per delivery (quietest of {ROUNDS} rounds)")
    print(f"  floor (socket.send)  {floor:6.2f} us")
    print(f"  hub                  {ours:6.2f} us   {ours / floor:.2f} x the floor (bar: 1.3)")
    print(f"  ws.send_str          {send_str:6.2f} us   {send_str / ours:.2f} x the hub (bar: at least 1.5)")
    assert ours <= 1.5 * floor
    assert send_str >= 1.3 * ours


@pytest.mark.bench
def test_joining_the_messages_of_a_turn(bench):
    apart = min(bench.ask("cost", "by_hub", MESSAGES) for _ in range(ROUNDS))
    joined = min(bench.ask("cost", "by_hub", 4 * MESSAGES, 10) for _ in range(ROUNDS))

    print(f"\nten messages of one turn: {joined:.2f} us each, apart {apart:.2f} us: {joined / apart:.2f} x (bar: 0.2)")
    assert joined <= 0.25 * apart


@pytest.mark.bench
@pytest.mark.parametrize(("rate", "seconds"), [(20.0, 5.0)])
def test_a_steady_rate(bench, rate, seconds):
    idle = bench.ask("paced", "nothing", rate, 2.0)
    floor = bench.ask("paced", "socket", rate, seconds)
    ours = bench.ask("paced", "hub", rate, seconds)

    print(f"\n{rate:.0f} messages a second to {CONNECTIONS} connections, CPU of everything per delivery")
    print(f"  floor {floor.cpu_us:.2f} us, hub {ours.cpu_us:.2f} us: {ours.cpu_us / floor.cpu_us:.2f} x (bar: 1.6)")
    print(f"  loop lag p99: idle {idle.lag_p99_ms:.2f} ms, floor {floor.lag_p99_ms:.2f}, hub {ours.lag_p99_ms:.2f} ms")
    assert ours.cpu_us <= 2.0 * floor.cpu_us


@pytest.mark.bench
def test_memory(bench):
    stalled = RawClient(bench.port)
    stalled.subscribe("newest")
    time.sleep(0.1)
    bench.ask("grown", 2_000)
    grown_kb = min(bench.ask("grown", 40_000) for _ in range(2))  # the allocator may take a first megabyte

    print(f"\nan idle connection {bench.idle_kb:.1f} KB (bar: 16)")
    print(f"40,000 messages against a stalled client: {grown_kb:+.0f} KB (bar: 1,000)")
    assert bench.idle_kb <= 20
    assert grown_kb < 1_000


@pytest.mark.bench
def test_time_to_the_first_snapshot(bench):
    took = []
    for _ in range(60):
        begun = time.perf_counter()
        client = RawClient(bench.port, 1 << 20)
        client.subscribe(f"bars:{BTC}:1m")
        client.until(b'"closed":true}]}')
        took.append((time.perf_counter() - begun) * 1_000)
        client.socket.close()
    size = len(client.received)

    median = statistics.median(took)
    print(f"\nconnect, subscribe, snapshot of 500 bars ({size:,} bytes): median {median:.2f} ms (bar: 5)")
    assert median <= 10
