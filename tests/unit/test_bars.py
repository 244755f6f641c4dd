"""Bars built live: the same as history, whole from the first, in one order."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from actors.market import INTERVALS, TradeRow
from adapters.bars import LiveBars
from adapters.feed import FeedBar
from config.errors import UnknownInstrumentError, UnsupportedIntervalError
from tests.recordings import BEGIN, NAME, feed_of, minutes
from tests.simulated import BTC, EVER, HOUR, MINUTE, START, market, one

QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ABC = "ABC.SIM"


def play(feed, bars, until):
    """Return every bar that closes while a feed is read up to `until`, as a data client does it."""
    found = []
    while feed.position_ns < until and feed.next_ts() is not None:
        for event in feed.read(min(until, feed.position_ns + 37 * MINUTE), 70):
            found += bars.due(event.ts)
            if isinstance(event, TradeRow):
                bars.trade(event)
            elif isinstance(event, FeedBar) and (closed := bars.bar(event)) is not None:
                found.append(closed)
        found += bars.due(feed.position_ns)
    return found


def rows_of(closed, interval):
    return [item.row for item in closed if item.interval.name == interval]


@QUICK
@given(
    names=st.lists(st.sampled_from([*INTERVALS]), min_size=1, max_size=6, unique=True),
    joined_at=st.integers(21 * HOUR, 25 * HOUR),
)
def test_every_bar_after_joining_a_market_of_trades_is_as_history_tells(names, joined_at):
    feed = one(trades_per_min=3, position=START + 20 * HOUR)
    feed.read(START + joined_at, EVER)
    bars, since = LiveBars(feed), feed.position_ns
    for name in names:
        bars.add(ABC, INTERVALS[name])
    closed = play(feed, bars, START + 29 * HOUR)
    for name in names:
        whole = feed.history(ABC, name, INTERVALS[name].floor(since), None, 10**6)
        assert rows_of(closed, name) == whole
    assert all(item.ts == item.interval.close(item.row.ts_open) for item in closed)


@QUICK
@given(
    names=st.lists(st.sampled_from(["1m", "3m", "5m", "15m", "1h", "4h"]), min_size=1, max_size=6, unique=True),
    joined_at=st.integers(0, 399),
    after=st.sampled_from([-1, 0, 1]),
    skip=st.sets(st.integers(1, 599), max_size=200),
)
@example(names=["3m"], joined_at=242, after=1, skip={240}).via("a hole where the bar in progress begins")
def test_every_bar_after_joining_a_market_of_recorded_bars_is_as_history_tells(tmp_path, names, joined_at, after, skip):
    feed = feed_of(tmp_path, *minutes(600, skip=tuple(skip)))
    feed.read(BEGIN + joined_at * MINUTE + after, EVER)
    bars, since = LiveBars(feed), feed.position_ns
    for name in names:
        bars.add(NAME, INTERVALS[name])
    closed = play(feed, bars, BEGIN + 700 * MINUTE)
    for name in names:
        known = [
            row for row in feed.history(NAME, name, None, since, 10**6) if INTERVALS[name].close(row.ts_open) >= since
        ]
        told = {row.ts_open for row in known}
        later = feed.history(NAME, name, since, None, 10**6)
        assert [row for row in rows_of(closed, name) if row.ts_open not in told] == later
        assert all(row in known for row in rows_of(closed, name) if row.ts_open in told)


@pytest.mark.parametrize("skip", [(), (19,), (15,), (15, 16, 17, 18)])
def test_at_the_very_close_of_a_bar_it_waits_for_the_recorded_bar_that_ends_it(tmp_path, skip):
    feed = feed_of(tmp_path, *minutes(3_000, skip=skip))
    feed.seek(BEGIN + 20 * MINUTE)
    bars, told = LiveBars(feed), feed.history(NAME, "5m", None, None, 100)
    bars.add(NAME, INTERVALS["5m"])
    closed = play(feed, bars, BEGIN + 60 * MINUTE)
    assert told + rows_of(closed, "5m") == feed.history(NAME, "5m", None, None, 100)


@pytest.mark.parametrize("at", [600, 1_440])
def test_at_the_close_of_an_hour_or_day_a_longer_bar_holds_its_last_minute_once(tmp_path, at):
    feed = feed_of(tmp_path, *minutes(3_000, skip=(5,)))
    feed.seek(BEGIN + at * MINUTE)
    bars = LiveBars(feed)
    bars.add(NAME, INTERVALS["1d"])
    closed = play(feed, bars, BEGIN + 2_881 * MINUTE)
    told = feed.history(NAME, "1d", None, None, 100)
    assert rows_of(closed, "1d") == told


def test_bars_of_one_instant_come_shortest_first_and_before_later_trades():
    feed = market(position=START - START % HOUR)
    bars = LiveBars(feed)
    for name in ("1h", "5m", "1m", "5s", "15m"):
        for instrument_id in feed.instruments:
            bars.add(instrument_id, INTERVALS[name])
    closed = play(feed, bars, START + HOUR)
    order = [(item.ts, item.interval.duration_ns, [*feed.instruments].index(item.instrument_id)) for item in closed]
    assert order == sorted(order)
    assert len([item for item in closed if item.ts == START - START % HOUR + HOUR]) == 15


def test_a_bar_closes_by_market_time_without_a_later_trade():
    feed = one(trades_per_min=1, position=START - START % HOUR)
    bars = LiveBars(feed)
    bars.add(ABC, INTERVALS["1s"])
    trade = next(event for event in feed.read(EVER, 2) if isinstance(event, TradeRow))
    bars.trade(trade)
    close = trade.ts - trade.ts % 10**9 + 10**9
    assert bars.next_due == close
    assert [*bars.due(close - 1)] == []
    assert [item.ts for item in bars.due(close)] == [close]


def test_a_bar_whose_begin_the_source_does_not_have_is_left_out():
    sunday = START + 4 * 24 * HOUR - 2 * HOUR
    feed = one(trades_per_min=1, position=sunday)
    bars = LiveBars(feed)
    for name in ("1d", "1w"):
        bars.add(ABC, INTERVALS[name])
    closed = play(feed, bars, sunday + 3 * HOUR)
    assert [item.interval.name for item in closed] == ["1d"]
    assert feed.history(ABC, "1w", None, None, 10) == []


def test_a_bar_begun_long_ago_is_whole():
    sunday = START + 11 * 24 * HOUR - 2 * HOUR
    feed = one(trades_per_min=1, position=sunday)
    bars = LiveBars(feed)
    bars.add(ABC, INTERVALS["1w"])
    closed = play(feed, bars, sunday + 3 * HOUR)
    assert rows_of(closed, "1w") == feed.history(ABC, "1w", None, None, 10)
    assert len(closed) == 1


def test_what_is_not_wanted_any_more_is_not_built():
    feed = market()
    bars = LiveBars(feed)
    for name in ("1s", "5m"):
        bars.add(BTC, INTERVALS[name])
    bars.discard(BTC, INTERVALS["1s"])
    assert {item.interval.name for item in play(feed, bars, START + 6 * MINUTE)} == {"5m"}
    bars.discard(BTC, INTERVALS["5m"])
    assert play(feed, bars, START + 12 * MINUTE) == []


def test_what_cannot_be_built_is_refused(tmp_path):
    bars = LiveBars(feed_of(tmp_path, *minutes(10)))
    with pytest.raises(UnsupportedIntervalError, match="bars of 1m, none of 5s"):
        bars.add(NAME, INTERVALS["5s"])
    with pytest.raises(UnknownInstrumentError):
        bars.add("NOPE.REPLAY", INTERVALS["1m"])
    bars.discard("NOPE.REPLAY", INTERVALS["1m"])
