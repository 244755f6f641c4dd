import pytest

from actors.signal.option_orders import OptionOrder, risk_reward, strategy_of
from config.errors import InvalidInputError


def order(strategy, strikes=(), premium=2.0, **changes):
    return OptionOrder(
        strategy=strategy, strikes=tuple(strikes), premium=premium, predicted_price=100.0, ts=0, **changes
    )


@pytest.mark.parametrize(
    ("item", "risk", "reward", "ratio", "breakevens"),
    [
        (order("butterfly", (4800, 4850, 4900)), -200, 4800, 24, (4802, 4898)),
        (order("butterfly", (4900, 4800, 4850), side="sell"), -4800, 200, 0.041666667, (4802, 4898)),
        (order("iron_condor", (95, 90, 105, 112)), -500, 200, 0.4, (93, 107)),
        (order("sonar", (90, 95, 105, 112), side="buy"), -200, 500, 2.5, (93, 107)),
        (order("vertical", (6005, 6000), 0.5, quantity=3), -1350, 150, 0.111111111, (6000.5,)),
        (order("vertical", (6000, 6005), 0.5, side="buy", option_type="put"), -50, 450, 9, (5999.5,)),
        (order("vertical", (6000, 6005), 0.0, side="buy"), 0, 500, 0, (6000,)),
    ],
)
def test_what_an_order_may_lose_and_win(item, risk, reward, ratio, breakevens):
    found = risk_reward(item)

    assert (found.risk, found.reward, found.ratio) == (risk, reward, ratio)
    assert tuple(found.breakevens.values()) == breakevens


def test_digits_are_those_of_the_prices():
    assert risk_reward(order("vertical", (10, 11), 0.07)).reward == 7.0


@pytest.mark.parametrize("item", [order("unknown", (1, 2, 3, 4)), order("iron_condor", (1, 2, 3)), order("vertical")])
def test_what_cannot_be_worked_out_is_told(item):
    with pytest.raises(InvalidInputError, match=r"strategies|needs"):
        risk_reward(item)


@pytest.mark.parametrize("name", ["Iron Condor", "Iron_Condor", "IronCondor", "iron-condor"])
def test_names_are_written_in_many_ways(name):
    assert strategy_of(name) == "iron_condor"
    assert strategy_of("Straddle") == "unknown"
