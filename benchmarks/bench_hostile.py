"""What everybody else notices while one machine misbehaves: delays of good clients, codes, memory afterwards.

The attackers are a process of their own; a real node serves. `HOSTILE_S` sets how long each attack lasts (4).
"""

import asyncio
import json
import multiprocessing
import os
import statistics
import time
from pathlib import Path

import aiohttp
import pytest

from benchmarks.attackers import ATTACKS, CHANNELS
from tests.node_process import NodeProcess

SECONDS = float(os.environ.get("HOSTILE_S", "4"))
MAX_DELAY_MS = 50.0
MAX_LEFT_MB = 10.0


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with NodeProcess(tmp_path_factory.mktemp("state"), "sim.speed=10", "log.level=error") as node:
        node.ready()
        yield node


class GoodClients:
    """Ask for the time again and again and hear bars; remember how long each answer took."""

    def __init__(self, url):
        self.url = url
        self.delays_ms = []

    async def run(self, seconds):
        await asyncio.gather(*(self._one(seconds) for _ in range(8)))

    async def _one(self, seconds):
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.url}/ws") as ws:
            await ws.send_json({"op": "subscribe", "id": 0, "ch": [*CHANNELS, "signals", "status"]})
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
    attacker.start()
    assert here.poll(20), "the attacker did not begin"
    here.recv()
    asyncio.run(good.run(SECONDS))
    assert here.poll(30), "the attacker did not end"
    told = here.recv()
    attacker.join(10)
    return good, told


@pytest.mark.bench
def test_others_see_no_delay(node):
    measured(node)
    before_mb = memory_mb(node)
    calm, _ = measured(node)
    print(f"\nround trips of good clients, {SECONDS:g} s each, calm: p99 {calm.p99_ms:.1f} ms, {before_mb:.0f} MB")
    worst = {}
    for attack in ATTACKS:
        good, told = measured(node, attack)
        worst[attack] = good.p99_ms
        print(f"  {attack:22} p99 {good.p99_ms:6.1f} ms (bar: {MAX_DELAY_MS:.0f})  {memory_mb(node):6.1f} MB  {told}")
    deadline = time.monotonic() + 60
    while memory_mb(node) - before_mb > MAX_LEFT_MB and time.monotonic() < deadline:
        time.sleep(0.5)
    left_mb = memory_mb(node) - before_mb
    print(f"  memory at the end {left_mb:+.1f} MB (bar: within {MAX_LEFT_MB:.0f} after 60 s)")
    assert max(worst.values()) <= MAX_DELAY_MS
    assert left_mb <= MAX_LEFT_MB
