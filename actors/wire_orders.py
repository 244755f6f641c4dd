"""What goes over the wire of orders and accounts: the bodies that REST and WebSocket share, and how rows become them.

Decimals are text with all their digits, times integer ms; what must be exact to the nanosecond is text beside it.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

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
from actors.wire import DecimalText, Millis, NanosText

_MS = 1_000_000
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_AVERAGE = Decimal("1e-12")
"""Averages are derived, so they are rounded; their exact parts stand beside them."""

PositionSide = Literal["long", "short", "flat"]
StrategyName = Annotated[str, Meta(description="`desk` for manual orders, else the name of a strategy instance")]


class OrderBody(Struct, frozen=True, kw_only=True):
    """One order as it is now."""

    client_order_id: str
    """Yours; of a strategy's order the same as `order_id`."""
    order_id: str
    """Ours, 32 letters and digits."""
    venue_order_id: str | None
    """Null until the venue has it."""
    instrument_id: str
    side: OrderSide
    type: OrderType
    time_in_force: TimeInForce
    expire_time: Millis | None
    """Of `gtd` and `day`: market time."""
    quantity: DecimalText
    """Base units."""
    filled_quantity: DecimalText
    leaves_quantity: DecimalText
    """What may still fill."""
    filled_notional: DecimalText
    """Sum of price times quantity over its fills, exact."""
    price: DecimalText | None
    trigger_price: DecimalText | None
    trailing_offset: DecimalText | None
    limit_offset: DecimalText | None
    avg_price: DecimalText | None
    """Of its fills, rounded to 12 places; null before the first."""
    post_only: bool
    reduce_only: bool
    is_triggered: bool
    status: OrderStatus
    reason: str | None
    """Why it was canceled, rejected, denied or expired."""
    strategy: StrategyName
    parent_order_id: str | None
    """Held until that order (`order_id`) has filled; null from then on."""
    linked_order_ids: tuple[str, ...]
    """One cancels the other, by `order_id`."""
    revision: int
    """Grows with each change: of two bodies of an order the higher one is the newer."""
    ts_created: Millis
    ts_created_ns: NanosText
    ts_updated: Millis
    ts_ns: NanosText
    """Of the last change."""
    trace_id: str


class FillBody(Struct, frozen=True, kw_only=True):
    """One execution of an order."""

    fill_id: str
    """The venue's; distinct within an instrument, never repeated."""
    client_order_id: str
    order_id: str
    instrument_id: str
    strategy: StrategyName
    side: OrderSide
    quantity: DecimalText
    price: DecimalText
    fee: DecimalText
    """Positive: paid; negative: a rebate."""
    fee_currency: str
    liquidity: Liquidity
    realized_pnl: DecimalText
    """Of the account's position, before fees, settlement currency."""
    ts: Millis
    ts_ns: NanosText
    trace_id: str


class PositionBody(Struct, frozen=True, kw_only=True):
    """The account's net position in one instrument."""

    instrument_id: str
    side: PositionSide
    quantity: DecimalText
    """Base units, never negative; `side` tells which way."""
    avg_price: DecimalText | None
    """Rounded to 12 places; null when flat."""
    cost: DecimalText
    """Signed: quantity times average price, exact, settlement currency; negative is short."""
    mark_price: DecimalText | None
    unrealized_pnl: DecimalText | None
    realized_pnl: DecimalText
    """Before fees."""
    fees: DecimalText
    funding: DecimalText
    """Negative: paid."""
    margin: DecimalText | None
    liquidation_price: DecimalText | None
    ts: Millis
    ts_ns: NanosText


class BalanceBody(Struct, frozen=True, kw_only=True):
    """One currency of the account."""

    account: str
    """Its id."""
    currency: str
    total: DecimalText
    locked: DecimalText
    """Bound by working orders and, on margin accounts, by positions."""
    free: DecimalText
    ts: Millis
    ts_ns: NanosText


class EquityBody(Struct, frozen=True, kw_only=True):
    """What the account was worth at one market minute, in its main currency."""

    ts: Millis
    equity: DecimalText
    cash: DecimalText
    unrealized_pnl: DecimalText
    fees: DecimalText
    """Paid so far."""


class AlertBody(Struct, frozen=True, kw_only=True):
    """Something you should know."""

    alert_id: str
    kind: AlertKind
    level: AlertLevel
    message: str
    ts: Millis
    ts_ns: NanosText


