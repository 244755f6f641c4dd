"""Pages: from memory, else from the source; asked once, never asked again for what is not there."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.buffer.history import BLOCK, HITS, MISSES, PAGE_TIME
from actors.market import MINUTE_NS, SECOND_NS, holes, interval_of
from config.errors import UnknownInstrumentError, UnsupportedIntervalError, VenueUnavailableError
from tests.unit.traded_market import NAME, START, Ear, RowsMarket, buffer_of, rows


def old_market(count=10_000, without=()):
    return RowsMarket([one for number, one in enumerate(rows(count)) if number not in without])


async def loaded(market, *, timeout_s=60.0, **limits):
    """Return a buffer that has all its time to load, and `timeout_s` from then on."""
    buffer = buffer_of(**{"window": 200, **limits})
    buffer.attach(market, Ear())
    await buffer.loaded(NAME, "1m")
    buffer._section = replace(buffer._section, request_timeout_s=timeout_s)
    buffer._history._timeout_s = timeout_s
    market.asked.clear()
    return buffer


def opens(page):
    return [json.loads(text)["t"] * 10**6 for text in page.rows]


async def page(buffer, *, start=None, end=None, limit=100):
    return await buffer.page(NAME, "1m", start=start, end=end, limit=limit)


async def test_the_newest_bars_come_from_memory():
    market = old_market()
    buffer = await loaded(market)

    found = await page(buffer)

    assert opens(found) == [one.ts_open for one in market.held[-100:]]
    assert (found.is_from_memory, found.has_older, market.asked) == (True, True, [])


async def test_a_miss_asks_and_the_same_page_is_a_hit_then():
    market = old_market()
    buffer = await loaded(market)
    end = market.held[5_000].ts_open

    miss, hit = await page(buffer, end=end), await page(buffer, end=end)

    assert opens(miss) == opens(hit) == [one.ts_open for one in market.held[4_900:5_000]]
    assert (miss.is_from_memory, hit.is_from_memory) == (False, True)
    assert len(market.asked) == 1


async def test_fifty_misses_of_one_range_ask_once():
    market = old_market()
    buffer = await loaded(market)
    market.gate.clear()
    asked = [asyncio.create_task(page(buffer, end=market.held[5_000].ts_open)) for _ in range(50)]
    await asyncio.sleep(0)

    market.gate.set()
    found = await asyncio.gather(*asked)

    assert len(market.asked) == 1
    assert all(opens(one) == opens(found[0]) for one in found)
    assert len(found[0].rows) == 100


async def test_a_waiter_that_gives_up_does_not_break_the_others():
    market = old_market()
    buffer = await loaded(market)
    market.gate.clear()
    first, second = (asyncio.create_task(page(buffer, end=market.held[5_000].ts_open)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    market.gate.set()

    assert len((await second).rows) == 100
    assert len(market.asked) == 1


async def test_a_source_that_does_not_answer_in_time_is_unavailable():
    market = old_market()
    buffer = await loaded(market, timeout_s=0.05)
    market.gate.clear()

    with pytest.raises(VenueUnavailableError, match=r"within 0\.05 s"):
        await page(buffer, end=market.held[5_000].ts_open)


async def test_an_answer_after_the_timeout_is_kept():
    market = old_market()
    buffer = await loaded(market, timeout_s=0.05)
    market.gate.clear()
    with pytest.raises(VenueUnavailableError):
        await page(buffer, end=market.held[5_000].ts_open)

    buffer._history._timeout_s = 60.0
    market.gate.set()
    found = await page(buffer, end=market.held[5_000].ts_open)

    assert len(found.rows) == 100
    assert len(market.asked) == 1


async def test_a_failure_reaches_every_waiter_and_the_next_question_is_asked_again():
    market = old_market()
    buffer = await loaded(market)
    market.error = VenueUnavailableError("down")
    asked = [asyncio.create_task(page(buffer, end=market.held[5_000].ts_open)) for _ in range(3)]

    assert [type(one) for one in await asyncio.gather(*asked, return_exceptions=True)] == [VenueUnavailableError] * 3
    market.error = None
    assert len((await page(buffer, end=market.held[5_000].ts_open)).rows) == 100


async def test_the_beginning_of_history_is_asked_about_once():
    market = old_market()
    buffer = await loaded(market)

    first = await page(buffer, end=START + 50 * MINUTE_NS)
    asked = len(market.asked)
    again = await page(buffer, end=START + 40 * MINUTE_NS)
    before = await page(buffer, end=START)
    ancient = await page(buffer, start=0, end=START - 10**6 * MINUTE_NS)
    forward = await page(buffer, start=0)

    assert (len(first.rows), first.has_older) == (50, False)
    assert (len(again.rows), len(before.rows), len(ancient.rows)) == (40, 0, 0)
    assert opens(forward)[0] == START
    assert not forward.has_older
    assert len(market.asked) == asked


async def test_a_window_that_holds_everything_asks_for_nothing_older():
    market = old_market(150)
    buffer = await loaded(market)

    found = await page(buffer, end=START + 10 * MINUTE_NS)

    assert (len(found.rows), found.has_older, found.is_from_memory) == (10, False, True)
    assert market.asked == []


async def test_holes_are_listed_and_nothing_is_invented():
    market = old_market(without=range(5_010, 5_013))
    buffer = await loaded(market)

    found = await page(buffer, end=START + 5_020 * MINUTE_NS, limit=20)

    assert found.holes == [(START + 5_010 * MINUTE_NS, START + 5_013 * MINUTE_NS)]
    assert len(found.rows) == 20
    assert opens(found)[0] == START + 4_997 * MINUTE_NS


async def test_a_hole_longer_than_many_blocks_costs_few_questions():
    market = old_market(without=range(1_000, 9_000))
    buffer = await loaded(market)

    back = await page(buffer, end=START + 9_100 * MINUTE_NS, limit=150)
    ahead = await page(buffer, start=START + 950 * MINUTE_NS, limit=100)

    assert opens(back) == [one.ts_open for one in market.held[950:1_100]]
    assert opens(ahead) == [one.ts_open for one in market.held[950:1_050]]
    assert len(market.asked) <= 5


async def test_corrupt_history_is_left_out():
    market = old_market()
    good = market.held[4_950]
    market.held[4_950] = type(good)(good.ts_open, 5, 3, 4, 5, 1)
    buffer = await loaded(market)

    found = await page(buffer, end=market.held[5_000].ts_open, limit=50)

    assert good.ts_open not in opens(found)
    assert found.holes == [(good.ts_open, good.ts_open + MINUTE_NS)]


async def test_the_cache_is_bounded():
    market = old_market()
    buffer = await loaded(market, blocks=2)
    ends = [START + number * BLOCK * MINUTE_NS for number in range(2, 8)]

    for end in ends:
        await page(buffer, end=end)
    asked = len(market.asked)
    await page(buffer, end=ends[-1])
    assert len(market.asked) == asked
    await page(buffer, end=ends[0])
    assert len(market.asked) > asked


@settings(max_examples=30, deadline=None)
@given(
    without=st.lists(st.tuples(st.integers(0, 2_990), st.integers(1, 900)), max_size=4),
    window=st.sampled_from([100, 1_200, 4_000]),
    asked=st.lists(
        st.tuples(st.none() | st.integers(-500, 3_500), st.none() | st.integers(-500, 3_500), st.integers(1, 1_500)),
        max_size=8,
    ),
)
def test_pages_are_the_truth_whatever_is_asked_in_whatever_order(without, window, asked):
    gone = {number for first, count in without for number in range(first, first + count)}
    held = [one for number, one in enumerate(rows(3_000)) if number not in gone]

    async def check():
        market = RowsMarket(held)
        buffer = await loaded(market, window=window, blocks=3)
        for first, last, limit in asked:
            start, end = (None if number is None else START + number * MINUTE_NS for number in (first, last))
            found = await page(buffer, start=start, end=end, limit=limit)
            all_ = [one.ts_open for one in held if (start or 0) <= one.ts_open and (end is None or one.ts_open < end)]
            expected = all_[:limit] if start is not None and end is None else all_[-limit:]
            assert opens(found) == expected == found.opens
            assert found.holes == holes(expected, interval_of("1m"))
            if expected:
                assert found.has_older == (expected[0] > held[0].ts_open)

    asyncio.run(check())


async def test_hits_and_misses_are_counted_and_timed():
    market = old_market()
    buffer = await loaded(market)
    before = HITS._value.get(), MISSES._value.get(), PAGE_TIME.labels("miss")._sum.get()

    await page(buffer)
    await page(buffer, end=market.held[5_000].ts_open)

    assert (HITS._value.get() - before[0], MISSES._value.get() - before[1]) == (1, 1)
    assert PAGE_TIME.labels("miss")._sum.get() > before[2]


async def test_without_a_node_memory_answers_and_the_rest_is_unavailable():
    market = old_market()
    buffer = await loaded(market, timeout_s=0.05)

    buffer.detach()

    assert len((await page(buffer)).rows) == 100
    for interval, end, reason in (("1m", market.held[5_000].ts_open, "not connected"), ("5m", None, "still loading")):
        with pytest.raises(VenueUnavailableError, match=reason):
            await buffer.page(NAME, interval, start=None, end=end, limit=10)


async def test_what_does_not_exist_has_its_own_errors():
    buffer = await loaded(old_market())
    recorded = buffer_of(native="5m")

    with pytest.raises(UnknownInstrumentError, match=r"'DOGE\.SIM'"):
        await buffer.page("DOGE.SIM", "1m", start=None, end=None, limit=1)
    with pytest.raises(UnsupportedIntervalError, match="'7m'"):
        await buffer.page(NAME, "7m", start=None, end=None, limit=1)
    with pytest.raises(UnsupportedIntervalError, match="has bars of 5m only"):
        recorded.check(NAME, "1m")
    assert recorded.check(NAME, "1h") == interval_of("1h")
    assert recorded.check(NAME, "5m").duration_ns == SECOND_NS * 300
