"""Recordings on one clock: nothing early, nothing twice, nothing invented."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.buffer.aggregator import BarAggregator
from actors.market import INTERVALS, BarRow, TradeRow
from adapters.feed import FeedBar
from adapters.replay.feed import ReplayFeed
from config.errors import ConfigError, UnknownInstrumentError, UnsupportedIntervalError
from config.recorded import ReplayColumns, ReplaySection
from tests.recordings import BEGIN, MINUTE, NAME, csv_of, feed_of, minutes, spec

OTHER = "ETH-USDT.REPLAY"
EVER = 2**62


def opens(rows):
    return [(row.ts_open - BEGIN) // MINUTE for row in rows]


def built(events, interval, until):
    """Return the bars that the aggregator builds of events, closed at `until`."""
    aggregator = BarAggregator(INTERVALS[interval])
    found = []
    for event in events:
        if isinstance(event, FeedBar):
            found.append(aggregator.bar(event.row))
        else:
            found.append(aggregator.trade(event.ts, event.price, event.size))
    found.append(aggregator.advance(until))
    return [row for row in found if row is not None]


def trades_of(folder, times, warmup=0, **others):
    rows = [f"{ts},{100 + number % 7},{number % 5 + 1}" for number, ts in enumerate(times)]
    csv_of(folder, *rows, header="t,price,size", name="trades.csv")
    trades = spec(file="trades.csv", data="trades", unit="s", columns=ReplayColumns(ts="t"))
    return ReplayFeed.from_config(ReplaySection(warmup_bars=warmup, instruments={NAME: trades, **others}), folder)


def test_playing_begins_after_the_warm_up(tmp_path):
    feed = feed_of(tmp_path, *minutes(10), warmup=4)

    assert opens(feed.history(NAME, "1m", None, None, 100)) == [0, 1, 2, 3]
    assert feed.next_ts() == BEGIN + 5 * MINUTE
    assert opens(event.row for event in feed.read(EVER, 100)) == [4, 5, 6, 7, 8, 9]
    assert feed.next_ts() is None


def test_an_event_comes_when_its_bar_is_closed_and_not_before(tmp_path):
    feed = feed_of(tmp_path, *minutes(3))

    assert feed.read(BEGIN + MINUTE, 9) == []
    (event,) = feed.read(BEGIN + MINUTE + 1, 9)

    assert (event.instrument_id, event.interval, event.ts) == (NAME, "1m", BEGIN + MINUTE)
    assert feed.position_ns == BEGIN + MINUTE + 1


def test_no_more_events_come_than_wanted(tmp_path):
    feed = feed_of(tmp_path, *minutes(5))

    first = feed.read(EVER, 2)

    assert opens(event.row for event in first) == [0, 1]
    assert feed.position_ns == BEGIN + 2 * MINUTE
    assert opens(event.row for event in feed.read(EVER, 9)) == [2, 3, 4]


def test_history_shows_what_was_read_and_no_more(tmp_path):
    feed = feed_of(tmp_path, *minutes(12))
    feed.read(BEGIN + 6 * MINUTE, 100)

    assert opens(feed.history(NAME, "1m", None, None, 100)) == [0, 1, 2, 3, 4]
    assert opens(feed.history(NAME, "5m", None, None, 100)) == [0]
    assert opens(feed.history(NAME, "3m", None, None, 100)) == [0]
    feed.read(BEGIN + 6 * MINUTE + 1, 100)
    assert opens(feed.history(NAME, "3m", None, None, 100)) == [0, 3]


def test_history_takes_a_range_and_a_limit(tmp_path):
    feed = feed_of(tmp_path, *minutes(60))
    feed.read(EVER, 100)
    at = [BEGIN + minute * MINUTE for minute in range(61)]

    assert opens(feed.history(NAME, "1m", at[10], at[14], 100)) == [10, 11, 12, 13]
    assert opens(feed.history(NAME, "1m", at[10], at[14], 2)) == [12, 13]
    assert opens(feed.history(NAME, "1m", at[10], None, 2)) == [10, 11]
    assert opens(feed.history(NAME, "1m", None, at[10], 2)) == [8, 9]
    assert opens(feed.history(NAME, "15m", at[1], None, 2)) == [15, 30]
    assert opens(feed.history(NAME, "15m", None, at[45], 2)) == [15, 30]
    assert feed.history(NAME, "1m", at[20], at[20], 100) == []
    assert feed.history(NAME, "1d", None, None, 100) == []


def test_a_hole_is_a_hole(tmp_path):
    feed = feed_of(tmp_path, *minutes(12, skip=(3, 4, 5)))
    events = feed.read(EVER, 100)

    assert opens(event.row for event in events) == [0, 1, 2, 6, 7, 8, 9, 10, 11]
    assert opens(feed.history(NAME, "3m", None, None, 100)) == [0, 6, 9]


def test_a_bar_that_began_before_the_file_is_left_out(tmp_path):
    feed = feed_of(tmp_path, *minutes(15)[2:])
    feed.read(EVER, 100)

    assert opens(feed.history(NAME, "5m", None, None, 100)) == [5, 10]
    assert opens(feed.history(NAME, "1m", None, BEGIN + 4 * MINUTE, 100)) == [2, 3]


def test_a_bar_with_a_hole_at_its_end_closes_by_time(tmp_path):
    feed = feed_of(tmp_path, *minutes(12, skip=(4, 5, 6)))
    feed.read(BEGIN + 5 * MINUTE, 100)

    assert opens(feed.history(NAME, "5m", None, None, 100)) == [0]


def test_intervals_below_the_file_are_not_given(tmp_path):
    feed = feed_of(tmp_path, *minutes(60))

    assert feed.native_interval(NAME) == "1m"
    with pytest.raises(UnsupportedIntervalError, match="was recorded in bars of 1m, it has none of 5s"):
        feed.history(NAME, "5s", None, None, 10)
    with pytest.raises(UnknownInstrumentError):
        feed.history(OTHER, "1m", None, None, 10)


def test_several_instruments_share_one_clock(tmp_path):
    csv_of(tmp_path, *minutes(20))
    csv_of(tmp_path, *minutes(23)[3:], name="other.csv")
    instruments = {NAME: spec(), OTHER: spec(file="other.csv")}

    feed = ReplayFeed.from_config(ReplaySection(warmup_bars=5, instruments=instruments), tmp_path)
    events = feed.read(EVER, 100)

    assert [(event.instrument_id[:3], (event.ts - BEGIN) // MINUTE) for event in events[:3]] == [
        ("BTC", 9),
        ("ETH", 9),
        ("BTC", 10),
    ]
    assert [event.ts for event in events] == sorted(event.ts for event in events)
    assert len(events) == 12 + 15
    assert len(feed.history(NAME, "1m", None, None, 100)) == 20


def test_a_bar_comes_before_a_trade_of_its_close(tmp_path):
    csv_of(tmp_path, *minutes(3))
    feed = trades_of(tmp_path, [BEGIN // 10**9 + 60, BEGIN // 10**9 + 60], **{OTHER: spec()})

    kinds = [type(event) for event in feed.read(BEGIN + MINUTE + 1, 9)]

    assert kinds == [FeedBar, TradeRow, TradeRow]


def test_trades_begin_at_a_whole_minute(tmp_path):
    begin = BEGIN // 10**9
    feed = trades_of(tmp_path, [begin + 7 * number for number in range(60)], warmup=30)

    assert feed.position_ns == BEGIN + 3 * MINUTE
    assert opens(feed.history(NAME, "1m", None, None, 9)) == [0, 1, 2]
    assert feed.minute_trades(NAME) == []
    read = feed.read(BEGIN + 3 * MINUTE + 30 * 10**9, 99)
    assert list(feed.minute_trades(NAME)) == list(read)
    assert [trade.trade_id for trade in read] == ["27", "28", "29", "30"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.integers(0, 3_000), min_size=2, max_size=60),
    st.lists(st.tuples(st.integers(1, 90_000), st.integers(1, 40)), min_size=1, max_size=8),
    st.booleans(),
)
def test_history_is_what_the_aggregator_builds_of_the_events_read(tmp_path, at, steps, is_trades):
    times = sorted(at)
    begin = BEGIN // 10**9
    if is_trades:
        feed = trades_of(tmp_path, [begin + 37 * number for number in times])
    else:
        feed = feed_of(tmp_path, *minutes(3_001, skip=tuple(set(range(3_001)) - at)))
    first = feed.position_ns
    seen = []
    for seconds, limit in steps:
        seen += feed.read(feed.position_ns + seconds * 10**9, limit)
        for interval in ("1m", "5m", "1h", "1d", "1w", "1M"):
            wanted = built(seen, interval, feed.position_ns)
            if INTERVALS[interval].floor(first) < first:
                wanted = wanted[1:]  # it began before the file
            found = feed.history(NAME, interval, None, None, 10_000)
            missing = [row for row in wanted if row not in found]
            assert found == wanted[: len(found)]
            # a bar of which a row at this very instant may be unread waits for it
            assert all(INTERVALS[interval].close(row.ts_open) >= feed.position_ns for row in missing)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sets(st.integers(0, 3_000), min_size=2, max_size=60), st.booleans())
def test_a_part_of_history_is_that_part_of_the_whole(tmp_path, data, at, is_trades):
    if is_trades:
        feed = trades_of(tmp_path, [BEGIN // 10**9 + 37 * number for number in sorted(at)])
    else:
        feed = feed_of(tmp_path, *minutes(3_001, skip=tuple(set(range(3_001)) - at)))
    feed.read(feed.position_ns + data.draw(st.integers(0, 3_100)) * MINUTE, 10_000)
    times = st.none() | st.integers(-10, 3_100).map(lambda minute: BEGIN + minute * MINUTE // 2)
    for interval in ("1m", "5m", "1h", "1d", "1w", "1M"):
        whole = feed.history(NAME, interval, None, None, 10**15)
        start, end, limit = data.draw(times), data.draw(times), data.draw(st.integers(1, 20))
        wanted = [row for row in whole if (start or 0) <= row.ts_open < (end or EVER)]
        wanted = wanted[:limit] if end is None and start is not None else wanted[-limit:]
        assert feed.history(NAME, interval, start, end, limit) == wanted


def test_a_rewound_feed_plays_the_same_again(tmp_path):
    feed = feed_of(tmp_path, *minutes(30), warmup=5)
    first = feed.read(EVER, 100)

    feed.rewind()

    assert len(feed.history(NAME, "1m", None, None, 100)) == 5
    assert feed.read(EVER, 100) == first


def test_a_feed_can_be_set_to_any_time(tmp_path):
    feed = feed_of(tmp_path, *minutes(30), warmup=5)

    feed.seek(BEGIN + 20 * MINUTE + 1)

    assert feed.position_ns == BEGIN + 20 * MINUTE + 1
    assert opens(feed.history(NAME, "1m", None, None, 2)) == [18, 19]
    assert opens([feed.read(EVER, 1)[0].row]) == [20]


def test_a_warm_up_that_leaves_nothing_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"replay\.warmup_bars: bars\.csv has 5 rows, so expected less, was 5"):
        feed_of(tmp_path, *minutes(5), warmup=5)


def test_a_recording_over_before_the_others_begin_is_told(tmp_path):
    csv_of(tmp_path, *minutes(10))
    csv_of(tmp_path, *minutes(90)[60:], name="other.csv")
    instruments = {NAME: spec(), OTHER: spec(file="other.csv")}

    with pytest.raises(ConfigError, match=r"bars\.csv ends before the warm-up of the others, at 2022-01-01T01:05:00Z"):
        ReplayFeed.from_config(ReplaySection(warmup_bars=5, instruments=instruments), tmp_path)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    native=st.sampled_from(["1m", "1h", "1d", "1w", "1M"]),
    written=st.tuples(st.sampled_from(["open", "close"]), st.sampled_from(["s", "ms", "us", "ns"])),
    skip=st.sets(st.integers(1, 98), max_size=40),
    at=st.tuples(st.integers(0, 12), st.integers(0, 100), st.sampled_from([-1, 0, 1])),
    asked=st.tuples(
        st.none() | st.integers(-5, 110), st.none() | st.integers(-5, 110), st.sampled_from([1, 2, 5, 1_000])
    ),
)
def test_history_of_any_interval_is_joined_of_what_has_been_read(tmp_path, native, written, skip, at, asked):
    (ts_is, unit), (shift, reached, after) = written, at
    rows = recorded_rows(INTERVALS[native], BEGIN + shift * INTERVALS[native].duration_ns, skip)
    feed = feed_of(
        tmp_path,
        *(line_of(row, INTERVALS[native], ts_is, unit) for row in rows),
        interval=native,
        ts_is=ts_is,
        unit=unit,
        price_precision=0,
        size_precision=0,
    )
    first = rows[0].ts_open
    now = min(first + reached * INTERVALS[native].duration_ns + after, feed.end_ns + 1)
    feed.seek(max(first, now))
    start, end = (None if one is None else first + one * INTERVALS[native].duration_ns for one in asked[:2])

    for name, wanted in INTERVALS.items():
        if not INTERVALS[native].divides(wanted):
            continue
        ahead = next((row for row in rows if INTERVALS[native].close(row.ts_open) >= feed.position_ns), None)
        known = [
            row
            for row in built([FeedBar(NAME, native, row, row.ts_open) for row in rows], name, EVER)
            if first <= row.ts_open
            and wanted.close(row.ts_open) <= feed.position_ns
            and (ahead is None or ahead.ts_open < row.ts_open or wanted.close(row.ts_open) <= ahead.ts_open)
            and (start or 0) <= row.ts_open < (EVER if end is None else end)
        ]
        limit = asked[2]
        expected = known[:limit] if start is not None and end is None else known[-limit:]
        assert feed.history(NAME, name, start, end, limit) == expected, name


def recorded_rows(interval, ts, skip):
    rows, ts = [], interval.floor(ts)
    for number in range(100):
        if number not in skip:
            rows.append(BarRow(ts, 100 + number, 105 + number, 95 + number, 101 + number, number + 1))
        ts = interval.close(ts)
    return rows


def line_of(row, interval, ts_is, unit):
    stamp = interval.close(row.ts_open) if ts_is == "close" else row.ts_open
    per = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    return f"{stamp // per},{row.open},{row.high},{row.low},{row.close},{row.volume}"
