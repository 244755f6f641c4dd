"""History recalled from the cache: only what is past for good, never what may still change."""

import asyncio
import time

import pytest

from actors.buffer.recall import RecalledSource
from actors.buffer.source import Answer
from actors.buffer.store import Buffer
from actors.cache.ttl import TtlCache
from actors.market import MINUTE_NS, SECOND_NS, BarRow, interval_of
from config.errors import VenueUnavailableError
from config.schema import BufferSection, CacheSection
from tests.unit.traded_market import NAME, START, Ear, RowsMarket, instrument, rows

MINUTE = interval_of("1m")
NOW = 1_700_000_040 * SECOND_NS
OLD = NOW - 300 * SECOND_NS
"""A range that ends then ended a lifetime ago."""


class Market:
    """A source that keeps what it was asked."""

    def __init__(self):
        self.asked = []
        self.failure = None

    async def ask(self, instrument_id, interval, *, start, end, limit):
        self.asked.append((instrument_id, interval.name, start, end, limit))
        if self.failure is not None:
            raise self.failure
        last = interval.floor((end or NOW) - 1)
        opens = range(last - 4 * interval.duration_ns, last + 1, interval.duration_ns)
        return Answer([BarRow(ts, 5, 9, 1, 7, 2**70 + ts % 7) for ts in opens], is_all=True)


class World:
    def __init__(self, **section):
        self.market, self.now = Market(), NOW
        self.cache = TtlCache(CacheSection(**section))
        self.source = RecalledSource(self.market, self.cache, lambda: self.now)

    async def ask(self, instrument_id="BTC-USDT.SIM", interval=MINUTE, *, start=None, end=OLD, limit=1_001):
        return await self.source.ask(instrument_id, interval, start=start, end=end, limit=limit)


async def test_what_is_past_for_good_is_asked_once_and_recalled_exactly():
    world = World()
    first, second = await world.ask(), await world.ask()

    assert len(world.market.asked) == 1
    truth = await world.market.ask("BTC-USDT.SIM", MINUTE, start=None, end=OLD, limit=1_001)
    assert first.rows == second.rows == truth.rows
    assert first.is_all is second.is_all is True
    assert [type(row) for row in second.rows] == [BarRow] * 5
    assert 240.0 < second.good_for_s <= 300.0


@pytest.mark.parametrize("end", [OLD + 1, NOW, NOW + MINUTE_NS, None])
async def test_what_may_still_change_is_asked_each_time(end):
    world = World()
    answers = [await world.ask(end=end) for _ in range(2)]

    assert len(world.market.asked) == 2
    assert [answer.good_for_s for answer in answers] == [300.0, 300.0]


async def test_a_range_that_ends_within_a_bar_is_past_once_that_bar_is():
    world = World()
    hour = interval_of("1h")
    end = hour.floor(NOW - 2 * hour.duration_ns) + 1
    for now in (hour.close(end) + 299 * SECOND_NS, hour.close(end) + 300 * SECOND_NS):
        world.now = now
        for _ in range(2):
            await world.ask(interval=hour, end=end)

    assert len(world.market.asked) == 2 + 1


async def test_after_a_jump_back_nothing_is_recalled_from_what_is_then_the_future():
    world = World()
    await world.ask()
    world.now = OLD - 1
    await world.ask()

    assert len(world.market.asked) == 2


QUESTION = {"instrument_id": "BTC-USDT.SIM", "interval": MINUTE, "start": None, "end": OLD, "limit": 1_001}


@pytest.mark.parametrize(
    "other",
    [
        {"instrument_id": "ETH-USDT.SIM"},
        {"interval": interval_of("5m")},
        {"start": OLD - MINUTE_NS},
        {"end": OLD - MINUTE_NS},
        {"limit": 1},
    ],
)
async def test_another_question_is_another_answer(other):
    world = World()
    for question in (QUESTION, QUESTION | other):
        await world.ask(**question)

    assert len(world.market.asked) == 2


async def test_a_source_that_does_not_answer_is_asked_again_next_time():
    world = World()
    world.market.failure = VenueUnavailableError("no answer")
    with pytest.raises(VenueUnavailableError):
        await world.ask()
    world.market.failure = None

    assert len((await world.ask()).rows) == 5


async def test_those_who_ask_at_once_ask_the_source_once():
    world = World()
    await asyncio.gather(*(world.ask() for _ in range(20)))

    assert len(world.market.asked) == 1


async def test_what_cannot_be_read_is_asked_for_and_forgotten():
    world = World()

    async def nonsense():
        return b"\xc1 not ours"

    await world.cache.get("historical", f"bars:BTC-USDT.SIM:1m:None:{OLD}:1001", nonsense)
    answers = [await world.ask() for _ in range(3)]

    assert [len(answer.rows) for answer in answers] == [5, 5, 5]
    assert len(world.market.asked) == 2


class Recalling:
    """A real buffer whose history goes through a cache."""

    def __init__(self, cache, *, blocks=64):
        self.market = RowsMarket(rows(10_000))
        section = BufferSection(window=200, cache_blocks=blocks)
        self.buffer = Buffer(
            section,
            {NAME: instrument()},
            {NAME: None}.get,
            recalled=lambda source: RecalledSource(source, cache, lambda: self.market.position),
        )

    async def page(self, end):
        page = await self.buffer.page(NAME, "1m", start=None, end=end, limit=100)
        return list(page.opens), list(page.rows)

    async def loaded(self):
        self.buffer.attach(self.market, Ear())
        await self.buffer.loaded(NAME, "1m")
        self.market.asked.clear()
        return self


async def test_the_buffer_gives_the_same_bars_from_the_cache_as_from_the_source():
    cache = TtlCache(CacheSection())
    first, second = [await Recalling(cache).loaded() for _ in range(2)]
    end = START + 4_500 * MINUTE_NS

    assert await first.page(end) == await second.page(end)
    assert len(first.market.asked) == 1
    assert second.market.asked == []


async def test_a_block_pushed_out_of_the_buffer_is_still_in_the_cache():
    one = await Recalling(TtlCache(CacheSection()), blocks=1).loaded()
    for minute in (4_500, 2_500, 4_500):
        await one.page(START + minute * MINUTE_NS)

    assert len(one.market.asked) == 2


async def test_no_block_of_the_buffer_is_shown_for_longer_than_the_lifetime_of_the_past():
    one = await Recalling(TtlCache(CacheSection(historical_s=0.1))).loaded()
    began = time.monotonic()
    for _ in range(2):
        await one.page(START + 4_500 * MINUTE_NS)
    assert len(one.market.asked) == 1 or time.monotonic() - began > 0.1
    asked = len(one.market.asked)
    await asyncio.sleep(0.11)  # time is what is tested
    await one.page(START + 4_500 * MINUTE_NS)

    assert len(one.market.asked) == asked + 1
