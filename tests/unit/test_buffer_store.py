"""The buffer from trades to windows: every interval is the truth, whenever it was asked for."""

import asyncio
import json

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.buffer.aggregator import joined
from actors.buffer.check import REFUSED
from actors.buffer.live import ODD, PREVIEW_MISMATCHES
from actors.buffer.loading import BOUNDARY_MISMATCHES
from actors.market import DAY_NS, HOUR_NS, INTERVALS, MINUTE_NS, SECOND_NS, BarRow, interval_of
from config.errors import VenueUnavailableError
from tests.unit.traded_market import (
    NAME,
    START,
    Ear,
    TradedMarket,
    bars_of,
    buffer_of,
    random_trades,
    row,
    rows,
    settled,
    until,
)


def held(buffer, interval):
    return buffer.rows(NAME, interval, 10**6)


def value(counter):
    return counter._value.get()


async def running(trades, *intervals, position, window=7_600, native=None):
    """A buffer whose windows are loaded while the market stands at `position`."""
    market, buffer, ear = TradedMarket(trades, position=position), buffer_of(window=window, native=native), Ear()
    for interval in intervals:
        buffer.ensure(NAME, interval)
    buffer.attach(market, ear)
    await settled(buffer, *intervals, "1m")
    return market, buffer, ear


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
        market.play(buffer, market.position + 90 * SECOND_NS)
        await settled(buffer)

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


async def test_live_bars_wait_for_history_and_join_without_gap_or_overlap():
    trades = random_trades(5, spans_s=1_200, per_s=1)
    market, buffer, ear = TradedMarket(trades, position=START + 300 * SECOND_NS), buffer_of(), Ear()
    market.gate.clear()
    buffer.attach(market, ear)
    await asyncio.sleep(0)

    market.play(buffer, START + 700 * SECOND_NS)
    assert not buffer.is_loaded(NAME, "1m")
    assert held(buffer, "1m") == []
    market.gate.set()
    await settled(buffer, "1m")

    assert held(buffer, "1m") == market.truth("1m")
    assert ear.bars == {}
    assert ear.windows == ["1m"]


async def test_a_gap_between_history_and_live_is_asked_for():
    trades = random_trades(5, spans_s=1_200, per_s=1)
    market, buffer, ear = TradedMarket(trades, position=START + 300 * SECOND_NS), buffer_of(), Ear()
    buffer.attach(Slow(market), ear)
    await asyncio.sleep(0)
    market.play(buffer, START + 500 * SECOND_NS, heard=False)
    market.play(buffer, START + 700 * SECOND_NS)

    market.gate.set()
    await settled(buffer, "1m")

    assert held(buffer, "1m") == market.truth("1m")


class Slow:
    """Looks its answer up at once and gives it late."""

    def __init__(self, market):
        self.market = market
        market.gate.clear()
        self.is_first = True

    async def bars(self, *asked):
        if not self.is_first:
            return await self.market.bars(*asked)
        self.is_first = False
        now, self.market.position = self.market.position, START + 300 * SECOND_NS
        found = self.market.truth(asked[1])
        self.market.position = now
        await self.market.gate.wait()
        return found


async def test_a_boundary_bar_that_differs_is_counted_and_the_live_one_holds():
    trades = random_trades(5, spans_s=1_200, per_s=1)
    market, buffer = TradedMarket(trades, position=START + 300 * SECOND_NS), buffer_of()
    market.gate.clear()
    buffer.attach(market, Ear())
    await asyncio.sleep(0)
    market.play(buffer, START + 500 * SECOND_NS)
    true = market.truth("1m")[-1]
    market.tampered["1m", true.ts_open] = BarRow(true.ts_open, true.open, true.high, true.low, true.close, 1)
    before = value(BOUNDARY_MISMATCHES)

    market.gate.set()
    with structlog.testing.capture_logs() as logs:
        await settled(buffer, "1m")

    assert value(BOUNDARY_MISMATCHES) == before + 1
    assert "boundary_differs" in [entry["event"] for entry in logs]
    assert held(buffer, "1m")[-1] == true


async def test_the_last_bar_of_a_longer_history_is_compared_with_its_minutes():
    trades = random_trades(5, spans_s=3_600, per_s=1)
    market, buffer, _ = await running(trades, position=START + 2_000 * SECOND_NS)
    last = market.truth("5m")[-1]
    market.tampered["5m", last.ts_open] = BarRow(last.ts_open, last.open, last.high, last.low, last.close, 1)
    before = value(BOUNDARY_MISMATCHES)

    await buffer.loaded(NAME, "5m")

    assert value(BOUNDARY_MISMATCHES) == before + 1


