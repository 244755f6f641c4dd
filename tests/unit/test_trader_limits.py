from decimal import Decimal

import pytest

from actors.accounts.limits import ceilings_of, choose, in_force
from config.errors import InvalidInputError
from config.trading import LimitsSection

CEILINGS = ceilings_of(LimitsSection(max_order_notional="1000", max_open_orders=10, max_daily_loss=None))


def test_ceilings_are_exact_numbers():
    assert (CEILINGS.max_order_notional, CEILINGS.max_open_orders, CEILINGS.max_daily_loss) == (Decimal(1000), 10, None)


def test_the_stricter_one_is_in_force():
    limits = in_force(CEILINGS, {"max_order_notional": "500", "max_open_orders": 20, "max_daily_loss": "7"})

    assert (limits.max_order_notional, limits.max_open_orders, limits.max_daily_loss) == (Decimal(500), 10, Decimal(7))


def test_changes_are_taken_over_and_none_gives_back():
    chosen = choose(CEILINGS, {"max_order_notional": "500"}, {"max_order_notional": None, "max_open_orders": 3})

    assert chosen == {"max_open_orders": 3}


@pytest.mark.parametrize(
    "changes",
    [
        {"max_order_notional": "1000.01"},
        {"max_order_notional": 5},
        {"max_order_notional": "-1"},
        {"max_order_notional": "1e3"},
        {"max_order_notional": "NaN"},
        {"max_open_orders": 0},
        {"max_open_orders": 11},
        {"max_open_orders": "3"},
        {"max_open_orders": True},
        {"max_luck": "1"},
    ],
)
def test_a_wrong_change_names_its_rule(changes):
    with pytest.raises(InvalidInputError) as error:
        choose(CEILINGS, {}, changes)

    assert error.value.path == f"$.{next(iter(changes))}"


def test_rules_of_an_older_journal_are_passed_over():
    assert in_force(CEILINGS, {"max_fun": "1"}) == CEILINGS
