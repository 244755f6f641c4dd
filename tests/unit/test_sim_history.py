"""History is made of the same trades that were played: whole bars, closed ones, and no others."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.buffer.aggregator import BarAggregator
from actors.market import INTERVALS, TradeRow
from adapters.sim import history
from tests.simulated import BTC, EVER, HOUR, MINUTE, START, market, one

DAY = 24 * HOUR
QUICK = settings(max_examples=40, deadline=None)


def built(rows, interval, until):
    """Return the bars of an interval that the aggregator makes of trades or shorter bars."""
    aggregator = BarAggregator(INTERVALS[interval])
    found = []
    for row in rows:
        is_trade = isinstance(row, TradeRow)
        found.append(aggregator.trade(row.ts, row.price, row.size) if is_trade else aggregator.bar(row))
    found.append(aggregator.advance(until))
    return [row for row in found if row is not None]


@pytest.fixture(scope="module")
def played():
    """A market played for four hours from midnight, and the trades of one instrument."""
    feed = market(position=START - START % DAY)
    events = feed.read(feed.position_ns + 4 * HOUR, EVER)
    return feed, [event for event in events if isinstance(event, TradeRow) and event.instrument_id == BTC]


@pytest.mark.parametrize("interval", [name for name in INTERVALS if INTERVALS[name].duration_ns <= 4 * HOUR])
def test_bars_are_exactly_what_the_trades_make(played, interval):
    feed, trades = played
    assert feed.history(BTC, interval, START - START % DAY, None, 100_000) == built(trades, interval, feed.position_ns)


@pytest.fixture(scope="module")
def long():
    """A market with forty days of history."""
    return market(history_days=40)


@pytest.mark.parametrize("interval", ["3m", "1h", "12h", "1d", "1w", "1M"])
def test_longer_bars_are_exactly_what_the_minutes_make(long, interval):
    feed = long
    minutes = feed.history(BTC, "1m", None, None, 100_000)
    whole = [row for row in built(minutes, interval, feed.position_ns) if row.ts_open >= feed.begin_ns]
    assert feed.history(BTC, interval, None, None, 100_000) == whole
    assert len(whole) >= (1 if interval == "1M" else 5)


@pytest.mark.parametrize("interval", ["1s", "1m", "1h"])
def test_history_has_no_hole_and_ends_with_the_last_closed_bar(interval):
    feed = market()
    opens = [row.ts_open for row in feed.history(BTC, interval, None, None, 10_000)]
    length = INTERVALS[interval].duration_ns
    assert {after - before for before, after in pairwise(opens)} == {length}
    assert opens[-1] + length <= START < opens[-1] + 2 * length


def test_a_bar_is_there_the_moment_it_has_closed():
    feed = market()
    close = START - START % MINUTE + MINUTE
    feed.read(close - 1, EVER)
    before = feed.history(BTC, "1m", None, None, 1)
    feed.read(close, EVER)
    assert [row.ts_open for row in before] == [close - 2 * MINUTE]
    assert [row.ts_open for row in feed.history(BTC, "1m", None, None, 1)] == [close - MINUTE]


@QUICK
@given(
    interval=st.sampled_from(["1s", "15s", "1m", "5m", "1h", "1d"]),
    start=st.none() | st.integers(-3 * DAY, HOUR),
    end=st.none() | st.integers(-3 * DAY, HOUR),
    limit=st.integers(0, 300),
)
def test_a_question_gets_the_bars_of_its_span(interval, start, end, limit):
    feed = one(trades_per_min=2)
    start_ns, end_ns = (None if at is None else START + at for at in (start, end))
    every = [
        row
        for row in feed.history("ABC.SIM", interval, None, None, 10**6)
        if row.ts_open >= (start_ns or 0) and (end_ns is None or row.ts_open < end_ns)
    ]
    is_oldest = start_ns is not None and end_ns is None
    wanted = every[:limit] if is_oldest else every[len(every) - min(limit, len(every)) :]
    assert feed.history("ABC.SIM", interval, start_ns, end_ns, limit) == wanted


def test_seconds_without_a_trade_have_no_bar():
    feed = one(trades_per_min=1)
    rows = feed.history("ABC.SIM", "1s", None, None, 50)
    assert len(rows) == 50
    assert rows[-1].ts_open - rows[0].ts_open >= 48 * MINUTE
    assert all(row.open == row.high == row.low == row.close for row in rows)


def test_minute_trades_are_those_already_read():
    feed = market()
    begin = START - START % MINUTE
    whole = [row for row in market(position=begin).read(START, EVER) if isinstance(row, TradeRow)]
    assert [*feed.minute_trades(BTC)] == [row for row in whole if row.instrument_id == BTC]
    feed.read(begin + MINUTE, EVER)
    assert feed.minute_trades(BTC) == []


def test_hours_of_long_ago_are_computed_again_and_not_kept_for_ever(monkeypatch):
    whole = market(history_days=8).history(BTC, "1d", None, None, 10)
    monkeypatch.setattr(history, "HOURS", 50)
    feed = market(history_days=8)
    kept = feed._history[BTC]._hours

    assert feed.history(BTC, "1d", None, None, 10) == whole
    assert feed.history(BTC, "1d", None, None, 10) == whole
    assert len(kept) == 50


def test_history_prepared_in_steps_is_the_same():
    prepared, asked = market(), (BTC, "5m", None, None, 500)
    assert sum(1 for _ in prepared.prepare(*asked)) > 3
    assert prepared.history(*asked) == market().history(*asked)
    assert not list(prepared.prepare(BTC, "1s", None, None, 500))
