"""The buffer from trades to windows: every interval is the truth, whenever it was asked for."""

import asyncio
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.buffer.live import PREVIEW_MISMATCHES
from actors.buffer.loading import BOUNDARY_MISMATCHES
from actors.market import INTERVALS, MINUTE_NS, SECOND_NS
from tests.unit.traded_market import (
    BASE,
    NAME,
    START,
    Ear,
    TradedMarket,
    bars_of,
    buffer_of,
    filled,
    held,
    random_trades,
    running,
    settled,
    until,
    value,
)


@pytest.fixture(autouse=True, scope="module")
def patient():
    """Live bars wait for an answer that is on its way, however slow the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actors.buffer.filling.HOLD_S", 60.0)
        yield


async def rebuilt(buffer, market, ear, outage_s):
    """The node goes and another comes while the market goes on."""
    buffer.detach()
    market.play(buffer, market.position + outage_s * SECOND_NS, heard=False)
    buffer.attach(market, ear)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    per_s=st.sampled_from([0.005, 0.05, 0.5]),
    begin_s=st.integers(0, 4_000),
    lead_and_rush_s=st.tuples(st.sampled_from([0, 0, 0.7, 70]), st.sampled_from([0, 0, 1, 33])),
    steps=st.lists(
        st.tuples(st.integers(1, 900), st.sampled_from(list(INTERVALS)), st.none() | st.integers(0, 300)),
        min_size=3,
        max_size=8,
    ),
)
@example(
    seed=81,
    per_s=0.005,
    begin_s=0,
    lead_and_rush_s=(0, 0),
    steps=[(1, "1s", None), (1, "3m", None), (452, "1s", None)],
).via("a minute that is late when the longer bar could close")
def test_every_interval_equals_the_bars_of_the_trades(seed, per_s, begin_s, lead_and_rush_s, steps):
    async def check():
        spans_s = begin_s + sum(step + (outage or 0) for step, _, outage in steps) + 1_000
        trades = random_trades(seed, spans_s=spans_s, per_s=per_s)
        market, buffer, ear = TradedMarket(trades, position=START + begin_s * SECOND_NS), buffer_of(), Ear()
        market.lead, market.rush = (int(one * SECOND_NS) for one in lead_and_rush_s)
        market.buffer = buffer
        buffer.attach(market, ear)
        await settled(buffer, "1m")
        wanted = {"1m"}
        for step, interval, outage_s in steps:
            market.play(buffer, market.position + step * SECOND_NS)
            if outage_s is not None:
                await rebuilt(buffer, market, ear, outage_s)
            buffer.ensure(NAME, interval)
            wanted.add(interval)
            await settled(buffer, interval)
        market.rush = 0
        market.play(buffer, market.position + 90 * SECOND_NS)
        await filled(buffer)
        for _ in range(2):  # a longer bar waits for what is lacking; after one of them another minute may be late
            market.play(buffer, market.position + SECOND_NS)
            await filled(buffer)

        for interval in wanted:
            count = len(market.truth(interval))
            ahead = market.truth(interval, market.position + market.lead)
            assert held(buffer, interval)[:count] == ahead[:count], interval
            assert held(buffer, interval) == ahead[: len(held(buffer, interval))], interval
            assert ear.bars.get(interval, []) == held(buffer, interval)[ear.begun[interval] :], interval
        assert not ear.errors

    before = value(PREVIEW_MISMATCHES), value(BOUNDARY_MISMATCHES)
    asyncio.run(check())
    assert (value(PREVIEW_MISMATCHES), value(BOUNDARY_MISMATCHES)) == before


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    begin_s=st.integers(0, 2_000),
    moments=st.lists(st.floats(0.3, 200), min_size=1, max_size=6),
)
def test_open_bars_hold_every_trade_since_the_last_close(seed, begin_s, moments):
    async def check():
        trades = random_trades(seed, spans_s=begin_s + sum(moments) + 60, per_s=2)
        start = START + begin_s * SECOND_NS
        market, buffer, _ = await running(trades, *INTERVALS, position=start)
        for moment in moments:
            market.play(buffer, market.position + int(moment * SECOND_NS))
            await settled(buffer)
            for _ in range(5):
                await asyncio.sleep(0)
        for interval in INTERVALS.values():
            begin = interval.floor(market.position)
            if begin < START and interval.duration_ns > MINUTE_NS:
                assert buffer.open_row(NAME, interval.name) is None
                continue
            true = bars_of((one for one in trades if begin <= one[0] < market.position), interval, 2**62)
            # what was missed of the second in which listening began is history when another second has begun
            heard = [ts // SECOND_NS for ts, _, _ in trades if start <= ts < market.position]
            if heard and heard[-1] > heard[0] and interval.duration_ns > SECOND_NS:
                assert [buffer.open_row(NAME, interval.name)] == (true or [None]), interval.name

    asyncio.run(check())


async def test_the_open_bar_on_the_wire_says_that_it_is_open():
    trades = [(START + 61 * SECOND_NS, 5_000, 100_000), (START + 62 * SECOND_NS, 5_100, 100_000)]
    market, buffer, _ = await running(trades, position=START + MINUTE_NS)
    assert buffer.open_bar(NAME, "1m") is None

    market.play(buffer, START + 63 * SECOND_NS)
    await asyncio.sleep(0.001)

    assert json.loads(buffer.open_bar(NAME, "1m")) == {
        "t": (START + MINUTE_NS) // 10**6,
        "o": "50.00",
        "h": "51.00",
        "l": "50.00",
        "c": "51.00",
        "v": "2.00000",
        "closed": False,
    }
    market.play(buffer, START + 2 * MINUTE_NS)
    assert buffer.open_bar(NAME, "1m") is None


async def test_a_window_holds_the_newest_bars_and_says_whether_that_is_all():
    trades = random_trades(1, spans_s=200 * 60)
    _, small, _ = await running(trades, position=START + 180 * MINUTE_NS, window=100)
    _, large, _ = await running(trades, position=START + 180 * MINUTE_NS)

    assert len(held(small, "1m")) == 100
    assert len(held(large, "1m")) == 180
    for buffer, has_older in ((small, True), (large, False)):
        window = buffer.held(NAME).base.window
        assert (window.is_complete, window.has_older) == (True, has_older)


async def test_the_three_forms_of_a_window_agree():
    trades = random_trades(1, spans_s=3_600)
    _, buffer, _ = await running(trades, position=START + 3_000 * SECOND_NS)

    encoded, opens = buffer.recent(NAME, "1m", 7)
    columns = buffer.columns(NAME, "1m", 7)

    assert [json.loads(one)["t"] * 10**6 for one in encoded] == opens == columns.ts_open.tolist()
    assert [float(json.loads(one)["c"]) for one in encoded] == columns.close.tolist()
    assert [one.ts_open for one in buffer.rows(NAME, "1m", 7)] == opens


async def test_a_rebuild_keeps_windows_and_closes_the_gap():
    trades = random_trades(9, spans_s=3_600, per_s=1)
    intervals = ("1m", "5m", "15s", "1h")
    market, buffer, first = await running(trades, *intervals, position=START + 600 * SECOND_NS)
    market.play(buffer, START + 1_000 * SECOND_NS)
    buffer.detach()
    before = {name: held(buffer, name) for name in intervals}
    market.play(buffer, START + 1_500 * SECOND_NS, heard=False)
    assert {name: held(buffer, name) for name in intervals} == before

    second = Ear()
    buffer.attach(market, second)
    market.play(buffer, START + 1_600 * SECOND_NS)
    await settled(buffer, *intervals)
    market.play(buffer, START + 2_000 * SECOND_NS)
    await settled(buffer)

    for name in intervals:
        assert held(buffer, name) == market.truth(name)
        assert first.bars.get(name, []) + second.bars.get(name, []) == market.truth(name)[first.begun[name] :]
    assert second.windows == []


async def test_a_reset_forgets_bars_and_loads_again_what_was_wanted():
    trades = random_trades(9, spans_s=3_600, per_s=1)
    _, buffer, _ = await running(trades, "5m", position=START + 2_000 * SECOND_NS)
    await buffer.page(NAME, "1m", start=None, end=None, limit=10)
    buffer.detach()

    buffer.reset()
    assert not buffer.is_loaded(NAME, "5m")
    earlier, ear = TradedMarket(trades, position=START + 900 * SECOND_NS), Ear()
    buffer.attach(earlier, ear)
    await settled(buffer, "1m", "5m")
    earlier.play(buffer, START + 1_300 * SECOND_NS)

    assert held(buffer, "1m") == earlier.truth("1m")
    assert held(buffer, "5m") == earlier.truth("5m")
    assert ear.windows == ["1m", "5m"]


async def test_bars_that_leave_a_small_window_are_found_in_history():
    trades = random_trades(4, start=BASE, spans_s=400 * 60, per_s=0.2)
    market, buffer, _ = await running(trades, position=BASE + 90 * MINUTE_NS, window=100)
    assert not buffer.held(NAME).base.window.has_older
    for minute in (130, 250, 390):
        market.play(buffer, BASE + minute * MINUTE_NS)
        await buffer.page(NAME, "1m", start=None, end=BASE + 50 * MINUTE_NS, limit=10)

        page = await buffer.page(NAME, "1m", start=None, end=None, limit=1_000)

        assert page.opens == [one.ts_open for one in market.truth("1m")]


async def test_after_a_reset_history_is_another_one():
    trades, others = (random_trades(seed, start=BASE, spans_s=1_600 * 60, per_s=0.05) for seed in (4, 5))
    _, buffer, _ = await running(trades, position=BASE + 1_500 * MINUTE_NS, window=100)
    await buffer.page(NAME, "1m", start=None, end=BASE + 50 * MINUTE_NS, limit=10)
    buffer.detach()
    buffer.reset()
    other = TradedMarket(others, position=BASE + 1_500 * MINUTE_NS)
    buffer.attach(other, Ear())

    page = await buffer.page(NAME, "1m", start=None, end=BASE + 50 * MINUTE_NS, limit=10)

    true = [one for one in other.truth("1m") if one.ts_open < BASE + 50 * MINUTE_NS][-10:]
    assert [json.loads(one)["v"] for one in page.rows] == [f"{one.volume / 100_000:.5f}" for one in true]


async def test_a_node_that_comes_before_the_last_one_let_go_is_the_one_asked():
    stuck, market = (TradedMarket(random_trades(4, spans_s=600), position=START + 300 * SECOND_NS) for _ in range(2))
    stuck.gate.clear()
    buffer = buffer_of()
    buffer.attach(stuck, Ear())
    await until(lambda: bool(stuck.asked))

    buffer.attach(market, Ear())
    await settled(buffer, "1m")

    assert held(buffer, "1m") == market.truth("1m")