@pytest.mark.parametrize("interval", ["1w", "1M", "1d"])
async def test_a_long_open_bar_begins_before_the_window_of_minutes(interval):
    begin = interval_of("1M").floor(START) - DAY_NS
    trades = random_trades(2, start=begin, spans_s=9 * 86_400, per_s=0.004)
    position = begin + 8 * DAY_NS + 7 * HOUR_NS + 100 * SECOND_NS
    market, buffer, _ = await running(trades, position=position, window=100)

    await buffer.loaded(NAME, interval)
    market.play(buffer, position + 900 * SECOND_NS)

    begin = interval_of(interval).floor(market.position)
    (true,) = bars_of([one for one in trades if begin <= one[0] < market.position], interval_of(interval), 2**62)
    assert buffer.open_row(NAME, interval) == true
    assert held(buffer, interval) == market.truth(interval)


async def test_a_long_bar_is_whole_though_the_market_rushes_on_while_it_loads():
    begin = interval_of("1M").floor(START) - DAY_NS
    trades = random_trades(2, start=begin, spans_s=5 * 86_400, per_s=0.02)
    market, buffer, ear = TradedMarket(trades, position=begin + 2 * DAY_NS), buffer_of(window=200), Ear()
    market.buffer, market.rush = buffer, HOUR_NS + 7 * MINUTE_NS
    buffer.attach(market, ear)

    await settled(buffer, "1m", "1M", "1d", "4h")

    for name in ("1M", "1d", "4h"):
        at = interval_of(name).floor(market.position)
        true = bars_of([one for one in trades if at <= one[0] < market.position], interval_of(name), 2**62)
        assert [buffer.open_row(NAME, name)] == (true or [None]), name
        assert held(buffer, name) == market.truth(name)[-200:], name


async def test_weeks_and_months_close_at_their_boundary():
    monday = interval_of("1w").close(interval_of("1w").floor(START))
    trades = random_trades(3, start=monday - 8 * DAY_NS, spans_s=9 * 86_400, per_s=0.01)
    market, buffer, ear = await running(trades, "1w", "1M", "1d", position=monday - 3_600 * SECOND_NS)

    market.play(buffer, monday + 3_600 * SECOND_NS)

    assert ear.bars["1w"] == market.truth("1w")
    assert ear.bars["1d"] == market.truth("1d")[-1:]
    assert [name for name, close in ear.order if close == monday and name != "1m"] == ["1d", "1w"]


async def test_a_longer_bar_closes_in_a_silent_market_too():
    trades = [(BASE + 20 * SECOND_NS, 100, 1), (BASE + 70 * SECOND_NS, 110, 2)]
    market, buffer, ear = await running(trades, "5m", position=BASE)
    end = BASE + 5 * MINUTE_NS

    market.play(buffer, end)
    assert "5m" not in ear.bars
    market.play(buffer, end + SECOND_NS)

    assert ear.bars["5m"] == market.truth("5m")


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


async def test_a_minute_that_never_came_is_asked_for():
    trades = random_trades(4, spans_s=1_200, per_s=1)
    market, buffer, ear = await running(trades, "5m", position=START + 300 * SECOND_NS)
    market.play(buffer, START + 420 * SECOND_NS)
    lost = buffer.bar
    buffer.bar = lambda *_: None
    market.play(buffer, START + 500 * SECOND_NS)
    buffer.bar = lost

    market.play(buffer, START + 700 * SECOND_NS)
    await settled(buffer)

    assert held(buffer, "1m") == market.truth("1m")
    assert held(buffer, "5m") == market.truth("5m")
    assert [close for _, close in ear.order] == sorted(close for _, close in ear.order)


async def test_a_corrupt_bar_is_refused_and_the_true_one_asked_for():
    trades = random_trades(4, spans_s=1_200, per_s=1)
    market, buffer, _ = await running(trades, position=START + 300 * SECOND_NS)
    market.play(buffer, START + 420 * SECOND_NS)
    true, before = buffer.bar, value(REFUSED.labels("bar", "out_of_range"))
    buffer.bar = lambda bars, one: true(bars, BarRow(one.ts_open, one.open, one.low - 1, one.low, one.close, 1))
    market.play(buffer, START + 500 * SECOND_NS)
    buffer.bar = true

    market.play(buffer, START + 700 * SECOND_NS)
    await settled(buffer)

    assert value(REFUSED.labels("bar", "out_of_range")) == before + 1
    assert held(buffer, "1m") == market.truth("1m")


async def test_a_bar_that_differs_from_its_trades_is_counted():
    trades = random_trades(4, spans_s=1_200, per_s=1)
    market, buffer, _ = await running(trades, position=START + 300 * SECOND_NS)
    market.play(buffer, START + 420 * SECOND_NS)
    true, before = buffer.bar, value(PREVIEW_MISMATCHES)
    buffer.bar = lambda bars, one: true(bars, BarRow(one.ts_open, one.open, one.high, one.low, one.close, 1))

    market.play(buffer, START + 500 * SECOND_NS)

    assert value(PREVIEW_MISMATCHES) == before + 1
    assert held(buffer, "1m")[-1].volume == 1


