"""The ring of closed bars."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.buffer.window import BarWindow
from actors.market import INTERVALS, MINUTE_NS, BarRow
from tests.unit.traded_market import START, instrument, row, rows


def window(size=100, precision=2):
    return BarWindow(instrument(price_precision=precision), INTERVALS["1m"], size)


def filled(count, size=100):
    ring = window(size)
    for one in rows(count):
        ring.push(one)
    return ring


def content(ring, count=10**6):
    begin, end = ring.newest(count)
    return ring.rows[begin:end]


def test_newer_bars_are_appended():
    ring = window()

    assert [ring.push(one) for one in rows(3)] == ["appended"] * 3
    assert content(ring) == rows(3)


def test_the_same_bar_twice_is_a_duplicate():
    ring = filled(3)

    assert ring.push(row(1, 101)) == "duplicate"
    assert content(ring) == rows(3)


def test_another_content_of_the_same_time_is_a_correction():
    ring = filled(3)
    ring.encoded(0, 3)
    ring.columns(3)

    assert ring.push(row(1, 150)) == "corrected"
    assert content(ring)[1].close == 150
    assert json.loads(ring.encoded(0, 3)[1])["c"] == "1.50"
    assert ring.columns(3).close[1] == 1.5


def test_an_older_unknown_bar_is_late():
    ring = filled(3)

    assert ring.push(row(-1)) == "late"
    assert content(ring) == rows(3)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 40), max_size=30), st.integers(5, 60))
def test_it_holds_the_newest_bars_in_all_three_forms_however_often_it_wraps(steps, size):
    ring, pushed = window(size), []
    for step in steps:
        for _ in range(step):
            one = row(len(pushed) * 2, 100 + len(pushed) % 13)
            pushed.append(one)
            ring.push(one)
        if step % 3:
            ring.columns(step)
        if step % 2:
            ring.encoded(*ring.newest(step))

    kept = pushed[-size:]
    columns = ring.columns(size)
    assert content(ring) == kept
    assert len(ring) == len(kept)
    assert columns.ts_open.tolist() == [one.ts_open for one in kept]
    assert columns.close.tolist() == [one.close / 100 for one in kept]
    assert columns.volume.tolist() == [one.volume / 100_000 for one in kept]
    assert [json.loads(text)["t"] * 10**6 for text in ring.encoded(*ring.newest(size))] == columns.ts_open.tolist()
    assert ring.first_open == (kept[0].ts_open if kept else None)
    assert ring.is_complete == (len(pushed) >= size)


def test_a_bar_is_encoded_once_and_only_when_asked_for():
    ring = filled(50)

    first = ring.encoded(40, 50)
    again = ring.encoded(30, 50)

    assert all(one is other for one, other in zip(first, again[10:], strict=True))


def test_the_wire_form_is_exact_decimal_text():
    ring = window(precision=8)
    ring.push(BarRow(START, 1, 12_345_678_901_234_567_890, 1, 100_000_000, 3))

    assert json.loads(ring.encoded(0, 1)[0]) == {
        "t": START // 10**6,
        "o": "0.00000001",
        "h": "123456789012.34567890",
        "l": "0.00000001",
        "c": "1.00000000",
        "v": "0.00003",
        "closed": True,
    }


def test_columns_are_views_that_nobody_can_write():
    columns = filled(50).columns(10)

    assert columns.open.dtype == np.float64
    assert columns.ts_open.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        columns.close[0] = 1.0


def test_columns_are_the_same_however_the_bars_came_in():
    slow, fast = window(), window()
    for one in rows(80):
        slow.push(one)
        slow.columns(1)
        fast.push(one)

    for one, other in zip(slow.columns(80).__struct_fields__, fast.columns(80).__struct_fields__, strict=True):
        assert np.array_equal(getattr(slow.columns(80), one), getattr(fast.columns(80), other))


def test_find_gives_the_first_bar_at_or_after_a_time():
    ring = filled(10)

    assert ring.find(START + 3 * MINUTE_NS) == 3
    assert ring.find(START + 3 * MINUTE_NS + 1) == 4
    assert ring.find(0) == 0
    assert ring.find(2**63) == 10


def test_all_bars_are_encoded_a_few_at_each_step_while_others_come_and_go():
    made = window(size=400)
    for i in range(400):
        made.push(row(i))
    steps = made.encoding()
    for i in range(400, 430):
        next(steps)
        made.push(row(i))
        if i > 404:
            break
    assert list(steps) != []
    for i in range(430, 500):
        made.push(row(i))

    assert list(made.encoding()) != []
    assert made.encoded(*made.newest(400)) == [made._encode(i) for i in range(*made.newest(400))]
