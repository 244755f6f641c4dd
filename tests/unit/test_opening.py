"""Which orders open or increase a position: none that closes is among them, whatever else works beside it."""

import pytest

from actors.accounts.opening import opening
from tests.unit.accounts_world import COIN, PERP, World


class Books(World):
    """Anna's account, in which her strategy `bot` trades."""

    def __init__(self):
        super().__init__()
        self.account = self.open()
        for name in (PERP, COIN):
            self.mark(name, "100")

    def new(self, side, quantity, name=PERP, strategy="bot", **fields):
        return self.order(self.account, name, side, quantity, strategy=strategy, **fields)

    def working(self, side, quantity, strategy="bot", **fields):
        return self.work(self.account, PERP, side, quantity, strategy=strategy, **fields)

    def holds(self, side, quantity, strategy="bot"):
        self.trade(self.account, PERP, side, quantity, "100", strategy=strategy)

    def opens(self, *rows):
        return [row in opening(rows, self.account) for row in rows]


@pytest.fixture
def books():
    return Books()


def test_without_a_position_every_order_opens_one(books):
    assert books.opens(books.new("buy", "1")) == [True]
    assert books.opens(books.new("sell", "1")) == [True]


@pytest.mark.parametrize(("side", "other"), [("buy", "sell"), ("sell", "buy")])
def test_what_is_held_can_be_closed_but_neither_increased_nor_turned(books, side, other):
    books.holds(side, "2")

    assert books.opens(books.new(other, "2")) == [False]
    assert books.opens(books.new(other, "2.1")) == [True]
    assert books.opens(books.new(side, "0.1")) == [True]
    assert books.opens(books.new(other, "1", COIN)) == [True]


def test_a_strategy_closes_its_own_position_whatever_the_account_holds(books):
    books.holds("buy", "1")
    books.holds("sell", "3", "other")

    assert books.opens(books.new("sell", "1")) == [False]
    assert books.opens(books.new("buy", "2")) == [False]  # it makes the account's position smaller
    assert books.opens(books.new("sell", "2")) == [True]


def test_what_has_been_sent_already_is_not_closed_twice(books):
    books.holds("buy", "2")
    books.working("sell", "1.5", price="110", type="limit")

    assert books.opens(books.new("sell", "0.5")) == [False]
    assert books.opens(books.new("sell", "1")) == [True]
    assert books.opens(books.new("sell", "0.3"), books.new("sell", "0.3")) == [False, True]


def test_exits_of_their_own_never_keep_a_strategy_from_closing(books):
    books.holds("buy", "2")
    stop = books.working("sell", "2", type="stop_market", trigger_price="90", reduce_only=True)

    assert books.opens(books.new("sell", "2")) == [False]
    assert books.opens(books.new("sell", "2", reduce_only=True)) == [False]
    assert books.opens(books.new("sell", "2", linked_order_ids=(stop.order_id,))) == [False]


def test_a_target_linked_with_a_stop_closes_too(books):
    books.holds("buy", "2")
    stop = books.working("sell", "2", type="stop_market", trigger_price="90")

    target = books.new("sell", "2", type="limit", price="110", linked_order_ids=(stop.order_id,))

    assert books.opens(target) == [False]


def test_of_a_bracket_the_entry_alone_opens(books):
    entry = books.new("buy", "1")
    exits = [books.new("sell", quantity, parent_order_id=entry.order_id) for quantity in ("1", "1", "2")]

    assert books.opens(entry, *exits) == [True, False, False, True]


def test_the_exit_of_an_entry_that_works_already_closes(books):
    entry = books.working("buy", "1", price="90", type="limit")

    assert books.opens(books.new("sell", "1", parent_order_id=entry.order_id)) == [False]
    assert books.opens(books.new("buy", "1", parent_order_id=entry.order_id)) == [True]
    assert books.opens(books.new("sell", "1", parent_order_id="gone")) == [True]
