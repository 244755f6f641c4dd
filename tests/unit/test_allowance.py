"""Token buckets of operations."""

import pytest

from actors.allowance import Allowance


class Clock:
    now = 5.0

    def __call__(self):
        return self.now


def test_a_burst_passes_and_then_the_rate_counts():
    clock = Clock()
    allowance = Allowance(10.0, 3.0, clock)

    assert [allowance.take() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert allowance.take() == pytest.approx(0.1)
    clock.now += 0.05
    assert allowance.take() == pytest.approx(0.05)
    clock.now += 0.051
    assert allowance.take() == 0.0


def test_it_never_holds_more_than_its_burst():
    clock = Clock()
    allowance = Allowance(10.0, 3.0, clock)
    clock.now += 1_000.0

    assert [bool(allowance.take()) for _ in range(5)] == [False, False, False, True, True]
