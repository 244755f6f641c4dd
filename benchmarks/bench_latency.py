"""Tick into the data client -> open bar of the 1m channel parsed by a WebSocket client, at 1,000 ticks a second.

The same for 100 clients at 100 ticks a second; these only look for the price. The floor is a bare uvloop server that
sends frames of the same size at the same rate to the same kind of clients.
"""

import asyncio
import json
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import time

import aiohttp
import msgspec
import pytest
import uvloop

from benchmarks.fanout import HANDSHAKE
from tests.node_process import NodeProcess, free_port

pytestmark = pytest.mark.bench
RATE, SECONDS, RUNS = 1_000, 4.0, 5
CLIENTS, CLIENTS_RATE, CLIENTS_RUNS = 100, 100, 3
CHANNEL = "bars:TICK-USDT.SIM:1m"
_PRICE = re.compile(rb'"c":"([0-9.]+)","v":"[^"]+","closed":false')
_STAMP = re.compile(rb'"t":([0-9.]+),"rest"')

FLOOR = """
import asyncio, sys, time, uvloop
from aiohttp import web
async def ws(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    rest, step, due = "x" * 170, 1 / int(sys.argv[2]), time.monotonic()
    for _ in range(int(sys.argv[3])):
        due += step
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await socket.send_str('{"t":%r,"rest":"%s"}' % (time.monotonic(), rest))
    await socket.close()
    return socket
app = web.Application()
app.router.add_get("/ws", ws)
web.run_app(app, port=int(sys.argv[1]), host="127.0.0.1", print=None, loop=uvloop.new_event_loop())
"""

FLOOR_OF_MANY = """
import asyncio, sys, time, uvloop
from aiohttp import web
sockets = []
async def ws(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    sockets.append(socket)
    async for _ in socket:
        pass
    return socket
async def send_all():
    while len(sockets) < int(sys.argv[3]):
        await asyncio.sleep(0.01)
    rest, step, due = "x" * 170, 1 / int(sys.argv[2]), time.monotonic()
    while True:
        due += step
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        text = '{"t":%r,"rest":"%s"}' % (time.monotonic(), rest)
        for socket in sockets:
            await socket.send_str(text)
async def begin(app):
    app["sending"] = asyncio.create_task(send_all())
app = web.Application()
app.router.add_get("/ws", ws)
app.on_startup.append(begin)
web.run_app(app, port=int(sys.argv[1]), host="127.0.0.1", print=None, loop=uvloop.new_event_loop())
"""


async def received(url, subscribe, seconds):
    """Return (monotonic time, parsed message) of what comes within `seconds`."""
    found = []
    decode = msgspec.json.Decoder().decode
    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            try:
                socket = await session.ws_connect(f"{url}/ws")
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
        if subscribe:
            await socket.send_json({"op": "subscribe", "id": 1, "ch": subscribe})
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = await socket.receive(timeout=10)
            heard = time.monotonic()
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            found.append((heard, decode(message.data)))
        await socket.close()
    return found


def node_latencies(tmp_path):
    sent_file = tmp_path / "sent.json"
    command = [sys.executable, "benchmarks/metronome.py", str(RATE), str(sent_file)]
    with NodeProcess(tmp_path, "log.level=warning", command=command) as node:
        node.ready()
        messages = uvloop.run(received(node.url, [CHANNEL], SECONDS))
        code, _ = node.stop()
    assert code == 0, node.text()
    sent = json.loads(sent_file.read_text())
    return [
        (heard - sent[m["data"]["c"]]) * 1e3
        for heard, m in messages
        if m["type"] == "bar" and not m["data"]["closed"] and m["data"]["c"] in sent
    ]


def floor_latencies(port):
    server = subprocess.Popen(
        [sys.executable, "-c", FLOOR, str(port), str(RATE), str(int(RATE * SECONDS / 2))], stderr=subprocess.DEVNULL
    )
    try:
        messages = uvloop.run(received(f"http://127.0.0.1:{port}", None, SECONDS * 2))
    finally:
        server.kill()
        server.wait()
    return [(heard - m["t"]) * 1e3 for heard, m in messages]