async def test_a_correction_is_told_and_a_late_bar_dropped():
    _, buffer, ear = await running([], position=START)
    bars = buffer.held(NAME)
    before = {outcome: value(ODD.labels(outcome)) for outcome in ("duplicate", "corrected", "late")}

    for one in (row(1), row(2), row(2), row(1, 120), row(0)):
        buffer.bar(bars, one)

    assert held(buffer, "1m") == [row(1, 120), row(2)]
    assert ear.bars["1m"] == [row(1), row(2), row(1, 120)]
    assert {outcome: value(ODD.labels(outcome)) - count for outcome, count in before.items()} == {
        "duplicate": 1,
        "corrected": 1,
        "late": 1,
    }


class TestRecordedBars:
    """A file of bars only: its own interval and longer ones, no trades."""

    def market(self):
        class Recorded(TradedMarket):
            def truth(self, interval, until=None):
                step = interval_of(interval)
                known = [one for one in rows(300, interval="5m", first=0) if one.ts_open < self.position]
                return build_truth(known, step, self.position)

        return Recorded([], position=BASE + 100 * 5 * MINUTE_NS)

    async def test_longer_bars_are_joined_from_the_recorded_ones(self):
        market, buffer, ear = self.market(), buffer_of(native="5m"), Ear()
        buffer.attach(market, ear)
        await settled(buffer, "5m", "1h", "1d")

        for number in range(100, 130):
            market.position = recorded(number).ts_open + 5 * MINUTE_NS
            buffer.advance(market.position)
            buffer.bar(buffer.held(NAME), recorded(number))

        for name in ("5m", "1h", "1d"):
            assert held(buffer, name) == market.truth(name)
        part = [one for one in map(recorded, range(130)) if one.ts_open >= interval_of("1h").floor(market.position - 1)]
        assert (buffer.open_row(NAME, "1h") or part[-1]).close == part[-1].close
        assert buffer.open_bar(NAME, "5m") is None
        assert not buffer.has_trades(NAME)


BASE = START - START % (5 * MINUTE_NS)


def recorded(number):
    return row(number, 100 + number % 7, interval="5m", start=BASE)


def build_truth(known, interval, until):
    found = {}
    for one in known:
        ts_open = interval.floor(one.ts_open)
        before = found.get(ts_open)
        found[ts_open] = (
            joined(before, one) if before else BarRow(ts_open, one.open, one.high, one.low, one.close, one.volume)
        )
    half = [] if known[0].ts_open == interval.floor(known[0].ts_open) else [interval.floor(known[0].ts_open)]
    return [one for ts, one in sorted(found.items()) if interval.close(ts) <= until and ts not in half]


def test_a_backtest_works_without_a_loop_from_preloaded_rows():
    buffer, ear = buffer_of(native="1m"), Ear()
    buffer.preload(NAME, "1m", rows(20))
    buffer.ensure(NAME, "5m")
    buffer.attach(None, ear)
    buffer.ensure(NAME, "15m")

    for number in range(20, 40):
        buffer.advance(row(number).ts_open + MINUTE_NS)
        buffer.bar(buffer.held(NAME), row(number, 100 + number % 7))

    known = rows(40)
    assert held(buffer, "1m") == known
    assert ear.bars["1m"] == known[20:]
    for name in ("5m", "15m"):
        assert held(buffer, name) == build_truth(known, interval_of(name), known[-1].ts_open + MINUTE_NS)
    assert sorted(ear.windows) == ["15m", "1m", "5m"]


async def test_a_window_that_cannot_be_loaded_is_tried_again(monkeypatch):
    monkeypatch.setattr("actors.buffer.loading._FIRST_RETRY_S", 0.01)
    market, buffer, ear = TradedMarket([], position=START), buffer_of(), Ear()
    market.error = VenueUnavailableError("down")
    buffer.attach(market, ear)
    await until(lambda: len(market.asked) == 2)

    market.error = None
    await buffer.loaded(NAME, "1m")

    assert ear.windows == ["1m"]


async def test_waiting_for_a_window_ends_with_an_error_when_nothing_comes():
    market, buffer = TradedMarket([], position=START), buffer_of(timeout_s=0.05)
    market.gate.clear()
    buffer.attach(market, Ear())

    with pytest.raises(VenueUnavailableError, match="is still loading"):
        await buffer.loaded(NAME, "1m")
    buffer.detach()


