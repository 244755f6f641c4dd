"""Values of a closed range are computed once, and again as soon as a bar of it is another one."""

import asyncio

import msgspec

from actors.clock import MarketClock
from actors.market import MINUTE_NS
from actors.ports import IndicatorsPage
from config.errors import VenueUnavailableError
from tests.bridge.fakes import BTC, START_NS, FakeBars, bar_rows, make_context
from tests.bridge.rest_client import serving

MS = 10**6
END_NS = START_NS + 20 * MINUTE_NS


class Computed:
    """Indicators that count how often a page of them is computed."""

    def __init__(self, bars):
        self.bars = bars
        self.pages = 0
        self.failure = None

    def canonical(self, name):
        return name

    async def page(self, instrument_id, interval, name, *, start, end, limit):
        self.pages += 1
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        page = await self.bars.page(instrument_id, interval, start=start, end=end, limit=limit)
        rows = [b'{"t":%d,"values":{"value":%d},"closed":true}' % (ts // MS, self.pages) for ts in page.opens]
        return IndicatorsPage(rows, page.opens, page.holes, page.has_older)


class World:
    def __init__(self, *, now=END_NS):
        self.bars, clock = FakeBars(), MarketClock()
        self.bars.put(BTC, "1m", bar_rows(30))
        clock.reset(now)
        self.indicators = Computed(self.bars)
        self.context = make_context(bars=self.bars, indicators=self.indicators, clock=clock)

    async def ask(self, *questions):
        async with serving(self.context) as client:
            return [
                await client.get(f"/api/v1/indicators?instrument_id={BTC}&interval=1m&{question}")
                for question in questions
            ]


def closed(end=END_NS, limit=10, name="EMA(20)"):
    return f"name={name}&end={end // MS}&limit={limit}"


async def test_a_closed_range_is_computed_once():
    world = World()
    first, second = await world.ask(closed(), closed())

    assert world.indicators.pages == 1
    assert first.json() == second.json()
    assert len(first.json()["items"]) == 10


async def test_those_who_ask_at_once_have_it_computed_once():
    world = World()
    async with serving(world.context) as client:
        path = f"/api/v1/indicators?instrument_id={BTC}&interval=1m&{closed()}"
        answers = await asyncio.gather(*(client.get(path) for _ in range(8)))

    assert world.indicators.pages == 1
    assert len({answer.body for answer in answers}) == 1


async def test_a_range_that_has_not_closed_is_computed_each_time():
    world = World(now=END_NS - 1)
    await world.ask(closed(), closed(), "name=EMA(20)", "name=EMA(20)", f"name=EMA(20)&start={START_NS // MS}")

    assert world.indicators.pages == 5


async def test_another_question_is_another_answer():
    world = World()
    others = [closed(end=END_NS - MINUTE_NS), closed(limit=9), closed(name="EMA(21)")]
    await world.ask(closed(), *others, f"{closed()}&start={START_NS // MS}")

    assert world.indicators.pages == 5


async def test_the_next_page_has_an_answer_of_its_own():
    world = World()
    (first,) = await world.ask(closed())
    second, again = await world.ask(*[f"{closed()}&cursor={first.json()['next']}"] * 2)

    assert world.indicators.pages == 2
    assert second.json() == again.json()
    assert second.json()["items"][-1]["t"] < first.json()["items"][0]["t"]


async def test_after_a_bar_was_corrected_the_values_are_new():
    world = World()
    (before,) = await world.ask(closed())
    rows = bar_rows(30)
    rows[15] = msgspec.structs.replace(rows[15], close=rows[15].close + 1)
    world.bars.put(BTC, "1m", rows)
    (after,) = await world.ask(closed())

    assert world.indicators.pages == 2
    assert before.json() != after.json()


async def test_a_failure_is_kept_for_nobody():
    world = World()
    world.indicators.failure = VenueUnavailableError("no answer")
    (refused,) = await world.ask(closed())
    world.indicators.failure = None
    (answered,) = await world.ask(closed())

    assert (refused.status, refused.json()["code"]) == (503, "venue_unavailable")
    assert answered.status == 200
