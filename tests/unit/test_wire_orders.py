"""What goes over the wire of orders is exact: every row survives to the wire and back."""

from decimal import Decimal
from fractions import Fraction
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.orders import (
    AlertKind,
    AlertLevel,
    AlertRow,
    BalanceRow,
    EquityRow,
    FillRow,
    Liquidity,
    OrderRow,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionRow,
    TimeInForce,
)
from actors.ports import Limits
from actors.wire_orders import (
    AlertBody,
    BalanceBody,
    EquityBody,
    FillBody,
    OrderBody,
    PositionBody,
    alert_body,
    average_text,
    balance_body,
    equity_body,
    fill_body,
    order_body,
    position_body,
)
from actors.wire_traders import TradingLimits, error_items, limits_body
from config.errors import InsufficientMarginError, InvalidInputError, NotFoundError, OrderDeniedError

pytestmark = pytest.mark.property

MS = 1_000_000
UNSIGNED = st.decimals(0, 10**15, places=9) | st.decimals(0, 10**5, places=0) | st.just(Decimal("1E+3"))
SIGNED = st.decimals(-(10**15), 10**15, places=9) | st.just(Decimal("-0.0"))
TIMES = st.integers(0, 7_258_118_400_000_000_000)
WORDS = st.text(max_size=30)
OWNER = {"user_id": st.just("anna"), "account_id": st.just("PAPER-001")}


def none_or(values):
    return st.none() | values


ORDERS = st.builds(
    OrderRow,
    **OWNER,
    strategy=WORDS,
    client_order_id=WORDS,
    order_id=WORDS,
    instrument_id=WORDS,
    side=st.sampled_from(get_args(OrderSide)),
    type=st.sampled_from(get_args(OrderType)),
    time_in_force=st.sampled_from(get_args(TimeInForce)),
    quantity=UNSIGNED,
    status=st.sampled_from(get_args(OrderStatus)),
    ts_created=TIMES,
    ts_updated=TIMES,
    venue_order_id=none_or(WORDS),
    expire_ns=none_or(st.integers(0, 7_258_118_400_000).map(lambda ms: ms * MS)),
    filled_quantity=UNSIGNED,
    filled_notional=UNSIGNED,
    price=none_or(UNSIGNED),
    trigger_price=none_or(UNSIGNED),
    trailing_offset=none_or(UNSIGNED),
    limit_offset=none_or(UNSIGNED),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
    is_triggered=st.booleans(),
    reason=none_or(WORDS),
    parent_order_id=none_or(WORDS),
    linked_order_ids=st.lists(WORDS, max_size=3).map(tuple),
    trace_id=WORDS,
    revision=st.integers(0, 10**9),
)
FILLS = st.builds(
    FillRow,
    **OWNER,
    strategy=WORDS,
    fill_id=WORDS,
    order_id=WORDS,
    client_order_id=WORDS,
    instrument_id=WORDS,
    side=st.sampled_from(get_args(OrderSide)),
    quantity=UNSIGNED,
    price=UNSIGNED,
    fee=SIGNED,
    fee_currency=WORDS,
    liquidity=st.sampled_from(get_args(Liquidity)),
    realized_pnl=SIGNED,
    ts=TIMES,
    trace_id=WORDS,
)
POSITIONS = st.builds(
    PositionRow,
    **OWNER,
    instrument_id=WORDS,
    quantity=SIGNED,
    cost=SIGNED,
    realized_pnl=SIGNED,
    fees=SIGNED,
    funding=SIGNED,
    mark_price=none_or(UNSIGNED),
    unrealized_pnl=none_or(SIGNED),
    margin=none_or(UNSIGNED),
    liquidation_price=none_or(UNSIGNED),
    ts=TIMES,
)
BALANCES = st.builds(BalanceRow, **OWNER, currency=WORDS, total=SIGNED, locked=UNSIGNED, ts=TIMES)
POINTS = st.builds(
    EquityRow,
    **OWNER,
    ts=st.integers(0, 10**9).map(lambda minute: minute * 60_000 * MS),
    equity=SIGNED,
    cash=SIGNED,
    unrealized_pnl=SIGNED,
    fees=SIGNED,
)
ALERTS = st.builds(
    AlertRow,
    user_id=st.just("anna"),
    alert_id=WORDS,
    kind=st.sampled_from(get_args(AlertKind)),
    level=st.sampled_from(get_args(AlertLevel)),
    message=WORDS,
    ts=TIMES,
)


def over_the_wire(body):
    """What a client decodes, as plain JSON."""
    again = msgspec.json.decode(msgspec.json.encode(body), type=type(body))
    assert again == body
    return msgspec.to_builtins(again)


def exact(kind, told, **own):
    """The row that a body stands for."""
    fields = {name: told[name] for name in kind.__struct_fields__ if name in told} | own
    return msgspec.convert(fields, kind)


