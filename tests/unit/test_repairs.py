import random

import pytest

from actors.ticks.repairs import A_MINUTE, HELD_S, MINUTE_S, SNAPSHOT_S, WAITS_S, Repairs
from tests.later import FakeLater


class Workshop:
    def __init__(self):
        self.later = FakeLater()
        self.renewed, self.silent = [], []
        self.repairs = Repairs(
            lambda name: self.renewed.append((name, self.later.now)),
            self.silent.append,
            self.later,
            self.later.monotonic,
        )


def test_a_broken_book_is_subscribed_anew_at_once_but_not_within_the_call():
    shop = Workshop()
    shop.repairs.repair("A")
    assert shop.renewed == []
    shop.later.advance(0)

    assert [name for name, _ in shop.renewed] == ["A"]


def test_a_book_that_breaks_again_and_again_waits_longer_and_longer():
    shop = Workshop()
    waits, last = [], shop.later.now
    for _ in range(10):
        shop.repairs.repair("A")
        while len(shop.renewed) == len(waits):
            shop.later.advance(0.25)
        waits.append(shop.renewed[-1][1] - last)
        last = shop.later.now
        shop.repairs.settle("A")

    assert waits == pytest.approx([*WAITS_S, 30.0, 30.0], abs=0.25)


def test_a_book_that_was_well_for_a_while_begins_with_the_shortest_wait():
    shop = Workshop()
    for _ in range(4):
        shop.repairs.repair("A")
        shop.later.advance(4)
        shop.repairs.settle("A")
    shop.later.advance(HELD_S)
    shop.repairs.repair("A")
    shop.later.advance(0)

    assert len(shop.renewed) == 5


def test_a_snapshot_that_does_not_come_is_told_and_asked_for_again():
    shop = Workshop()
    shop.repairs.expect("A")
    shop.later.advance(SNAPSHOT_S - 0.1)
    assert shop.silent == []
    shop.later.advance(0.1)
    assert (shop.silent, len(shop.renewed)) == (["A"], 1)
    shop.later.advance(SNAPSHOT_S + WAITS_S[1])

    assert (shop.silent, len(shop.renewed)) == (["A", "A"], 2)


def test_a_whole_book_is_left_alone():
    shop = Workshop()
    shop.repairs.expect("A")
    shop.repairs.settle("A")

    assert shop.later.pending() == []


@pytest.mark.parametrize("end", [lambda repairs: repairs.forget("A"), lambda repairs: repairs.stop()])
def test_a_book_that_nobody_wants_is_left_alone(end):
    shop = Workshop()
    shop.repairs.repair("A")
    end(shop.repairs)
    shop.later.advance(600)

    assert (shop.renewed, shop.silent) == ([], [])


def test_each_book_has_its_own_waits():
    shop = Workshop()
    for _ in range(3):
        shop.repairs.repair("A")
        shop.later.advance(10)
    shop.repairs.repair("B")
    shop.later.advance(0)

    assert shop.renewed[-1][0] == "B"


def test_a_book_that_loses_two_steps_in_a_hundred_is_whole_most_of_the_time():
    shop, draw = Workshop(), random.Random(7)
    whole, began = 0.0, shop.later.now
    while shop.later.now - began < 3_600:
        held = draw.expovariate(1 / 5)  # ten steps a second
        shop.later.advance(held)
        whole += held
        shop.repairs.repair("A")
        count = len(shop.renewed)
        while len(shop.renewed) == count:
            shop.later.advance(0.05)
        shop.repairs.settle("A")

    assert whole / (shop.later.now - began) > 0.8


def test_a_book_is_subscribed_anew_a_few_times_a_minute_at_most():
    shop = Workshop()
    for _ in range(300):
        shop.repairs.repair("A")
        shop.later.advance(0.1)
        shop.repairs.settle("A")
        shop.later.advance(HELD_S)

    times = [at for _, at in shop.renewed]
    assert len(times) > 150
    assert all(later - at >= MINUTE_S for at, later in zip(times, times[A_MINUTE:], strict=False))
