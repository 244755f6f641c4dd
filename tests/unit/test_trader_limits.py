from decimal import Decimal

import pytest

from actors.accounts.limits import ceilings_of, choose, in_force
from config.errors import InvalidInputError
from config.trading import LimitsSection
from node.trading.trader import BURST, Trader
from tests.unit.accounts_world import World

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


def test_a_change_of_limits_gives_no_orders_back():
    seconds = [0.0]
    ceilings = ceilings_of(LimitsSection(max_orders_per_s=10))
    trader = Trader(World().open(), "C", ceilings, {}, monotonic=lambda: seconds[0])
    while not trader.bucket.take():
        pass

    trader.set_choices({"max_order_notional": "5"})
    assert trader.bucket.take()
    trader.set_choices({"max_orders_per_s": 9})
    trader.set_choices({})
    assert trader.bucket.take()

    seconds[0] += 1
    trader.set_choices({"max_orders_per_s": 2})
    assert [trader.bucket.take() > 0 for _ in range(2 * BURST + 1)] == [False] * 2 * BURST + [True]
