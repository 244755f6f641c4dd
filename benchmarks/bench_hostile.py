"""What everybody else notices while one machine misbehaves: delays of good clients, codes, memory afterwards.

The attackers are a process of their own; a real node serves a market at 200 times its speed, and gives a client up that
has been stuck for 2 s instead of 10. `HOSTILE_S` sets how long each attack lasts (4).
"""

import asyncio
import json
import multiprocessing
import os
import statistics
import time
import urllib.request
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from benchmarks.attackers import ATTACKS, BARS, STALLED, tick_channels
from tests.node_process import NodeProcess

SECONDS = float(os.environ.get("HOSTILE_S", "4"))
MAX_DELAY_MS = 50.0
MAX_LEFT_MB = 10.0
SETTLED_MB, MAX_SETTLING_S = 0.5, 60.0
RING = 1_024
"""Rows that the longest ring of a tick channel keeps."""
STUCK_S = 2.0
SETTINGS = ("sim.speed=200", "log.level=error", f"ws.stuck_after_s={STUCK_S}")
CUT = 'whisperer_ws_closed_total{code="4508"}'
COUNTED = ("whisperer_ws_skipped_total", "whisperer_ws_killed_total", CUT)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with NodeProcess(tmp_path_factory.mktemp("state"), *SETTINGS) as node:
        node.ready()
        yield node


class GoodClients:
    """Ask for the time again and again and hear bars; remember how long each answer took.

    They are there before the attack, their snapshots read: a client's first question would wait behind those, and
    one such wait of each is already the hundredth of the answers that the bar is about.
    """

    def __init__(self, url):
        self.url = url
        self.delays_ms = []

    async def run(self, seconds, begin=lambda: None):
        """Connect, have whatever it is begin, and go on for so long."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            sockets = [await self._joined(session) for _ in range(8)]
            for ws in sockets:
                stack.push_async_callback(ws.close)
            await asyncio.to_thread(begin)
            await asyncio.gather(*(self._one(ws, seconds) for ws in sockets))

    async def _joined(self, session):
        async with asyncio.timeout(20):
            while True:
                try:
                    ws = await session.ws_connect(f"{self.url}/ws")
                    break
                except aiohttp.WSServerHandshakeError:  # the attack before had all connections there may be
                    await asyncio.sleep(0.1)
        missing = {*BARS, "signals", "status"}
        await ws.send_json({"op": "subscribe", "id": 0, "ch": sorted(missing)})
        async with asyncio.timeout(20):
            while missing:
                told = await ws.receive_json()
                if told["type"] == "snapshot":
                    missing.discard(told["ch"])
        return ws

    async def _one(self, ws, seconds):
        heard = asyncio.create_task(self._hear(ws))
        until = time.monotonic() + seconds
        number = 0
        while time.monotonic() < until:
            number += 1
            await ws.send_json({"op": "ping", "id": number, "t": time.monotonic()})
            await asyncio.sleep(0.06)  # below the limit of operations
        await asyncio.sleep(0.2)
        heard.cancel()

    async def _hear(self, ws):
        async for message in ws:
            told = json.loads(message.data)
            if told["type"] == "pong":
                self.delays_ms.append((time.monotonic() - told["t"]) * 1_000)

    @property
    def p99_ms(self):
        return statistics.quantiles(self.delays_ms, n=100)[98]


async def warm(node):
    """Hear everything until the windows and books are there and the rings are full."""
    ticks = tick_channels(node.port)
    missing = {*BARS, *ticks}
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{node.url}/ws", max_msg_size=0) as ws:
        await ws.send_json({"op": "subscribe", "id": 0, "ch": [*BARS, *ticks]})
        async with asyncio.timeout(60):
            while missing:
                told = await ws.receive_json()
                name = told.get("ch", "")
                is_log = name.startswith(("trades:", "book_delta:"))
                if told.get("seq", 0) > RING if is_log else told["type"] == "snapshot":
                    missing.discard(name)


def settled_mb(node):
    """Return the memory of a node that nobody attacks once it grows no more: the engine fills its caches at first."""
    deadline = time.monotonic() + MAX_SETTLING_S
    now_mb = memory_mb(node)
    while time.monotonic() < deadline:
        measured(node)
        before_mb, now_mb = now_mb, memory_mb(node)
        if now_mb - before_mb < SETTLED_MB:
            break
    return now_mb


def counted(node):
    """Return what the node has counted of clients that are too slow."""
    with urllib.request.urlopen(f"{node.url}/metrics", timeout=10) as answer:
        lines = [line.rpartition(" ") for line in answer.read().decode().splitlines()]
    found = {name: value for name, _, value in lines}
    return {name: float(found.get(name, 0)) for name in COUNTED}


def memory_mb(node):
    return int(Path(f"/proc/{node.process.pid}/statm").read_text().split()[1]) * 4_096 / 1e6


def measured(node, attack=None):
    """Return the good clients after some seconds of an attack, and what the attackers were told."""
    good = GoodClients(node.url)
    if attack is None:
        asyncio.run(good.run(SECONDS))
        return good, {}
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    attacker = context.Process(target=ATTACKS[attack], args=(node.port, SECONDS, there), daemon=True)

    def begin():
        attacker.start()
        assert here.poll(20), "the attacker did not begin"
        here.recv()

    asyncio.run(good.run(SECONDS, begin))
    assert here.poll(30), "the attacker did not end"
    told = here.recv()
    attacker.join(10)
    return good, told


@pytest.mark.bench
def test_others_see_no_delay(node):
    asyncio.run(warm(node))
    before_mb, slow_before = settled_mb(node), counted(node)
    calm, _ = measured(node)
    print(f"\nround trips of good clients, {SECONDS:g} s each, calm: p99 {calm.p99_ms:.1f} ms, {before_mb:.0f} MB")
    worst = {}
    for attack in ATTACKS:
        good, told = measured(node, attack)
        worst[attack] = good.p99_ms
        print(f"  {attack:22} p99 {good.p99_ms:6.1f} ms (bar: {MAX_DELAY_MS:.0f})  {memory_mb(node):6.1f} MB  {told}")
    slow = {name: count - slow_before[name] for name, count in counted(node).items()}
    print(
        f"  too slow: {', '.join(f'{name} {count:g}' for name, count in slow.items())} (of {STALLED} that never read)"
    )
    deadline = time.monotonic() + 60
    while memory_mb(node) - before_mb > MAX_LEFT_MB and time.monotonic() < deadline:
        time.sleep(0.5)
    left_mb = memory_mb(node) - before_mb
    print(f"  memory at the end {left_mb:+.1f} MB (bar: within {MAX_LEFT_MB:.0f} after 60 s)")
    assert slow[CUT] == STALLED
    assert max(worst.values()) <= MAX_DELAY_MS
    assert left_mb <= MAX_LEFT_MB
