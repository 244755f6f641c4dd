"""Process start -> `/ready`, memory of the paper market, the end by a signal, and bars from memory against a miss."""

import os
import re
import signal
import statistics
import time
import urllib.request

import aiohttp
import pytest
import uvloop

from benchmarks.soak import memory_mb
from tests.node_process import NodeProcess

pytestmark = pytest.mark.bench
RUNS = 5
BARS = "/api/v1/bars?instrument_id=BTC-USDT.SIM&interval=1m&limit=1000"
QUIET = ("log.level=warning", "sim.request_latency_ms=0", "server.user_rate_limit_per_min=1000000")


def test_start_and_stop(tmp_path):
    ready, stopped = [], []
    for run in range(RUNS):
        with NodeProcess(tmp_path / str(run), "log.level=warning") as node:
            ready.append(node.ready())
            code, seconds = node.stop((signal.SIGINT, signal.SIGTERM)[run % 2])
        assert code == 0
        stopped.append(seconds)
    begin, end = statistics.median(ready), statistics.median(stopped)
    print(f"\n  ready after {begin:.2f} s (bar 3), ended in {end:.2f} s (bar 2); load {os.getloadavg()[0]:.2f}")
    assert begin <= 3.0
    assert end <= 2.0


def longest_stall_ms(metrics):
    """Upper bound of the longest stall, by the histogram of the loop's lag."""
    bounds = re.findall(r'whisperer_loop_lag_seconds_bucket\{le="([^"]+)"\} ([0-9.e+]+)', metrics)
    most = max(float(count) for _, count in bounds)
    return next(float(bound) for bound, count in bounds if float(count) == most) * 1_000


def test_a_start_leaves_the_loop_to_others(tmp_path):
    found = []
    for run in range(RUNS):
        with NodeProcess(tmp_path / str(run), "log.level=warning") as node:
            node.ready()
            time.sleep(1)
            found.append(longest_stall_ms(urllib.request.urlopen(f"{node.url}/metrics").read().decode()))
    median = statistics.median(found)
    print(f"\n  the loop stalls for less than {median:.0f} ms at a start (bar 50); load {os.getloadavg()[0]:.2f}")
    assert median <= 50


def test_memory_after_a_minute(tmp_path):
    with NodeProcess(tmp_path, "log.level=warning") as node:
        node.ready()
        time.sleep(60)
        found = memory_mb(node.process.pid)
    print(f"\n  {found:.0f} MB a minute after the start, nobody connected (bar 200)")
    assert found <= 200


async def timed(session, url):
    began = time.perf_counter()
    async with session.get(url) as answer:
        body = await answer.read()
    assert answer.status == 200
    return time.perf_counter() - began, body


async def hits_and_misses(url):
    async with aiohttp.ClientSession() as session:
        _, first = await timed(session, f"{url}{BARS}")
        oldest = int(first.split(b'"t":', 1)[1].split(b",", 1)[0])
        hits = [(await timed(session, f"{url}{BARS}"))[0] for _ in range(300)]
        ends = [oldest - (7_600 + page * 1_000) * 60_000 for page in range(20)]
        misses = [(await timed(session, f"{url}{BARS}&end={end}"))[0] for end in ends]
    return hits, misses


def test_bars_from_memory_and_from_the_source(tmp_path):
    found = []
    for run in range(RUNS):
        with NodeProcess(tmp_path / str(run), *QUIET) as node:
            node.ready()
            hits, misses = uvloop.run(hits_and_misses(node.url))
        found.append((statistics.median(hits) * 1e3, statistics.median(misses) * 1e3))
    hit, miss = (statistics.median(values) for values in zip(*found, strict=True))
    print(
        f"\n  1,000 bars: {hit:.2f} ms from memory (bar 2), {miss:.2f} ms from the source, a {miss / hit:.0f}th "
        f"(bar: a fifth); load {os.getloadavg()[0]:.2f}"
    )
    assert hit <= 2.0
    assert hit <= miss / 5
