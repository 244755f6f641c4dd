from decimal import Decimal

from actors.orders import BalanceRow, FillRow, OrderRow, PositionRow
from tests.unit.accounts_world import PERP, SPOT, World


def test_a_fill_tells_fill_order_position_and_balances_in_that_order():
    world = World()
    anna = world.open()
    row = world.work(anna, PERP, "buy", "1", type="limit", price="100")
    world.ears.told.clear()

    world.fill(row, "1", "100", fee=Decimal("0.05"))

    assert [type(one) for one in world.ears.told] == [FillRow, OrderRow, PositionRow, BalanceRow]


def test_a_spot_purchase_changes_currencies_into_each_other():
    world = World()
    anna = world.open()

    world.trade(anna, SPOT, "buy", "0.5", "60000", fee=Decimal(15))

    balances = {row.currency: row.total for row in world.accounts.balances(anna.account_id)}
    assert balances == {"USDT": Decimal(69985), "BTC": Decimal("0.5")}
