from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from actors.accounts.account import Account
from actors.accounts.risk import Risk
from actors.allowance import Allowance
from actors.market import DAY_NS
from actors.orders import OrderEvent, OrderRow
from actors.ports import Limits
from config.errors import (
    InsufficientMarginError,
    OrderDeniedError,
    RateLimitedError,
    TradingHaltedError,
    VenueUnavailableError,
)
from tests.unit.accounts_world import NO_LIMITS, PERP, SPOT, T0, World

PRICE = Decimal(100)


class Desk:
    """One account, its limits and a way to send orders."""

    def __init__(self, kind: str = "margin", price: str | None = "100", **limits) -> None:
        self.world = World()
        self.account: Account = self.world.open(kind=kind, USDT="10000")
        self.limits: Limits = replace(NO_LIMITS, **limits)
        self.world.accounts.set_limits(self.account.account_id, self.limits)
        self.risk = Risk(self.world.accounts.valuation, self.world.marks)
        self.state, self.bucket = "active", None
        if price is not None:
            self.world.mark(SPOT, price)
            self.world.mark(PERP, price)

    def check(self, row: OrderRow, **options) -> Decimal:
        account_id = self.account.account_id
        situation = self.world.accounts.situation(account_id, self.limits, self.state, self.bucket)
        return self.risk.check(row, self.account, situation, **options)

    def order(self, side: str, quantity: str, name: str = PERP, **fields) -> OrderRow:
        fields = {"type": "limit"} | fields if "price" in fields else fields
        return self.world.order(self.account, name, side, quantity, **fields)

    def send(self, side: str, quantity: str, name: str = PERP, **fields) -> OrderRow:
        row = self.order(side, quantity, name, **fields)
        self.world.accounts.reserve(row, self.check(row))
        self.world.accounts.on_event(
            row.account_id, OrderEvent(kind="accepted", order_id=row.order_id, ts=row.ts_created)
        )
        return self.account.orders.get(row.order_id)

    def trade(self, side: str, quantity: str, price: str = "100", name: str = PERP) -> None:
        self.world.trade(self.account, name, side, quantity, price)

    def denial(self, side: str, quantity: str, name: str = PERP, **fields) -> OrderDeniedError:
        with pytest.raises(OrderDeniedError) as error:
            self.check(self.order(side, quantity, name, **fields))
        return error.value


def test_a_denial_names_rule_limit_and_value():
    error = Desk(max_order_notional=Decimal(500)).denial("buy", "6", price="100")

    assert (error.rule, error.limit, error.value) == ("max_order_notional", "500", "600")
    assert "max_order_notional: limit 500, was 600" in str(error)


def test_a_sell_limit_below_the_market_counts_at_the_market():
    assert Desk(max_order_notional=Decimal(500)).denial("sell", "6", price="50").value == "600"


def test_somebody_elses_order_is_denied():
    desk = Desk()
    row = replace(desk.order("buy", "1"), user_id="bob")

    with pytest.raises(OrderDeniedError) as error:
        desk.check(row)
    assert error.value.rule == "ownership"


def test_halted_takes_nothing_but_a_close():
    desk = Desk()
    desk.trade("buy", "1")
    desk.state = "halted"

    with pytest.raises(TradingHaltedError):
        desk.check(desk.order("sell", "1"))
    assert desk.check(desk.order("sell", "1"), is_closing=True) == 100


def test_reducing_takes_what_makes_the_position_smaller():
    desk = Desk()
    desk.trade("buy", "2")
    desk.state = "reducing"

    desk.send("sell", "1.5", price="101")

    with pytest.raises(TradingHaltedError):
        desk.check(desk.order("sell", "1"))
    with pytest.raises(TradingHaltedError):
        desk.check(desk.order("buy", "1"))
    assert desk.check(desk.order("sell", "0.5"))