OURS = {"user_id": "anna", "account_id": "PAPER-001"}


@given(ORDERS)
def test_an_order_survives_exactly(row):
    told = over_the_wire(order_body(row))
    expire_ns = None if told["expire_time"] is None else told["expire_time"] * MS
    times = {"ts_created": int(told["ts_created_ns"]), "ts_updated": int(told["ts_ns"]), "expire_ns": expire_ns}

    assert exact(OrderRow, told, **OURS, **times) == row
    assert Decimal(told["leaves_quantity"]) == row.leaves_quantity
    assert (told["ts_created"], told["ts_updated"]) == (row.ts_created // MS, row.ts_updated // MS)


@given(FILLS)
def test_a_fill_survives_exactly(row):
    told = over_the_wire(fill_body(row))

    assert exact(FillRow, told, **OURS, ts=int(told["ts_ns"])) == row
    assert told["ts"] == row.ts // MS


@given(POSITIONS)
def test_a_position_survives_exactly(row):
    told = over_the_wire(position_body(row))
    signed = Decimal(told["quantity"]) * {"long": 1, "short": -1, "flat": 0}[told["side"]]

    assert exact(PositionRow, told, **OURS, quantity=str(signed), ts=int(told["ts_ns"])) == row
    assert (told["avg_price"] is None) == (told["side"] == "flat")


@given(BALANCES)
def test_a_balance_survives_exactly(row):
    told = over_the_wire(balance_body(row))

    assert exact(BalanceRow, told, user_id="anna", account_id=told["account"], ts=int(told["ts_ns"])) == row
    assert Decimal(told["free"]) == row.free


@given(POINTS)
def test_a_point_of_the_equity_curve_survives_exactly(row):
    told = over_the_wire(equity_body(row))

    assert exact(EquityRow, told, **OURS, ts=told["ts"] * MS) == row


@given(ALERTS)
def test_an_alert_survives_exactly(row):
    told = over_the_wire(alert_body(row))

    assert exact(AlertRow, told, user_id="anna", ts=int(told["ts_ns"])) == row


@given(SIGNED.filter(bool), UNSIGNED.filter(bool))
def test_an_average_is_right_to_twelve_places(total, quantity):
    average = Decimal(average_text(total, quantity))

    assert abs(Fraction(average) - Fraction(total) / Fraction(quantity)) <= Fraction(51, 10**14)


ORDER_NAMES = """client_order_id order_id venue_order_id instrument_id side type time_in_force quantity
filled_quantity leaves_quantity price trigger_price trailing_offset avg_price post_only reduce_only status reason
strategy parent_order_id linked_order_ids ts_created ts_updated ts_ns"""
FILL_NAMES = """fill_id client_order_id order_id instrument_id side quantity price fee fee_currency liquidity
realized_pnl ts ts_ns"""
POSITION_NAMES = """instrument_id side quantity avg_price mark_price unrealized_pnl realized_pnl fees margin
liquidation_price ts"""


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (OrderBody, ORDER_NAMES),
        (FillBody, FILL_NAMES),
        (PositionBody, POSITION_NAMES),
        (BalanceBody, "account currency total locked free ts"),
        (EquityBody, "ts equity cash unrealized_pnl fees"),
        (AlertBody, "alert_id kind level message ts"),
    ],
)
def test_the_names_on_the_wire_stay(kind, names):
    assert set(names.split()) <= set(kind.__struct_fields__)


def test_limits_are_text_or_nothing():
    limits = Limits(
        max_order_notional=Decimal("1E+6"),
        max_position_notional=None,
        max_open_orders=5,
        max_orders_per_s=None,
        price_collar=Decimal("0.20"),
        max_daily_loss=None,
        max_leverage=Decimal(10),
    )

    assert limits_body(limits) == TradingLimits(
        max_order_notional="1000000",
        max_position_notional=None,
        max_open_orders=5,
        max_orders_per_s=None,
        price_collar="0.20",
        max_daily_loss=None,
        max_leverage="10",
    )


def test_a_denial_names_rule_limit_and_value_and_other_faults_their_place():
    [denied] = error_items(OrderDeniedError("too big", rule="max_order_notional", limit="5", value="6"))
    [margin] = error_items(InsufficientMarginError("no", rule="margin", limit="1", value="2", path="$.quantity"))
    [wrong] = error_items(InvalidInputError("wrong", path="$.price"))

    assert msgspec.to_builtins(denied) == {
        "path": "$",
        "code": "order_denied",
        "message": "too big",
        "rule": "max_order_notional",
        "limit": "5",
        "value": "6",
    }
    assert (margin.path, margin.code) == ("$.quantity", "insufficient_margin")
    assert msgspec.to_builtins(wrong) == {"path": "$.price", "code": "validation", "message": "wrong"}
    assert error_items(NotFoundError("nothing")) == ()
