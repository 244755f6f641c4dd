import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.market import MINUTE_NS, interval_of
from actors.signal.features import FeatureEngine
from actors.signal.reference import FRESH, NONE, ReferenceBars
from tests.unit.walks import START, floats, walk

INTERVAL = interval_of("1m")


def closes(count, seed=3):
    return [(bar[0], bar[4]) for bar in floats(walk(count, seed))]


def filled(items):
    reference = ReferenceBars(INTERVAL)
    reference.load(items)
    return reference


def test_a_bar_sees_what_closed_before_it_and_never_what_closes_with_it():
    items = closes(50)
    with_it, without = filled(items[:30]), filled(items[:29])
    ts = items[29][0] + MINUTE_NS

    assert with_it.at(ts) == without.at(ts) != NONE
    assert with_it.at(ts + 1) != without.at(ts + 1)


def test_what_comes_later_changes_nothing():
    items = closes(50)

    for count in range(1, 50):
        ts = items[count - 1][0] + MINUTE_NS + 1
        assert filled(items[:count]).at(ts) == filled(items).at(ts)


def test_the_numbers_are_those_of_the_last_closes():
    items = closes(200)
    mean = items[0][1]
    for _, close in items:
        mean += (close - mean) * 2 / 56
    last = items[-1][1]

    assert filled(items).at(items[-1][0] + 2 * MINUTE_NS) == pytest.approx(
        (1 - items[-2][1] / last, last / mean - 1, 1 - items[-13][1] / last)
    )


def test_without_bars_or_with_late_ones_it_is_neutral():
    items = closes(20)
    closed = items[-1][0] + MINUTE_NS
    reference = filled(items)

    assert filled([]).at(closed) == NONE
    assert reference.at(items[0][0] + MINUTE_NS) == NONE
    assert reference.at(closed + FRESH * MINUTE_NS) != NONE
    assert reference.at(closed + FRESH * MINUTE_NS + 1) == NONE


def test_a_bar_told_twice_or_late_counts_once():
    items = closes(20)
    doubled = filled([*items[:10], items[9], items[4], *items[10:]])

    assert doubled.at(items[-1][0] + 2 * MINUTE_NS) == filled(items).at(items[-1][0] + 2 * MINUTE_NS)


def test_old_bars_are_dropped_and_new_ones_stay():
    items = closes(100)
    short, whole = ReferenceBars(INTERVAL, most=20), filled(items)
    short.load(items)

    for ts_open, _ in items[-20:]:
        assert short.at(ts_open + MINUTE_NS + 1) == whole.at(ts_open + MINUTE_NS + 1)
    assert len(short._times) < 40


@settings(max_examples=40)
@given(st.data())
def test_the_order_in_which_two_instruments_close_does_not_matter(data):
    """Bars of one close may come in either order, those of an earlier one have come."""
    bars, others = floats(walk(80)), floats(walk(80, 3))
    present = data.draw(st.lists(st.booleans(), min_size=80, max_size=80))
    first = data.draw(st.lists(st.booleans(), min_size=80, max_size=80))

    def vectors(orders):
        reference = ReferenceBars(INTERVAL)
        engine = FeatureEngine(INTERVAL, reference=reference)
        said = []
        for bar, other, is_present, is_first in zip(bars, others, present, orders, strict=True):
            if is_present and is_first:
                reference.take(other[0], other[4])
            said.append(engine.update(bar))
            if is_present and not is_first:
                reference.take(other[0], other[4])
        return said

    assert vectors(first) == vectors([True] * 80)


@pytest.mark.parametrize("price", [1e-12, 1.0, 1e15])
def test_extreme_prices_stay_finite(price):
    reference = filled([(START + i * MINUTE_NS, price * (1 + i % 2)) for i in range(100)])

    assert all(math.isfinite(x) for x in reference.at(START + 101 * MINUTE_NS))