def test_orders_come_no_faster_than_the_bucket_fills():
    desk = Desk(max_orders_per_s=2)
    desk.bucket = Allowance(2.0, 2.0, lambda: 0.0)
    for _ in range(2):
        desk.check(desk.order("buy", "1"))

    with pytest.raises(RateLimitedError) as error:
        desk.check(desk.order("buy", "1"))
    assert error.value.retry_after_s == 0.5


def test_open_orders_are_counted_but_a_change_adds_none():
    desk = Desk(max_open_orders=2)
    first, _ = desk.send("buy", "1", price="90"), desk.send("buy", "1", price="90")

    assert desk.denial("buy", "1").value == "3"
    assert desk.check(replace(first, price=Decimal(91)), replacing=first) == 91


def test_the_position_counts_with_its_working_orders():
    desk = Desk(max_position_notional=Decimal(500))
    desk.trade("buy", "2")
    desk.send("buy", "2", price="100")

    assert desk.denial("buy", "2", price="100").value == "600"
    assert desk.check(desk.order("sell", "7", price="100"))
    assert desk.denial("sell", "8", price="100").rule == "max_position_notional"


def test_of_orders_that_cancel_each_other_one_counts():
    desk = Desk(max_position_notional=Decimal(500))
    first = desk.send("buy", "4", price="90")

    assert desk.check(desk.order("buy", "5", price="100", linked_order_ids=(first.order_id,)))
    assert desk.denial("buy", "2", price="100").value == "600"


@pytest.mark.parametrize(
    ("side", "fields"),
    [
        ("buy", {"type": "limit", "price": "120.1"}),
        ("sell", {"type": "limit", "price": "79.9"}),
        ("buy", {"type": "stop_market", "trigger_price": "79.9"}),
        ("sell", {"type": "stop_market", "trigger_price": "120.1"}),
        ("buy", {"type": "market_if_touched", "trigger_price": "120.1"}),
        ("sell", {"type": "limit_if_touched", "trigger_price": "79.9", "price": "79.9"}),
        ("buy", {"type": "stop_limit", "trigger_price": "110", "price": "132.1"}),
    ],
)
def test_a_price_too_far_on_the_side_that_fills_at_once_is_denied(side, fields):
    assert Desk(price_collar=Decimal("0.2")).denial(side, "1", **fields).rule == "price_collar"


@pytest.mark.parametrize(
    ("side", "fields"),
    [
        ("buy", {"type": "limit", "price": "1"}),
        ("buy", {"type": "limit", "price": "120"}),
        ("sell", {"type": "limit", "price": "1000"}),
        ("buy", {"type": "stop_market", "trigger_price": "500"}),
        ("sell", {"type": "stop_market", "trigger_price": "10"}),
        ("buy", {"type": "stop_limit", "trigger_price": "110", "price": "132"}),
    ],
)
def test_a_price_far_on_the_side_that_waits_is_fine(side, fields):
    assert Desk(price_collar=Decimal("0.2")).check(Desk().order(side, "1", **fields))


def test_reduce_only_orders_share_the_position():
    desk = Desk()
    desk.trade("buy", "2")
    desk.send("sell", "1.5", price="110", reduce_only=True)

    error = desk.denial("sell", "1", price="110", reduce_only=True)

    assert (error.rule, error.limit, error.value) == ("reduce_only", "0.5", "1")


def test_reduce_only_orders_that_cancel_each_other_may_both_close_all():
    desk = Desk()
    desk.trade("sell", "2")
    first = desk.send("buy", "2", price="90", reduce_only=True)

    assert desk.check(
        desk.order(
            "buy", "2", type="stop_market", trigger_price="110", reduce_only=True, linked_order_ids=(first.order_id,)
        )
    )


def test_an_exit_may_be_as_large_as_its_entry():
    desk = Desk()
    entry = desk.send("buy", "2", price="90")
    exits = {"price": "110", "reduce_only": True, "parent_order_id": entry.order_id}

    assert desk.check(desk.order("sell", "2", **exits))
    assert desk.denial("sell", "2.1", **exits).limit == "2"