def order_body(row: OrderRow) -> OrderBody:
    """Return the wire form of an order."""
    return OrderBody(
        client_order_id=row.client_order_id,
        order_id=row.order_id,
        venue_order_id=row.venue_order_id,
        instrument_id=row.instrument_id,
        side=row.side,
        type=row.type,
        time_in_force=row.time_in_force,
        expire_time=None if row.expire_ns is None else row.expire_ns // _MS,
        quantity=exact_text(row.quantity),
        filled_quantity=exact_text(row.filled_quantity),
        leaves_quantity=exact_text(row.leaves_quantity),
        filled_notional=exact_text(row.filled_notional),
        price=text_or_none(row.price),
        trigger_price=text_or_none(row.trigger_price),
        trailing_offset=text_or_none(row.trailing_offset),
        limit_offset=text_or_none(row.limit_offset),
        avg_price=average_text(row.filled_notional, row.filled_quantity),
        post_only=row.post_only,
        reduce_only=row.reduce_only,
        is_triggered=row.is_triggered,
        status=row.status,
        reason=row.reason,
        strategy=row.strategy,
        parent_order_id=row.parent_order_id,
        linked_order_ids=row.linked_order_ids,
        revision=row.revision,
        ts_created=row.ts_created // _MS,
        ts_created_ns=str(row.ts_created),
        ts_updated=row.ts_updated // _MS,
        ts_ns=str(row.ts_updated),
        trace_id=row.trace_id,
    )


def fill_body(row: FillRow) -> FillBody:
    """Return the wire form of a fill."""
    return FillBody(
        fill_id=row.fill_id,
        client_order_id=row.client_order_id,
        order_id=row.order_id,
        instrument_id=row.instrument_id,
        strategy=row.strategy,
        side=row.side,
        quantity=exact_text(row.quantity),
        price=exact_text(row.price),
        fee=exact_text(row.fee),
        fee_currency=row.fee_currency,
        liquidity=row.liquidity,
        realized_pnl=exact_text(row.realized_pnl),
        ts=row.ts // _MS,
        ts_ns=str(row.ts),
        trace_id=row.trace_id,
    )


def position_body(row: PositionRow) -> PositionBody:
    """Return the wire form of a position."""
    return PositionBody(
        instrument_id=row.instrument_id,
        side="long" if row.quantity > 0 else "short" if row.quantity < 0 else "flat",
        quantity=exact_text(row.quantity.copy_abs()),
        avg_price=average_text(row.cost, row.quantity),
        cost=exact_text(row.cost),
        mark_price=text_or_none(row.mark_price),
        unrealized_pnl=text_or_none(row.unrealized_pnl),
        realized_pnl=exact_text(row.realized_pnl),
        fees=exact_text(row.fees),
        funding=exact_text(row.funding),
        margin=text_or_none(row.margin),
        liquidation_price=text_or_none(row.liquidation_price),
        ts=row.ts // _MS,
        ts_ns=str(row.ts),
    )


def balance_body(row: BalanceRow) -> BalanceBody:
    """Return the wire form of a balance."""
    return BalanceBody(
        account=row.account_id,
        currency=row.currency,
        total=exact_text(row.total),
        locked=exact_text(row.locked),
        free=exact_text(row.free),
        ts=row.ts // _MS,
        ts_ns=str(row.ts),
    )


def equity_body(row: EquityRow) -> EquityBody:
    """Return the wire form of one point of the equity curve."""
    return EquityBody(
        ts=row.ts // _MS,
        equity=exact_text(row.equity),
        cash=exact_text(row.cash),
        unrealized_pnl=exact_text(row.unrealized_pnl),
        fees=exact_text(row.fees),
    )


def alert_body(row: AlertRow) -> AlertBody:
    """Return the wire form of an alert."""
    return AlertBody(
        alert_id=row.alert_id,
        kind=row.kind,
        level=row.level,
        message=row.message,
        ts=row.ts // _MS,
        ts_ns=str(row.ts),
    )


def exact_text(value: Decimal) -> str:
    """Return a decimal with all its digits, never in powers of ten."""
    return f"{value:f}"


def text_or_none(value: Decimal | None) -> str | None:
    """Return a decimal as text, None as None."""
    return None if value is None else exact_text(value)


def average_text(total: Decimal, quantity: Decimal) -> str | None:
    """Return a total per unit, rounded to 12 places, without zeros at its end; None of nothing."""
    if not quantity:
        return None
    average = _WIDE.quantize(_WIDE.divide(total, quantity), _AVERAGE)
    return exact_text(average.normalize(_WIDE)) if average else "0"
