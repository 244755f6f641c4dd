"""Intervals, bar types and exact numbers."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.market import (
    DAY_NS,
    INTERVALS,
    SECOND_NS,
    bar_type_of,
    decimal_text,
    holes,
    interval_of,
    split_bar_type,
)
from config.errors import UnsupportedIntervalError

names = st.sampled_from(list(INTERVALS))
stamps = st.integers(0, 4_102_444_800 * SECOND_NS)
"""Until the year 2100."""


@given(names, stamps)
def test_every_moment_lies_in_exactly_one_bar(name, ts):
    interval = INTERVALS[name]
    ts_open = interval.floor(ts)

    assert ts_open <= ts < interval.close(ts_open)
    assert interval.floor(ts_open) == ts_open
    assert interval.floor(interval.close(ts_open)) == interval.close(ts_open)
    assert interval.floor(interval.close(ts_open) - 1) == ts_open
    assert interval.ceil(ts_open) == ts_open
    assert interval.ceil(ts_open + 1) == interval.close(ts_open)


@given(names, stamps)
def test_a_close_tells_its_open_and_any_other_time_none(name, ts):
    interval = INTERVALS[name]
    ts_open = interval.floor(ts)

    assert interval.opened(interval.close(ts_open)) == ts_open
    if ts != ts_open:
        assert interval.opened(ts) is None


@given(names, names, stamps)
def test_bars_of_a_divisor_never_cross_a_longer_bar(short, long, ts):
    if INTERVALS[short].divides(INTERVALS[long]):
        ts_open = INTERVALS[short].floor(ts)
        last = INTERVALS[short].close(ts_open) - 1
        assert INTERVALS[long].floor(ts_open) == INTERVALS[long].floor(last)


def test_what_cannot_be_joined_is_told():
    assert not INTERVALS["3m"].divides(INTERVALS["5m"])
    assert not INTERVALS["1w"].divides(INTERVALS["1M"])
    assert not INTERVALS["5m"].divides(INTERVALS["1m"])
    assert INTERVALS["12h"].divides(INTERVALS["1w"])
    assert all(one.divides(one) for one in INTERVALS.values())


@pytest.mark.parametrize(
    ("month", "days"), [("2024-02-01", 29), ("2023-02-01", 28), ("2023-12-01", 31), ("2024-04-01", 30)]
)
def test_months_have_their_own_length(month, days):
    ts_open = int(datetime.fromisoformat(month).replace(tzinfo=UTC).timestamp()) * SECOND_NS

    assert INTERVALS["1M"].close(ts_open) == ts_open + days * DAY_NS


@given(names)
def test_a_bar_type_leads_back_to_its_parts(name):
    assert split_bar_type(bar_type_of("BTC-USDT-SWAP.SIM", name)) == ("BTC-USDT-SWAP.SIM", INTERVALS[name])


@pytest.mark.parametrize(
    "text", ["", "BTC", "BTC-USDT.SIM-7-MINUTE-LAST-EXTERNAL", "BTC-USDT.SIM-1-MINUTE-LAST-INTERNAL"]
)
def test_other_bar_types_are_refused(text):
    with pytest.raises(UnsupportedIntervalError):
        split_bar_type(text)


def test_an_unknown_interval_lists_the_known_ones():
    with pytest.raises(UnsupportedIntervalError, match=r"1s, 3s, .*, 1M, was '7m'"):
        interval_of("7m")


@given(st.integers(-(10**30), 10**30), st.integers(0, 16))
def test_decimal_text_is_exact(units, precision):
    text = decimal_text(units, precision)

    assert Fraction(text) == Fraction(units, 10**precision)
    assert len(text.partition(".")[2]) == precision


@given(st.sets(st.integers(0, 200)), names)
def test_holes_and_bars_together_cover_the_span(present, name):
    interval, grid = INTERVALS[name], [INTERVALS[name].floor(0)]
    for _ in range(201):
        grid.append(interval.close(grid[-1]))
    opens = [grid[number] for number in sorted(present)]

    missing = {ts for first, after in holes(opens, interval) for ts in grid if first <= ts < after}

    assert missing == {ts for ts in grid if opens and opens[0] < ts < opens[-1]} - set(opens)
