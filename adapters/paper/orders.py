"""Exact conversions between the engine's orders and events and our plain ones."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from nautilus_trader.core import UUID4
from nautilus_trader.model import (
    AccountBalance,
    AccountId,
    ContingencyType,
    Currency,
    Money,
    OrderCanceled,
    OrderSide,
    OrderType,
    TimeInForce,
    TrailingOffsetType,
    TriggerType,
    VenueOrderId,
)

from actors import orders as plain
from actors.orders import BalanceRow, OrderEvent, OrderRow

_TYPES: Mapping[OrderType, plain.OrderType] = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP_MARKET: "stop_market",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.MARKET_IF_TOUCHED: "market_if_touched",
    OrderType.LIMIT_IF_TOUCHED: "limit_if_touched",
    OrderType.TRAILING_STOP_MARKET: "trailing_stop_market",
    OrderType.TRAILING_STOP_LIMIT: "trailing_stop_limit",
}
_TIMES: Mapping[TimeInForce, plain.TimeInForce] = {
    TimeInForce.GTC: "gtc",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
    TimeInForce.GTD: "gtd",
    TimeInForce.DAY: "day",
}
_TRIGGERS = frozenset({TriggerType.DEFAULT, TriggerType.LAST_PRICE, TriggerType.NO_TRIGGER})
_EXCLUSIVE = frozenset({ContingencyType.OCO, ContingencyType.OUO})


def order_row(order: Any, account_id: str, ts: int) -> OrderRow:  # noqa: ANN401  # one of nine engine classes
    """Return the plain order of an engine one; who owns it is not the venue's business.

    Args:
        order: Of the engine.
        account_id: Whose.
        ts: Market time, UNIX ns.

    Raises:
        ValueError: If the venue cannot do what it asks for; names it.
    """
    _check(order)
    order_id = str(order.client_order_id)
    offset, limit_offset = getattr(order, "trailing_offset", None), getattr(order, "limit_offset", None)
    linked = order.linked_order_ids or () if order.contingency_type in _EXCLUSIVE else ()
    return OrderRow(
        user_id="",
        account_id=account_id,
        strategy=str(order.strategy_id),
        client_order_id=order_id,
        order_id=order_id,
        instrument_id=str(order.instrument_id),
        side="buy" if order.side == OrderSide.BUY else "sell",
        type=_TYPES[order.order_type],
        time_in_force=_TIMES[order.time_in_force],
        quantity=order.quantity.as_decimal(),
        status="submitted",
        ts_created=ts,
        ts_updated=ts,
        expire_ns=getattr(order, "expire_time", None) or getattr(order, "expire_time_ns", None),
        price=_decimal(getattr(order, "price", None)),
        trigger_price=_decimal(getattr(order, "trigger_price", None)),
        trailing_offset=None if offset is None else Decimal(str(offset)),
        limit_offset=None if limit_offset is None else Decimal(str(limit_offset)),
        post_only=bool(getattr(order, "is_post_only", False)),
        reduce_only=bool(order.is_reduce_only),
        parent_order_id=None if order.parent_order_id is None else str(order.parent_order_id),
        linked_order_ids=tuple(str(other) for other in linked),
    )


def canceled_event(
    order: Any,  # noqa: ANN401  # an engine order
    event: OrderEvent,
    account_id: AccountId,
    ts_init: int,
) -> OrderCanceled:
    """Return the engine's event of a cancel, with its reason."""
    return OrderCanceled(
        order.trader_id,
        order.strategy_id,
        order.instrument_id,
        order.client_order_id,
        UUID4(),
        event.ts,
        ts_init,
        False,
        None if event.venue_order_id is None else VenueOrderId(event.venue_order_id),
        account_id,
        event.reason,
    )


def account_balance(row: BalanceRow) -> AccountBalance:
    """Return the engine's balance of ours."""
    currency = Currency.from_str(row.currency)
    total, locked = Money.from_decimal(row.total, currency), Money.from_decimal(row.locked, currency)
    return AccountBalance(total, locked, Money.from_decimal(row.free, currency))


def _check(order: Any) -> None:  # noqa: ANN401  # as above
    if order.order_type not in _TYPES:
        raise ValueError(f"order type {order.order_type.name} is not known on paper")
    if order.time_in_force not in _TIMES:
        raise ValueError(f"time in force {order.time_in_force.name} is not known on paper")
    if order.is_quote_quantity:
        raise ValueError("the quantity must be in base units")
    if getattr(order, "display_qty", None) is not None:
        raise ValueError("paper shows every order whole: no display quantity")
    trigger = getattr(order, "trigger_type", None)
    if trigger is not None and trigger not in _TRIGGERS:
        raise ValueError(f"orders are triggered by the last price on paper, not by {trigger.name}")
    offset = getattr(order, "trailing_offset_type", None)
    if offset not in {None, TrailingOffsetType.NO_TRAILING_OFFSET, TrailingOffsetType.PRICE}:
        raise ValueError(f"trailing offsets are prices on paper, not {offset.name}")
    if getattr(order, "activation_price", None) is not None:
        raise ValueError("no activation price on paper")


def _decimal(value: Any) -> Decimal | None:  # noqa: ANN401  # Price or None
    return None if value is None else value.as_decimal()
