"""Axes have round marks, and numbers read as people write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.backtest.charts import Chart, Series, time_ticks, value_ticks
from node.backtest.figures import money, percent, price, ratio


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (98_604, 103_900, [98_000, 100_000, 102_000, 104_000]),
        (-0.0177, 0.0, [-0.02, -0.015, -0.01, -0.005, 0.0]),
        (5.0, 5.0, [4.0, 6.0]),
        (0.0, 0.0, [0.0, 0.5]),
    ],
)
def test_marks_of_values_are_round(low, high, ticks):
    found = value_ticks(low, high)

    assert found[0] <= low
    assert found[-1] >= high
    if len(found) > 2:
        assert found == ticks


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_marks_enclose_the_values_and_are_few(low, span):
    found = value_ticks(low, low + span)

    assert 2 <= len(found) <= 7
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("first", "last", "texts"),
    [
        ("2026-01-05T08:20", "2026-01-05T08:50", ["08:20", "08:25", "08:30", "08:35", "08:40", "08:45", "08:50"]),
        ("2026-01-05T20:00", "2026-01-06T05:00", ["21:00", "6 Jan", "03:00"]),
        ("2022-01-01T00:00", "2022-03-31T00:00", ["6 Jan", "20 Jan", "3 Feb", "17 Feb", "3 Mar", "17 Mar", "31 Mar"]),
        ("2022-02-10T00:00", "2022-07-10T00:00", ["Mar 2022", "Apr 2022", "May 2022", "Jun 2022", "Jul 2022"]),
        ("2014-12-01T00:00", "2018-08-01T00:00", ["Jan 2015", "Jul 2015", "Jan 2016"]),
    ],
)
def test_marks_of_time_are_round(first, last, texts):
    found = time_ticks(ms(first), ms(last))

    assert [text for _, text in found][: len(texts)] == texts
    assert all(ms(first) <= at <= ms(last) for at, _ in found)
    assert len(found) <= 9


def test_a_chart_draws_its_lines_within_the_frame():
    chart = Chart([0, 60_000, 120_000], [1.0, 3.0, 2.0], height=200, title="Equity")
    chart.line(Series("own", [1.0, 3.0, 2.0]))

    drawing = chart.svg(str)

    assert 'class="line own"' in drawing
    assert 'aria-label="Equity"' in drawing
    assert drawing.count("<path") == 1 + len(value_ticks(1.0, 3.0))


def test_numbers_read_as_people_write_them():
    assert money("-1234567.891", is_signed=True) == "\N{MINUS SIGN}1,234,567.89"
    assert money("5", is_signed=True) == "+5.00"
    assert percent(-0.0123) == "\N{MINUS SIGN}1.23\N{NO-BREAK SPACE}%"
    assert ratio(None) == "\N{EN DASH}"
    assert price("68803.934342698") == "68,803.9343"
    assert price("0.000000120000") == "0.00000012"
