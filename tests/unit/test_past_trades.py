from actors.ticks.past import GIVE_UP_S, PastTrades
from tests.bridge.fakes import BTC, ETH
from tests.later import FakeLater
from tests.unit.test_tape import trade


class Questions:
    def __init__(self):
        self.asked, self.answers, self.later = [], [], FakeLater()
        self.past = PastTrades(self.asked.append, lambda name, rows: self.answers.append((name, rows)), self.later)


def test_one_instrument_is_asked_about_after_the_other():
    one = Questions()
    one.past.ask([ETH, BTC])
    assert one.asked == [ETH]
    one.past.answer([])
    assert one.asked == [ETH, BTC]
    rows = [trade(1)]
    one.past.answer(rows)

    assert one.answers == [(ETH, []), (BTC, rows)]
    assert one.later.pending() == []


def test_an_answer_that_does_not_come_is_told_and_the_next_is_asked():
    one = Questions()
    one.past.ask([ETH, BTC])
    one.later.advance(GIVE_UP_S)

    assert one.answers == [(ETH, None)]
    assert one.asked == [ETH, BTC]


def test_an_answer_about_something_else_is_passed_over():
    one = Questions()
    one.past.ask([ETH])
    one.past.answer([trade(1)])

    assert one.answers == []


def test_a_late_answer_is_nobodys():
    one = Questions()
    one.past.ask([BTC])
    one.later.advance(GIVE_UP_S)
    one.past.answer([trade(1)])

    assert one.answers == [(BTC, None)]


def test_after_a_stop_nothing_is_asked_or_told():
    one = Questions()
    one.past.ask([ETH, BTC])
    one.past.stop()
    one.past.answer([])
    one.later.advance(60)

    assert (one.asked, one.answers) == ([ETH], [])
