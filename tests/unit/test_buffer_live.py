"""Bars close when they should: what comes live, in whatever order, becomes the true bars."""

import pytest

from actors.buffer.aggregator import joined
from actors.buffer.check import REFUSED
from actors.buffer.live import ODD, PREVIEW_MISMATCHES
from actors.market import DAY_NS, MINUTE_NS, SECOND_NS, BarRow, interval_of
from tests.entries import entries
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
    row,
    rows,
    running,
    settled,
    value,
)


@pytest.fixture(autouse=True, scope="module")
def patient():
    """Live bars wait for an answer that is on its way, however slow the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actors.buffer.filling.HOLD_S", 60.0)
        yield


async def test_weeks_and_months_close_at_their_boundary():
    monday = interval_of("1w").close(interval_of("1w").floor(START))
    trades = random_trades(3, start=monday - 8 * DAY_NS, spans_s=9 * 86_400, per_s=0.01)
    market, buffer, ear = await running(trades, "1w", "1M", "1d", position=monday - 3_600 * SECOND_NS)

    market.play(buffer, monday + 3_600 * SECOND_NS)

    assert ear.bars["1w"] == market.truth("1w")
    assert ear.bars["1d"] == market.truth("1d")[-1:]
    assert [name for name, close in ear.order if close == monday and name != "1m"] == ["1d", "1w"]


@pytest.mark.parametrize("others", [(), ("5m",), ("5s",)], ids=["alone", "with_longer", "with_shorter"])
async def test_bars_that_have_left_the_window_leave_nothing_behind(others):
    trades = random_trades(4, spans_s=120 * 60)
    market, buffer, _ = await running(trades, *others, position=START + 10 * MINUTE_NS, window=8)
    market.play(buffer, START + 60 * MINUTE_NS)
    await filled(buffer)
    before = entries(buffer.held(NAME), "actors.buffer")

    market.play(buffer, START + 110 * MINUTE_NS)
    await filled(buffer)

    assert (
        entries(buffer.held(NAME), "actors.buffer") <= before + 10
    )  # a bar under way may be there, one for each minute may not


async def test_a_longer_bar_closes_in_a_silent_market_too():
    trades = [(BASE + 20 * SECOND_NS, 100, 1), (BASE + 70 * SECOND_NS, 110, 2)]
    market, buffer, ear = await running(trades, "5m", position=BASE)
    end = BASE + 5 * MINUTE_NS

    market.play(buffer, end)
    assert "5m" not in ear.bars
    await filled(buffer)
    market.play(buffer, end + SECOND_NS)

    assert ear.bars["5m"] == market.truth("5m")


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


async def test_half_a_bar_is_none_in_a_market_without_history():
    trades = random_trades(4, start=BASE + 130 * SECOND_NS, spans_s=900, per_s=1)
    market, buffer, ear = await running(trades, "5m", position=BASE + 130 * SECOND_NS)

    market.play(buffer, BASE + 290 * SECOND_NS)
    assert buffer.open_bar(NAME, "5m") is None
    market.play(buffer, BASE + 11 * MINUTE_NS)

    assert [one.ts_open for one in ear.bars["5m"]] == [BASE + 5 * MINUTE_NS]


async def test_a_minute_that_never_came_is_asked_for():
    trades = random_trades(4, spans_s=1_200, per_s=1)
    market, buffer, ear = await running(trades, "5m", position=START + 300 * SECOND_NS)
    market.play(buffer, START + 420 * SECOND_NS)
    lost = buffer.bar
    buffer.bar = lambda *_: None
    market.play(buffer, START + 500 * SECOND_NS)
    buffer.bar = lost

    market.play(buffer, START + 700 * SECOND_NS)
    await filled(buffer)

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
    await filled(buffer)

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
    assert (ear.bars["1m"], ear.mends["1m"]) == ([row(1), row(2)], [row(1, 120)])
    assert {outcome: value(ODD.labels(outcome)) - count for outcome, count in before.items()} == {
        "duplicate": 1,
        "corrected": 1,
        "late": 1,
    }


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
