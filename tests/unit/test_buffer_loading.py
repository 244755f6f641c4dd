"""History and live bars become one: no gap, no overlap, nothing half."""

import asyncio

import pytest
import structlog

from actors.buffer.loading import BOUNDARY_MISMATCHES
from actors.market import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, BarRow, interval_of
from config.errors import VenueUnavailableError
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


async def test_a_bar_missed_while_history_is_on_its_way_is_asked_for():
    trades = [(BASE + second * SECOND_NS, 100 + second, 1) for second in range(90)]
    market, buffer, _ = await running(trades, position=BASE + 20 * SECOND_NS)
    market.play(buffer, BASE + 21 * SECOND_NS)
    market.buffer, market.rush = buffer, 11 * SECOND_NS

    await settled(buffer, "15s")
    market.play(buffer, BASE + 90 * SECOND_NS)

    assert held(buffer, "15s") == market.truth("15s")


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
    await filled(buffer)

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


async def test_a_longer_bar_whose_last_minute_is_empty_is_whole_after_an_outage():
    trades = [(BASE + second * SECOND_NS, 100 + second, 1) for second in (10, 70, 130, 310, 370, 600)]
    market, buffer, ear = await running(trades, "5m", position=BASE + 20 * SECOND_NS)
    buffer.detach()
    market.play(buffer, BASE + 9 * MINUTE_NS, heard=False)

    buffer.attach(market, ear)
    await settled(buffer, "5m")

    assert ear.bars["5m"] == bars_of(trades, interval_of("5m"), BASE + 5 * MINUTE_NS)


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


@pytest.mark.parametrize("interval", ["1m", "5s"])
async def test_what_waits_for_a_silent_history_is_no_more_than_a_window(monkeypatch, interval):
    monkeypatch.setattr("actors.buffer.loading._FIRST_RETRY_S", 0.001)
    trades = random_trades(4, spans_s=3_600)
    market, buffer = TradedMarket(trades, position=START + 10 * MINUTE_NS), buffer_of(window=8)
    market.error = VenueUnavailableError("down")
    buffer.ensure(NAME, interval)
    buffer.attach(market, Ear())
    market.play(buffer, START + 50 * MINUTE_NS)

    assert len(buffer.held(NAME).series[interval].waiting) == 8

    market.error = None
    await settled(buffer, "1m", interval)
    market.play(buffer, START + 55 * MINUTE_NS)
    await filled(buffer)
    assert held(buffer, interval) == market.truth(interval)[-8:]