def heard_by_many(port, pattern, subscribe, seconds):
    """Return (monotonic time, what the pattern finds) of the messages to many clients within `seconds`."""
    found, room = [], bytearray(1 << 16)
    text = json.dumps({"op": "subscribe", "id": 1, "ch": [subscribe]}).encode() if subscribe else None
    with selectors.DefaultSelector() as selector:
        for _ in range(CLIENTS):
            one = socket.create_connection(("127.0.0.1", port))
            one.sendall(HANDSHAKE if text is None else HANDSHAKE + bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text)
            one.setblocking(False)
            selector.register(one, selectors.EVENT_READ)
        end = time.monotonic() + seconds
        while time.monotonic() < end and selector.get_map():
            for key, _ in selector.select(0.1):
                size = key.fileobj.recv_into(room)
                now = time.monotonic()
                found += [(now, told) for told in pattern.findall(room, 0, size)]
                if size == 0:
                    selector.unregister(key.fileobj)
        for key in list(selector.get_map().values()):
            key.fileobj.close()
    return found


def node_to_many(tmp_path):
    sent_file = tmp_path / "sent.json"
    command = [sys.executable, "benchmarks/metronome.py", str(CLIENTS_RATE), str(sent_file)]
    with NodeProcess(tmp_path, "log.level=warning", command=command) as node:
        node.ready()
        heard = heard_by_many(node.port, _PRICE, CHANNEL, SECONDS)
        code, _ = node.stop()
    assert code == 0, node.text()
    sent = json.loads(sent_file.read_text())
    return [(now - sent[told.decode()]) * 1e3 for now, told in heard if told.decode() in sent]


def floor_to_many(port):
    command = [sys.executable, "-c", FLOOR_OF_MANY, str(port), str(CLIENTS_RATE), str(CLIENTS)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        return [(now - float(told)) * 1e3 for now, told in heard_by_many(port, _STAMP, None, SECONDS)]
    finally:
        server.kill()
        server.wait()


def test_tick_to_many_clients(tmp_path):
    medians, floors = [], []
    for run in range(CLIENTS_RUNS):
        (tmp_path / str(run)).mkdir()
        found, floor = sorted(node_to_many(tmp_path / str(run))), floor_to_many(free_port())
        assert len(found) > 0.5 * CLIENTS * CLIENTS_RATE * SECONDS
        medians.append(statistics.median(found))
        floors.append(statistics.median(floor))
        late = found[int(len(found) * 0.99)]
        print(
            f"\n  run {run + 1}: median {medians[-1]:.2f} ms, p99 {late:.2f} ms of {len(found)} messages; "
            f"floor {floors[-1]:.2f} ms; load {os.getloadavg()[0]:.2f}",
            end="",
        )
    ratio = statistics.median(medians) / statistics.median(floors)
    print(
        f"\n  tick -> {CLIENTS} clients at {CLIENTS_RATE} a second: median of {CLIENTS_RUNS} runs "
        f"{statistics.median(medians):.2f} ms (bar 3), {ratio:.1f} x the floor"
    )
    assert statistics.median(medians) <= 3.0


def test_tick_to_client(tmp_path):
    medians, ratios = [], []
    for run in range(RUNS):
        (tmp_path / str(run)).mkdir()
        found = sorted(node_latencies(tmp_path / str(run)))
        floor = sorted(floor_latencies(free_port()))
        medians.append(statistics.median(found))
        ratios.append(medians[-1] / statistics.median(floor))
        middle, late = statistics.median(floor), found[int(len(found) * 0.99)]
        print(
            f"\n  run {run + 1}: median {medians[-1]:.2f} ms, p99 {late:.2f} ms of {len(found)} messages; "
            f"floor {middle:.2f} ms; load {os.getloadavg()[0]:.2f}",
            end="",
        )
    print(
        f"\n  tick -> client: median of {RUNS} runs {statistics.median(medians):.2f} ms (bar 1.5), "
        f"{statistics.median(ratios):.1f} x the floor"
    )
    assert statistics.median(medians) <= 1.5