async def test_a_broken_source_is_reported_not_swallowed():
    market, buffer, ear = TradedMarket([], position=START), buffer_of(), Ear()
    market.error = ZeroDivisionError("broken")
    buffer.attach(market, ear)

    await until(lambda: bool(ear.errors))

    assert [type(error) for error in ear.errors] == [ZeroDivisionError]


async def test_a_longer_bar_waits_for_its_last_minute_when_trades_overtake_it():
    trades = random_trades(4, start=BASE, spans_s=900, per_s=1)
    market, buffer, ear = await running(trades, "5m", position=BASE + 60 * SECOND_NS)
    market.play(buffer, BASE + 4 * MINUTE_NS)
    bars, last = buffer.held(NAME), bars_of(trades, interval_of("1m"), BASE + 5 * MINUTE_NS)[-1]

    for ts, price, size in trades:
        if BASE + 4 * MINUTE_NS <= ts < BASE + 5 * MINUTE_NS + 20 * SECOND_NS:
            buffer.advance(ts)
            bars.trade(ts, price, size)
    assert "5m" not in ear.bars
    buffer.bar(bars, last)

    assert ear.bars["5m"] == bars_of(trades, interval_of("5m"), BASE + 5 * MINUTE_NS)


async def test_a_longer_bar_whose_last_minute_is_empty_is_whole_after_an_outage():
    trades = [(BASE + second * SECOND_NS, 100 + second, 1) for second in (10, 70, 130, 310, 370, 600)]
    market, buffer, ear = await running(trades, "5m", position=BASE + 20 * SECOND_NS)
    buffer.detach()
    market.play(buffer, BASE + 9 * MINUTE_NS, heard=False)

    buffer.attach(market, ear)
    await settled(buffer, "5m")

    assert ear.bars["5m"] == bars_of(trades, interval_of("5m"), BASE + 5 * MINUTE_NS)


async def test_half_a_bar_is_none_in_a_market_without_history():
    trades = random_trades(4, start=BASE + 130 * SECOND_NS, spans_s=900, per_s=1)
    market, buffer, ear = await running(trades, "5m", position=BASE + 130 * SECOND_NS)

    market.play(buffer, BASE + 290 * SECOND_NS)
    assert buffer.open_bar(NAME, "5m") is None
    market.play(buffer, BASE + 11 * MINUTE_NS)

    assert [one.ts_open for one in ear.bars["5m"]] == [BASE + 5 * MINUTE_NS]


async def test_a_closed_bar_is_not_open_too_when_history_is_ahead():
    trades = random_trades(4, start=BASE, spans_s=900, per_s=1)
    market, buffer = TradedMarket(trades, position=BASE + 90 * SECOND_NS), buffer_of()
    buffer.attach(market, Ear())
    await settled(buffer, "1m")
    buffer.detach()
    market.lead = 40 * SECOND_NS
    buffer.attach(market, Ear())
    market.play(buffer, BASE + 100 * SECOND_NS)

    await settled(buffer)

    assert held(buffer, "1m")[-1].ts_open == BASE + MINUTE_NS
    assert buffer.open_bar(NAME, "1m") is None


async def test_a_short_bar_that_ended_unheard_is_asked_for():
    trades = [(BASE + int(second * SECOND_NS), 100, 1) for second in (10, 31, 90)]
    market, buffer, ear = await running(trades, "15s", position=BASE + 20 * SECOND_NS)
    buffer.detach()
    market.play(buffer, BASE + 32 * SECOND_NS, heard=False)

    buffer.attach(market, ear)
    await settled(buffer)
    for second in range(33, 60):
        buffer.advance(BASE + second * SECOND_NS)
        market.position = BASE + second * SECOND_NS
    await settled(buffer)

    assert [one.ts_open for one in held(buffer, "15s")] == [BASE, BASE + 30 * SECOND_NS]


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


async def test_a_bar_missed_while_history_is_on_its_way_is_asked_for():
    trades = [(BASE + second * SECOND_NS, 100 + second, 1) for second in range(90)]
    market, buffer, _ = await running(trades, position=BASE + 20 * SECOND_NS)
    market.play(buffer, BASE + 21 * SECOND_NS)
    market.buffer, market.rush = buffer, 11 * SECOND_NS

    await settled(buffer, "15s")
    market.play(buffer, BASE + 90 * SECOND_NS)

    assert held(buffer, "15s") == market.truth("15s")


async def test_a_node_that_comes_before_the_last_one_let_go_is_the_one_asked():
    stuck, market = (TradedMarket(random_trades(4, spans_s=600), position=START + 300 * SECOND_NS) for _ in range(2))
    stuck.gate.clear()
    buffer = buffer_of()
    buffer.attach(stuck, Ear())
    await until(lambda: bool(stuck.asked))

    buffer.attach(market, Ear())
    await settled(buffer, "1m")

    assert held(buffer, "1m") == market.truth("1m")
