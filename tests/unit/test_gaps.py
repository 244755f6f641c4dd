"""Sets of time against sets of numbers; gaps that are asked for once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.buffer.gaps import Gaps
from actors.buffer.spans import Spans
from actors.market import INTERVALS, MINUTE_NS

MINUTE = INTERVALS["1m"]
edges = st.integers(0, 40)
steps = st.lists(st.tuples(st.booleans(), edges, edges), max_size=20)


@given(steps, edges, edges)
def test_spans_are_a_set_of_moments(changes, begin, end):
    spans, moments = Spans(), set()
    for is_added, one, other in changes:
        if is_added:
            spans.add(one, other)
            moments |= set(range(one, other))
        else:
            spans.remove(one, other) if one < other else None
            moments -= set(range(one, other))

    assert {ts for one, other in spans for ts in range(one, other)} == moments
    parts = list(spans)
    assert all(one[1] < other[0] for one, other in pairwise(parts)), "those that touch are one"
    if begin < end:
        asked = set(range(begin, end))
        assert {ts for one, other in spans.within(begin, end) for ts in range(one, other)} == asked & moments
        assert {ts for one, other in spans.missing(begin, end) for ts in range(one, other)} == asked - moments


def minutes(*numbers):
    return [number * MINUTE_NS for number in numbers]


def test_a_gap_is_news_once():
    gaps = Gaps(MINUTE)

    assert gaps.want(*minutes(3, 5))
    assert not gaps.want(*minutes(3, 5))
    assert gaps.want(*minutes(4, 6))
    assert gaps.next(100) == tuple(minutes(3, 6))


def test_gaps_are_asked_for_together_but_no_more_than_fits_an_answer():
    gaps = Gaps(MINUTE)
    gaps.want(*minutes(3, 5))
    gaps.want(*minutes(900, 901))

    assert gaps.next(10_000) == tuple(minutes(3, 901))
    assert gaps.next(100) == tuple(minutes(3, 103))


def test_what_no_answer_fills_is_a_hole_and_never_news_again():
    gaps = Gaps(MINUTE)
    gaps.want(*minutes(3, 8))
    gaps.want(*minutes(20, 21))

    holes = gaps.settle(tuple(minutes(3, 8)), minutes(4, 6, 15))

    assert holes == [tuple(minutes(*span)) for span in ((3, 4), (5, 6), (7, 8))]
    assert gaps.next(100) == tuple(minutes(20, 21))
    assert not gaps.want(*minutes(5, 6))
    assert gaps.want(*minutes(5, 7))
    assert gaps.next(2) == tuple(minutes(6, 8))


def test_holes_that_the_window_has_left_behind_are_forgotten():
    gaps = Gaps(MINUTE)
    gaps.want(*minutes(3, 8))
    gaps.settle(tuple(minutes(3, 8)), [])

    gaps.forget(minutes(6)[0])

    assert list(gaps.holes) == [tuple(minutes(6, 8))]
