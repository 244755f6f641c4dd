"""What the cache saves: old bars from this process and from Redis against the source, and what a lost Redis costs."""

import asyncio
import statistics
import time

import pytest
import structlog

from actors.buffer.recall import RecalledSource
from actors.buffer.source import Answer
from actors.cache.redis_store import RedisStore
from actors.cache.ttl import TtlCache
from actors.market import MINUTE_NS, BarRow, interval_of
from config.schema import CacheSection
from tests.redis_server import RedisServer

pytestmark = pytest.mark.bench
MINUTE = interval_of("1m")
END = 28_333_000 * MINUTE_NS
LATENCY_S = 0.02
"""Of the source, as the simulated market and a near venue have it."""
BLOCKS, BARS = 40, 1_000


@pytest.fixture(autouse=True)
def quiet():
    with structlog.testing.capture_logs():
        yield


class Slow:
    """A source of 1,000 bars a question."""

    async def ask(self, instrument_id, interval, *, start, end, limit):
        await asyncio.sleep(LATENCY_S)
        opens = range(end - BARS * MINUTE_NS, end, MINUTE_NS)
        return Answer(
            [BarRow(ts, 6_400_000, 6_400_100, 6_399_900, 6_400_050, 123_456_789) for ts in opens], is_all=False
        )


def node(shared=None):
    cache = TtlCache(CacheSection(), past="bench", shared=shared)
    cache.start()
    return cache, RecalledSource(Slow(), cache, lambda: END + 10**6 * MINUTE_NS)


async def timed(source):
    """Return the median seconds of a question, each for another block."""
    times = []
    for number in range(BLOCKS):
        began = time.perf_counter()
        await source.ask("BTC-USDT.SIM", MINUTE, start=None, end=END - number * BARS * MINUTE_NS, limit=BARS)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # it is another process that we wait for
            await asyncio.sleep(0.002)


async def test_old_bars_are_much_faster_from_the_cache(tmp_path):
    with RedisServer(tmp_path) as server:
        stores = [RedisStore(server.url, prefix="bench:", timeout_s=0.05) for _ in range(2)]
        (first, asking), (second, sharing) = (node(store) for store in stores)
        await until(lambda: all(store.trouble() is None for store in stores))
        miss = await timed(asking)
        hit = await timed(asking)
        await until(lambda: server.keys() == BLOCKS)
        shared = await timed(sharing)
        server.kill()
        first.clear()
        lost = await timed(asking)
        await first.stop()
        await second.stop()
    print(
        f"\n1,000 old bars: source {miss * 1e3:.1f} ms, this process {hit * 1e3:.2f} ms ({hit / miss:.1%}), "
        f"Redis {shared * 1e3:.2f} ms ({shared / miss:.1%}), Redis lost {lost / miss:.2f}x the source"
    )
    assert hit < 0.2 * miss, "the designs want four fifths saved"
    assert shared < 0.2 * miss
    assert lost < 1.2 * miss
