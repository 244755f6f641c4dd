"""Bars from trades and from shorter bars."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.buffer.aggregator import BarAggregator, TradeBars, joined
from actors.market import DAY_NS, INTERVALS, MINUTE_NS, SECOND_NS, BarRow, interval_of
from tests.unit.traded_market import START, bars_of, random_trades

gaps = st.integers(0, 3 * 3_600 * SECOND_NS)
trades = st.lists(st.tuples(gaps, st.integers(1, 10**12), st.integers(1, 10**15)), max_size=60)


def timed(steps):
    ts, found = START, []
    for gap, price, size in steps:
        ts += gap
        found.append((ts, price, size))
    return found


def fed(interval, held):
    aggregator, found = BarAggregator(interval), []
    for ts, price, size in held:
        found += [aggregator.advance(ts), aggregator.trade(ts, price, size)]
    found.append(aggregator.advance(START + 10**6 * DAY_NS))
    return [bar for bar in found if bar is not None]


@given(trades, st.sampled_from(list(INTERVALS)))
def test_bars_hold_exactly_the_trades_of_their_time(steps, name):
    held = timed(steps)

    assert fed(INTERVALS[name], held) == bars_of(held, INTERVALS[name], 2**62)


@given(trades, st.sampled_from(list(INTERVALS)), st.sampled_from(list(INTERVALS)))
def test_bars_of_bars_equal_bars_of_trades(steps, short, long):
    if not INTERVALS[short].divides(INTERVALS[long]):
        return
    held, aggregator, found = timed(steps), BarAggregator(INTERVALS[long]), []

    for bar in fed(INTERVALS[short], held):
        found += [aggregator.bar(bar), aggregator.advance(INTERVALS[short].close(bar.ts_open))]
    found.append(aggregator.advance(2**62))

    assert [bar for bar in found if bar is not None] == bars_of(held, INTERVALS[long], 2**62)


@pytest.mark.parametrize(
    ("interval", "at", "opens", "closes"),
    [
        ("1w", "2024-03-31T12:00", "2024-03-25", "2024-04-01"),
        ("1w", "2024-04-01T00:00", "2024-04-01", "2024-04-08"),
        ("1M", "2024-02-29T23:59", "2024-02-01", "2024-03-01"),
        ("1M", "2023-12-31T23:59", "2023-12-01", "2024-01-01"),
        ("1d", "2024-03-31T01:30", "2024-03-31", "2024-04-01"),
        ("4h", "2024-03-31T03:30", "2024-03-31T00:00", "2024-03-31T04:00"),
    ],
)
def test_bars_are_aligned_to_utc_weeks_to_monday_months_to_the_calendar(interval, at, opens, closes):
    aggregator = BarAggregator(interval_of(interval))
    ts = stamp(at)

    aggregator.trade(ts, 100, 1)

    assert aggregator.open_bar.ts_open == stamp(opens)
    assert aggregator.advance(stamp(closes) - 1) is None
    assert aggregator.advance(stamp(closes)) == BarRow(stamp(opens), 100, 100, 100, 100, 1)


def test_joined_keeps_first_open_last_close_and_extremes():
    first, second = BarRow(0, 5, 9, 4, 6, 10), BarRow(60, 6, 8, 2, 3, 7)

    assert joined(first, second) == BarRow(0, 5, 9, 2, 3, 17)


class TestTradeBars:
    """They know whether a bar is whole."""

    def bars(self):
        self.wanted = []
        return TradeBars(INTERVALS["1m"], lambda _, start, end: self.wanted.append((start, end)))

    def test_the_bar_in_which_listening_began_is_not_whole(self):
        bars = self.bars()
        bars.trade(START + 10 * SECOND_NS, 100, 1)

        first = bars.advance(START + MINUTE_NS)
        bars.trade(START + 61 * SECOND_NS, 100, 1)

        assert not bars.is_whole(first)
        assert bars.is_whole(bars.open_bar)

    def test_the_missed_part_is_asked_for_from_the_next_second_on(self):
        bars = self.bars()
        for second in (10.2, 10.9, 11.4, 12.0):
            bars.trade(START + int(second * SECOND_NS), 100, 1)

        assert self.wanted == [(START, START + 11 * SECOND_NS)]

    def test_with_the_missed_part_it_is_whole(self):
        held = random_trades(3, spans_s=60, per_s=5)
        bars = self.bars()
        heard = [trade for trade in held if trade[0] >= START + 20 * SECOND_NS]
        for trade in heard:
            bars.trade(*trade)
        ((start, end),) = self.wanted

        bars.complete([bar for bar in bars_of(held, INTERVALS["1s"], 2**62) if start <= bar.ts_open < end])

        assert bars.is_whole(bars.open_bar)
        assert [bars.advance(START + MINUTE_NS)] == bars_of(held, INTERVALS["1m"], 2**62)

    def test_an_answer_after_the_close_changes_nothing(self):
        bars = self.bars()
        for second in (10, 11, 70):
            bars.trade(START + second * SECOND_NS, 100, 1)
        before = bars.open_bar

        bars.complete([BarRow(START, 1, 1, 1, 1, 1)])

        assert bars.open_bar == before


def stamp(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS
