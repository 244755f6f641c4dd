"""Signing in over HTTP at a whole node, and what twenty at once do to its ticks.

The floor is the same node's ticks of the same run while nobody signs in: a tick's delay is how long after its turn of
the metronome a WebSocket client has it, the quickest one counting as on time.
"""

import asyncio
import os
import statistics
import sys
import time

import aiohttp
import msgspec
import pytest
import uvloop

from tests.live.people import PASSWORD, TEAM, first_admin
from tests.node_process import NodeProcess

pytestmark = pytest.mark.bench
RATE, ROUNDS, AT_ONCE, ALONE = 100, 8, 20, 10
CHANNEL = "trades:TICK-USDT.SIM"
SIGN_IN_S, LATER_MS = 0.5, 20.0
SETTINGS = ("log.level=warning", "server.rate_limit_per_min=1000000", "auth.max_sessions_per_user=100", "signals=[]")


async def signed_in(http, url, email):
    """Sign in; return (token, seconds it took)."""
    began = time.perf_counter()
    body = {"email": email, "password": PASSWORD}
    async with http.post(f"{url}/auth/v1/token?grant_type=password", json=body) as answer:
        found = await answer.json()
    assert answer.status == 200, found
    return found["access_token"], time.perf_counter() - began


async def ticks(http, url, token, heard):
    """Note (number of the tick, when it came) until cancelled."""
    async with http.ws_connect(f"{url}/ws", headers={"Authorization": f"Bearer {token}"}) as socket:
        await socket.send_json({"op": "subscribe", "id": 1, "ch": [CHANNEL]})
        async for message in socket:
            now, found = time.perf_counter(), msgspec.json.decode(message.data)
            if found["type"] == "trade":
                heard.append((round(float(found["data"]["price"]) * 100) - 1_000_000, now))


async def admitted(http, url, token):
    """Make as many users as sign in at once; return their emails."""
    emails = [f"user{number}@bench.test" for number in range(AT_ONCE)]
    for email in emails:
        body = {"email": email, "password": PASSWORD, "roles": ["viewer"], "must_change": False}
        async with http.post(f"{url}/api/v1/users", json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == 201, await answer.text()
    return emails


async def measured(url):
    """Return (seconds alone, seconds of twenty at once, delays while quiet, delays meanwhile), delays in ms."""
    heard = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        token, _ = await signed_in(http, url, "admin@localhost")
        emails = await admitted(http, url, token)
        listening = asyncio.create_task(ticks(http, url, token, heard))
        alone = [(await signed_in(http, url, "admin@localhost"))[1] for _ in range(ALONE)]
        busy, many = [], []
        quiet_from = time.perf_counter()
        await asyncio.sleep(6.0)
        quiet_to = time.perf_counter()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            found = await asyncio.gather(*(signed_in(http, url, email) for email in emails))
            busy.append((began, time.perf_counter()))
            many += [seconds for _, seconds in found]
        assert not listening.done(), await listening
        listening.cancel()
        await asyncio.wait([listening])
    on_time = min(at - number / RATE for number, at in heard)
    delays = [(at, (at - number / RATE - on_time) * 1e3) for number, at in heard]
    quiet = [delay for at, delay in delays if quiet_from <= at <= quiet_to]
    meanwhile = [delay for at, delay in delays if any(began <= at <= ended for began, ended in busy)]
    return alone, many, quiet, meanwhile


def p99(values):
    """Return the 99th percentile."""
    return sorted(values)[int(len(values) * 0.99)]


def test_signing_in_and_the_ticks_meanwhile(tmp_path):
    command = [sys.executable, "benchmarks/metronome.py", str(RATE), str(tmp_path / "sent.json")]
    with NodeProcess(tmp_path, *SETTINGS, config=TEAM, command=command) as node:
        node.ready()
        first_admin(node)
        alone, many, quiet, meanwhile = uvloop.run(measured(node.url))
        assert node.stop()[0] == 0, node.text()

    assert len(quiet) > RATE
    assert len(meanwhile) > RATE
    later = p99(meanwhile) - p99(quiet)
    print(
        f"\n  a sign-in takes {statistics.median(alone):.3f} s (bar {SIGN_IN_S}), one of {AT_ONCE} at once "
        f"{statistics.median(many):.2f} s; ticks p99 {p99(quiet):.1f} ms late, meanwhile {p99(meanwhile):.1f} ms: "
        f"{later:.1f} ms later (bar {LATER_MS:.0f}) of {len(meanwhile)}; load {os.getloadavg()[0]:.2f}"
    )
    assert statistics.median(alone) <= SIGN_IN_S
    assert later <= LATER_MS
