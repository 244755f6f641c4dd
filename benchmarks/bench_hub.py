"""What a delivery costs over a bare `send` on the same sockets, what joining saves, and what connections weigh.

`BENCH_CONNECTIONS` sets how many there are (1,000). All figures are medians of rounds in which every way has its turn;
on a machine that is busy with something else ratios may be a third above their bars, which is said.
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

CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "1000"))
MESSAGES = 60
ROUNDS = 7
STEADY_ROUNDS, STEADY_S = 3, 2.5
QUIET_LOAD = 1.5


class Bench:
    """The server process, asked to do things."""

    def __init__(self, pipe, reader, port, idle_kb, load):
        self.pipe = pipe
        self.reader = reader
        self.port = port
        self.idle_kb = idle_kb
        self.is_quiet = load < QUIET_LOAD
        self.margin = 1.0 if self.is_quiet else 1.35
        self._load = load

    def __str__(self):
        return f"load before {self._load:.2f}{'' if self.is_quiet else ', a busy machine'}"

    def delays(self):
        """Milliseconds from sending to reading of each message since the last call."""
        self.reader.send("delays")
        assert self.reader.poll(60)
        return self.reader.recv()

    def ask(self, *call):
        self.pipe.send(call)
        assert self.pipe.poll(300), call
        return self.pipe.recv()


@pytest.fixture(scope="module")
def bench():
    load = os.getloadavg()[0]
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
    mine.recv()
    assert here.poll(60), "the clients did not arrive"
    yield Bench(here, mine, port, here.recv(), load)
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


def median(values):
    return statistics.median(values)


@pytest.mark.bench
def test_cost_of_a_delivery(bench):
    ways = {"by_socket": [], "by_hub": [], "by_send_str": []}
    bench.ask("cost", "by_hub", MESSAGES)
    for _ in range(ROUNDS):
        for way, costs in ways.items():
            costs.append(bench.ask("cost", way, MESSAGES))
    floor, ours, send_str = ways.values()
    over_floor = median(own / bare for own, bare in zip(ours, floor, strict=True))
    over_ours = median(other / own for other, own in zip(send_str, ours, strict=True))

    print(f"\n{CONNECTIONS} connections, messages of 300 bytes, CPU per delivery (median of {ROUNDS} rounds), {bench}")
    print(f"  floor (socket.send)  {median(floor):6.2f} us")
    print(f"  hub                  {median(ours):6.2f} us   {over_floor:.2f} x the floor (bar: 1.3)")
    print(f"  ws.send_str          {median(send_str):6.2f} us   {over_ours:.2f} x the hub (bar: at least 1.5)")
    beyond = [median(own - bare for own, bare in zip(way, floor, strict=True)) for way in (ours, send_str)]
    print(f"  beyond the floor, which is the kernel's: hub {beyond[0]:.2f} us, ws.send_str {beyond[1]:.2f} us")
    assert over_floor <= 1.3 * bench.margin
    assert over_ours >= 1.5 / bench.margin


@pytest.mark.bench
def test_joining_the_messages_of_a_turn(bench):
    ratios = []
    for _ in range(ROUNDS):
        apart = bench.ask("cost", "by_hub", MESSAGES)
        ratios.append(bench.ask("cost", "by_hub", 4 * MESSAGES, 10) / apart)

    print(f"\nten messages of one turn: each {median(ratios):.2f} x what it costs alone (bar: 0.2)")
    assert median(ratios) <= 0.2


@pytest.mark.bench
@pytest.mark.parametrize(("rate", "clients", "bar"), [(100.0, 100, 2.0), (20.0, CONNECTIONS, 1.6)])
def test_a_steady_rate(bench, rate, clients, bar):
    clients = bench.ask("gathered", clients)
    costs, delays = {"nothing": [], "socket": [], "hub": []}, {"nothing": [], "socket": [], "hub": []}
    for _ in range(STEADY_ROUNDS):
        for way, found in costs.items():
            found.append(bench.ask("paced", way, rate, STEADY_S, clients))
            delays[way].append(median(bench.delays() or [0.0]))
    bench.ask("gathered", CONNECTIONS)
    over_floor = median(own.cpu_us / bare.cpu_us for own, bare in zip(costs["hub"], costs["socket"], strict=True))
    slower = median(own / bare for own, bare in zip(delays["hub"], delays["socket"], strict=True))
    lags = {way: median(one.lag_p99_ms for one in found) for way, found in costs.items()}
    added = median(own.lag_p99_ms - idle.lag_p99_ms for own, idle in zip(costs["hub"], costs["nothing"], strict=True))

    print(f"\n{rate:.0f} messages a second to {clients} connections (medians of {STEADY_ROUNDS} rounds), {bench}")
    cpu = ", ".join(f"{way} {median(one.cpu_us for one in costs[way]):.2f} us" for way in ("socket", "hub"))
    print(f"  CPU of everything per delivery: {cpu}: {over_floor:.2f} x (bar: {bar})")
    late = ", ".join(f"{way} {median(delays[way]):.2f} ms" for way in ("socket", "hub"))
    print(f"  until it is read, p50: {late}: {slower:.2f} x (bar: 2)")
    print(
        f"  loop lag p99: {', '.join(f'{way} {lag:.2f} ms' for way, lag in lags.items())}; added {added:.2f} (bar: 3)"
    )
    assert over_floor <= bar * bench.margin
    assert slower <= 2.0 * bench.margin
    assert added <= 3.0 * (1.0 if bench.is_quiet else 10.0)


@pytest.mark.bench
def test_memory(bench):
    stalled = RawClient(bench.port)
    stalled.subscribe("newest")
    time.sleep(0.1)
    bench.ask("grown", 2_000)
    grown_kb = min(bench.ask("grown", 40_000) for _ in range(2))  # the allocator may take a first megabyte

    print(f"\nan idle connection {bench.idle_kb:.1f} KB (bar: 16)")
    print(f"40,000 messages against a stalled client: {grown_kb:+.0f} KB (bar: 1,000)")
    assert bench.idle_kb <= 16.0
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

    middle = median(took)
    print(f"\nconnect, subscribe, snapshot of 500 bars ({size:,} bytes): median {middle:.2f} ms (bar: 5)")
    assert middle <= 5.0
