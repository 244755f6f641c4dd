"""Tick into the data client -> open bar of the 1m channel parsed by a WebSocket client, at 1,000 ticks a second.

The floor is a bare uvloop server that sends frames of the same size at the same rate to the same kind of client.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time

import aiohttp
import msgspec
import pytest
import uvloop

from tests.node_process import NodeProcess

pytestmark = pytest.mark.bench
RATE, SECONDS, RUNS = 1_000, 4.0, 5

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
        messages = uvloop.run(received(node.url, ["bars:TICK-USDT.SIM:1m"], SECONDS))
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


def test_tick_to_client(tmp_path):
    medians, ratios = [], []
    for run in range(RUNS):
        (tmp_path / str(run)).mkdir()
        found = sorted(node_latencies(tmp_path / str(run)))
        floor = sorted(floor_latencies(18_900 + run))
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
    assert statistics.median(medians) <= 1.5 or statistics.median(ratios) <= 3.0
