"""Triple-barrier labels: each case by hand, and the fast way against the plain one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.signal.training.labels import OUTCOMES, exit_price, label, touch
from config.training import Barriers

BARRIERS = Barriers(up=1.0, down=1.0, horizon=3, unit="percent")
FLAT = (100.0, 100.0, 100.0)


def labels_of(*bars, barriers=BARRIERS, is_next=None):
    """Bars as (high, low, close); entry is the first."""
    columns = tuple(np.array(column, float) for column in zip(*bars, strict=True))
    return label(barriers, columns, np.full(len(bars), 0.01), is_next)


@pytest.mark.parametrize(
    ("after", "outcome", "end", "y"),
    [
        ([(101.0, 100.0, 100.5), FLAT, FLAT], "up", 1, 1),
        ([FLAT, (100.0, 99.0, 99.5), FLAT], "down", 2, 0),
        ([(101.5, 98.5, 100.9), FLAT, FLAT], "both", 1, 0),
        ([FLAT, FLAT, (100.4, 100.0, 100.4)], "time", 3, 1),
        ([FLAT, FLAT, (100.0, 99.6, 99.6)], "time", 3, 0),
        ([FLAT, FLAT, FLAT], "time", 3, 0),
    ],
)
def test_the_barrier_touched_first_is_the_label(after, outcome, end, y):
    found = labels_of(FLAT, *after)

    assert (OUTCOMES[found.outcome[0]], found.end[0], found.y[0]) == (outcome, end, y)
    assert found.is_known[0]


def test_the_entry_bar_itself_touches_nothing():
    found = labels_of((105.0, 95.0, 100.0), FLAT, FLAT, FLAT)

    assert OUTCOMES[found.outcome[0]] == "time"


def test_barriers_in_ranges_follow_the_range():
    wide = Barriers(up=2.0, down=1.0, horizon=3)

    assert wide.prices(100.0, 0.005) == pytest.approx((101.0, 99.5))
    assert BARRIERS.prices(100.0, 0.5) == pytest.approx((101.0, 99.0))


def test_what_is_not_over_or_has_a_hole_is_not_known():
    is_next = np.array([True, True, False, True, True, True])
    found = labels_of(*[FLAT] * 6, is_next=is_next)

    assert found.is_known.tolist() == [False, False, True, False, False, False]


def test_a_label_that_ends_before_a_hole_is_known():
    is_next = np.array([True, True, False, True])
    found = labels_of(FLAT, (101.0, 100.0, 101.0), FLAT, FLAT, is_next=is_next)

    assert found.is_known[0]
    assert found.end[0] == 1


@pytest.mark.parametrize(
    ("outcome", "is_long", "price"),
    [("up", True, 101.0), ("up", False, 101.0), ("down", True, 99.0), ("both", True, 99.0), ("both", False, 101.0),
     ("time", True, 100.3)],
)  # fmt: skip  # one case after the other
def test_both_touched_is_the_stop_of_either_side(outcome, is_long, price):
    assert exit_price(outcome, (101.0, 99.0), 100.3, is_long=is_long) == price


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.floats(-3.0, 3.0)] * 3), min_size=2, max_size=30), st.integers(1, 8))
def test_every_label_is_what_waiting_for_it_gives(moves, horizon):
    bars = np.array([sorted((100.0 + a, 100.0 + b, 100.0 + c)) for a, b, c in moves])
    low, close, high = bars.T
    barriers = Barriers(up=1.3, down=0.8, horizon=horizon, unit="percent")
    found = label(barriers, (high, low, close), np.zeros(len(bars)))

    for i in range(len(bars)):
        later = (column[i + 1 :].tolist() for column in (high, low, close))
        expected = touch(barriers.prices(close[i], 0.0), *later, horizon)
        if expected is None:
            assert found.outcome[i] == 0
            assert not found.is_known[i]
        elif found.is_known[i]:
            assert (OUTCOMES[found.outcome[i]], found.end[i] - i) == (expected.outcome, expected.bars)
            is_up = expected.outcome == "up" or (expected.outcome == "time" and expected.close > close[i])
            assert found.y[i] == is_up
