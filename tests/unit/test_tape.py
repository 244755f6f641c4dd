import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.market import TradeRow
from actors.ticks.tape import Tape
from tests.bridge.fakes import BTC, START_NS


def trade(number, *, ts=None, price=100, size=1):
    return TradeRow(BTC, START_NS + number if ts is None else ts, price, size, "buy", f"t{number}")


def trades(*numbers):
    return [trade(number) for number in numbers]


def begun(*numbers):
    tape = Tape()
    tape.interrupt()
    tape.fill(trades(*numbers))
    return tape


def kept(tape):
    return [int(row.trade_id[1:]) for _, row in reversed(tape.log.before(None, 9_999))]


def test_trades_come_in_order_each_once():
    tape = begun()

    outcomes = [tape.take(row) for row in trades(1, 2, 2, 5, 4, 5, 6)]

    assert outcomes == ["new", "new", "doubled", "new", "out_of_order", "doubled", "new"]
    assert kept(tape) == [1, 2, 5, 6]


def test_trades_of_one_moment_are_all_kept():
    tape = begun()

    assert [tape.take(trade(number, ts=START_NS)) for number in range(3)] == ["new"] * 3


@pytest.mark.parametrize("numbers", [{"price": 0}, {"price": -1}, {"size": 0}, {"size": -3}])
def test_impossible_numbers_are_refused(numbers):
    tape = begun(1)

    assert tape.take(trade(2, **numbers)) == "impossible"
    assert kept(tape) == [1]


def test_what_comes_before_the_past_is_known_waits_for_it():
    tape = Tape()
    tape.interrupt()
    outcomes = [tape.take(row) for row in trades(4, 5)]
    assert not tape.is_ready
    tape.fill(trades(1, 2, 3, 4))

    assert outcomes == ["kept_back", "kept_back"]
    assert kept(tape) == [1, 2, 3, 4, 5]
    assert tape.is_ready


def test_an_interruption_in_which_nothing_was_missed_goes_on():
    tape = begun(1, 2, 3)
    place = tape.log.place
    tape.interrupt()
    tape.take(trade(5))
    tape.fill(trades(2, 3, 4))

    assert kept(tape) == [1, 2, 3, 4, 5]
    assert [row.trade_id for row in tape.log.since(place)] == ["t4", "t5"]


def test_an_answer_that_does_not_reach_back_begins_anew():
    tape = begun(1, 2, 3)
    place = tape.log.place
    tape.interrupt()
    tape.fill(trades(7, 8))

    assert kept(tape) == [7, 8]
    assert tape.log.since(place) is None


def test_without_an_answer_what_is_known_cannot_be_trusted_to_go_on():
    tape = begun(1, 2, 3)
    place = tape.log.place
    tape.interrupt()
    tape.take(trade(9))
    tape.fill(None)

    assert kept(tape) == [9]
    assert tape.log.since(place) is None


def test_a_reset_forgets_what_was_seen():
    tape = begun(1, 2, 3)
    tape.reset()
    assert not tape.is_ready
    tape.fill(trades(1, 2))

    assert kept(tape) == [1, 2]


def test_only_the_newest_are_kept_and_a_forgotten_id_is_no_double_any_more():
    tape = begun()
    for number in range(3_000):
        assert tape.take(trade(number)) == "new"

    assert kept(tape) == list(range(3_000 - 1_024, 3_000))
    assert len(tape._ids) == 1_024
    assert tape.take(trade(5, ts=START_NS + 9_999)) == "new"
    assert tape.take(trade(2_999, ts=START_NS + 9_999)) == "doubled"


@given(st.lists(st.integers(1, 12), max_size=30), st.integers(0, 8), st.integers(0, 8))
def test_whatever_comes_doubled_or_late_and_wherever_it_is_interrupted_order_holds(numbers, cut, missed):
    tape = begun()
    market = sorted(set(numbers))
    for number in numbers[:cut]:
        tape.take(trade(number))
    known = kept(tape)
    tape.interrupt()
    for number in numbers[cut + missed :]:
        tape.take(trade(number))
    tape.fill(trades(*[one for one in market if one <= max(numbers, default=0)]))

    assert kept(tape) == sorted(set(kept(tape)))
    assert not known or kept(tape)[-1] >= known[-1]
