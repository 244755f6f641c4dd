"""What is not believable is refused, counted, and logged without flooding."""

import pytest
import structlog

from actors.buffer.check import REFUSED, Refusals, fault_in_history, fault_of
from actors.market import INTERVALS, BarRow
from tests.unit.traded_market import START

MINUTE = INTERVALS["1m"]
WEEK = INTERVALS["1w"]


def test_a_true_bar_has_no_fault():
    assert fault_of(BarRow(START, 100, 110, 90, 95, 0)) is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (BarRow(START, 100, 99, 90, 95, 1), "out_of_range"),
        (BarRow(START, 100, 110, 101, 105, 1), "out_of_range"),
        (BarRow(START, 100, 110, 90, 111, 1), "out_of_range"),
        (BarRow(START, 100, 110, 90, 89, 1), "out_of_range"),
        (BarRow(START, 100, 90, 110, 100, 1), "out_of_range"),
        (BarRow(START, 0, 110, 0, 95, 1), "not_positive"),
        (BarRow(START, -5, -1, -9, -3, 1), "not_positive"),
        (BarRow(START, 100, 110, 90, 95, -1), "negative_volume"),
        (BarRow(START + 1, 100, 110, 90, 95, 1), "off_grid"),
    ],
)
def test_a_corrupt_bar_is_told_by_its_reason(row, reason):
    assert fault_in_history(row, MINUTE, 0) == reason


def test_a_week_must_begin_on_monday():
    thursday = 0

    assert fault_in_history(BarRow(thursday, 100, 110, 90, 95, 1), WEEK, -1) == "off_grid"


def test_history_goes_forward_only():
    row = BarRow(START, 100, 110, 90, 95, 1)

    assert fault_in_history(row, MINUTE, START) == "unsorted"
    assert fault_in_history(row, MINUTE, START - 1) is None


def test_every_refusal_counts_and_few_are_logged():
    now = [0.0]
    refusals = Refusals(lambda: now[0])
    before = REFUSED.labels("bar", "test")._value.get()

    with structlog.testing.capture_logs() as logs:
        for second in range(25):
            now[0] = float(second)
            refusals.refuse("bar", "test", "BTC-USDT.SIM", "it")

    assert REFUSED.labels("bar", "test")._value.get() - before == 25
    assert [entry["unsaid"] for entry in logs] == [0, 9, 9]