def test_reduce_only_without_a_position_is_denied():
    assert Desk().denial("sell", "1", reduce_only=True).rule == "reduce_only"


def test_a_daily_loss_leaves_only_reducing_until_midnight():
    desk = Desk(max_daily_loss=Decimal(100))
    desk.world.mark(PERP, "100")
    desk.trade("buy", "10")
    desk.world.mark(PERP, "90")

    assert desk.denial("buy", "1").rule == "max_daily_loss"
    desk.world.mark(PERP, "100")
    assert desk.denial("buy", "1").rule == "max_daily_loss"
    assert desk.check(desk.order("sell", "10"))
    desk.world.mark(PERP, "100", T0 + DAY_NS)
    assert desk.check(desk.order("buy", "1"))


def test_leverage_counts_all_perpetuals_over_equity():
    desk = Desk(max_leverage=Decimal(2))
    desk.trade("buy", "100")

    error = desk.denial("buy", "101", price="100")

    assert (error.rule, error.limit, error.value) == ("max_leverage", "2", "2.01")


def test_margin_that_is_not_there_is_named():
    desk = Desk()

    with pytest.raises(InsufficientMarginError) as error:
        desk.check(desk.order("buy", "10000", price="100"))

    assert (error.value.limit, error.value.value) == ("10000", "10500")


def test_closing_needs_no_margin():
    desk = Desk()
    desk.trade("buy", "9000")

    assert desk.check(desk.order("sell", "9000", price="100"))


def test_a_cash_account_trades_no_perpetuals():
    assert Desk("cash").denial("buy", "1").rule == "account_kind"


def test_cash_buys_what_it_can_pay_with_the_fee():
    desk = Desk("cash")

    assert desk.check(desk.order("buy", "99.95", SPOT, price="100"))
    with pytest.raises(InsufficientMarginError):
        desk.check(desk.order("buy", "100", SPOT, price="100"))


def test_cash_sells_what_it_has_and_no_other_order_sells():
    desk = Desk("cash")
    desk.trade("buy", "2", name=SPOT)
    desk.send("sell", "1.5", SPOT, price="110")

    assert desk.check(desk.order("sell", "0.5", SPOT))
    with pytest.raises(InsufficientMarginError) as error:
        desk.check(desk.order("sell", "0.6", SPOT))
    assert "0.6 BTC, free are 0.5" in str(error.value)


def test_a_market_purchase_leaves_room_for_a_worse_price():
    desk = Desk("cash")

    assert desk.check(desk.order("buy", "98.9", SPOT))
    with pytest.raises(InsufficientMarginError):
        desk.check(desk.order("buy", "99.1", SPOT))


def test_without_any_price_a_market_order_waits_for_one():
    desk = Desk(price=None)

    with pytest.raises(VenueUnavailableError):
        desk.check(desk.order("buy", "1"))


def test_a_change_counts_instead_of_what_it_changes():
    desk = Desk("cash")
    row = desk.send("buy", "90", SPOT, price="100")

    assert desk.check(replace(row, quantity=Decimal(95)), replacing=row)
    with pytest.raises(InsufficientMarginError):
        desk.check(replace(row, quantity=Decimal(101)), replacing=row)


# A brute-force model: of the orders that work, every subset may fill; of linked ones one.

FATES = st.sampled_from(["work", "fill", "link"])
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 60),
        st.sampled_from([90, 95, 100, 105, 110]),
        st.booleans(),
        FATES,
    ),
    min_size=1,
    max_size=8,
)
AT_ONE_PRICE = st.lists(st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 90), FATES), min_size=1, max_size=8)


def subsets(rows: list[OrderRow]) -> Iterator[tuple[OrderRow, ...]]:
    """Yield every set of orders that may fill together."""
    for count in range(len(rows) + 1):
        for chosen in combinations(rows, count):
            ids = {row.order_id for row in chosen}
            if not any(ids & set(row.linked_order_ids) for row in chosen):
                yield chosen


def signed(row: OrderRow) -> Decimal:
    return row.quantity if row.side == "buy" else -row.quantity


