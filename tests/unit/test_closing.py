from decimal import Decimal

import pytest

from actors.accounts.closing import closing_orders
from config.errors import ConflictError, InvalidInputError
from tests.unit.accounts_world import PERP, World


def holding(**nets: str) -> object:
    world = World()
    anna = world.open()
    for strategy, net in nets.items():
        amount = Decimal(net)
        world.trade(anna, PERP, "buy" if amount > 0 else "sell", str(abs(amount)), "100", strategy=strategy)
    return anna


def told(orders) -> list[tuple[str, str, str]]:
    return [(one.strategy, one.ticket.side, one.ticket.quantity) for one in orders]


def test_every_strategy_sends_its_own_opposite_net_the_desk_first():
    anna = holding(alpha="3", beta="-1", desk="0.5")

    assert told(closing_orders(anna, PERP)) == [("desk", "sell", "0.5"), ("alpha", "sell", "3"), ("beta", "buy", "1")]


def test_a_part_is_taken_from_the_side_of_the_net():
    anna = holding(alpha="3", beta="-1", desk="0.5")

    assert told(closing_orders(anna, PERP, quantity="2")) == [("desk", "sell", "0.5"), ("alpha", "sell", "1.5")]


def test_a_short_position_is_bought_back():
    assert told(closing_orders(holding(desk="-2"), PERP, quantity="0.5")) == [("desk", "buy", "0.5")]


def test_with_a_price_they_are_limit_orders_and_ids_are_numbered():
    orders = closing_orders(holding(desk="1", alpha="1"), PERP, price="101.5", client_order_id="x" * 36)

    assert [(one.ticket.type, one.ticket.price) for one in orders] == [("limit", "101.5")] * 2
    assert [one.ticket.client_order_id for one in orders] == ["x" * 36, "x" * 34 + "-2"]


def test_strategies_that_hold_against_each_other_are_closed_though_the_net_is_flat():
    assert told(closing_orders(holding(alpha="1", beta="-1"), PERP)) == [("alpha", "sell", "1"), ("beta", "buy", "1")]


def test_nothing_held_is_a_conflict():
    with pytest.raises(ConflictError):
        closing_orders(holding(), PERP)


def test_more_than_is_held_is_refused():
    with pytest.raises(InvalidInputError, match="at most 2") as error:
        closing_orders(holding(desk="2"), PERP, quantity="2.1")
    assert error.value.path == "$.quantity"