def passes(desk: Desk, row: OrderRow) -> bool:
    try:
        reserved = desk.check(row)
    except OrderDeniedError:
        return False
    desk.world.accounts.reserve(row, reserved)
    return True


def linked(desk: Desk, fate: str) -> dict[str, object]:
    last = next(reversed(list(desk.account.orders.working())), None)
    return {"linked_order_ids": (last.order_id, *last.linked_order_ids)} if fate == "link" and last is not None else {}


@given(orders=ORDERS)
@settings(max_examples=60)
def test_cash_is_never_overdrawn_whichever_orders_fill(orders):
    desk = Desk("cash")
    for side, quantity, price, _, fate in orders:
        row = desk.order(side, str(quantity), SPOT, price=str(price), **linked(desk, fate))
        if passes(desk, row) and fate == "fill":
            desk.world.fill(row, str(quantity), str(price), fee=price * quantity * Decimal("0.0005"))
    rows = list(desk.account.orders.working())
    cash, held = desk.account.cash["USDT"], desk.account.cash.get("BTC", Decimal(0))

    assert min(cash, held) >= 0
    for chosen in subsets(rows):
        buys = [row.quantity * row.price * (1 + Decimal("0.0005")) for row in chosen if row.side == "buy"]
        assert sum(buys, Decimal(0)) <= cash
        assert sum((row.quantity for row in chosen if row.side == "sell"), Decimal(0)) <= held


def play_at_one_price(desk: Desk, orders, allows) -> None:
    """Send orders; each passes exactly when the model allows every subset with it, or when it can only reduce."""
    for side, quantity, fate in orders:
        row = desk.order(side, str(quantity), PERP, price="100", **linked(desk, fate))
        net, working = desk.account.ledger.quantity(PERP), list(desk.account.orders.working())
        outcomes = [net + signed(row) + sum(map(signed, chosen), Decimal(0)) for chosen in with_row(working, row)]
        is_reducing = all(net * one >= 0 and abs(one) < abs(net) for one in outcomes_of_side(working, row, net))
        expected = is_reducing or all(allows(abs(one)) for one in outcomes)
        assert passes(desk, row) == expected, (row, net, outcomes)
        if expected and fate == "fill":
            desk.world.fill(row, str(quantity), "100")


def with_row(working: list[OrderRow], row: OrderRow) -> list[tuple[OrderRow, ...]]:
    return [chosen for chosen in subsets(working) if not {one.order_id for one in chosen} & set(row.linked_order_ids)]


def outcomes_of_side(working: list[OrderRow], row: OrderRow, net: Decimal) -> list[Decimal]:
    same = [one for one in working if one.side == row.side]
    return [net + signed(row) + sum(map(signed, chosen), Decimal(0)) for chosen in with_row(same, row)]


@given(orders=AT_ONE_PRICE)
@settings(max_examples=60)
def test_the_position_limit_holds_exactly_for_every_subset(orders):
    play_at_one_price(Desk(max_position_notional=Decimal(8000)), orders, lambda size: size * PRICE <= 8000)


@given(orders=AT_ONE_PRICE)
@settings(max_examples=60)
def test_leverage_holds_exactly_for_every_subset(orders):
    orders = [(side, 3 * quantity, fate) for side, quantity, fate in orders]
    play_at_one_price(Desk(max_leverage=Decimal(2)), orders, lambda size: size * PRICE <= 20_000)


@given(orders=ORDERS)
@settings(max_examples=30)
def test_reduce_only_orders_never_turn_a_position(orders):
    desk = Desk()
    desk.trade("buy", "50")
    for side, quantity, price, _, fate in orders:
        passes(desk, desk.order(side, str(quantity), price=str(price), reduce_only=True, **linked(desk, fate)))
    rows = list(desk.account.orders.working())

    assert all(row.side == "sell" for row in rows)
    for chosen in subsets(rows):
        assert sum((row.quantity for row in chosen), Decimal(0)) <= 50
