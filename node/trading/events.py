"""The engine's order events as plain values."""

from decimal import Decimal
from typing import Any

from nautilus_trader.model import LiquiditySide

from actors.orders import OrderEvent, OrderEventKind

RESTORED_FILL = "R-"
"""Begin of the trade ids with which a restored order tells the engine of its earlier fills: counted long ago."""

_KINDS: dict[str, OrderEventKind] = {
    "OrderAccepted": "accepted",
    "OrderRejected": "rejected",
    "OrderDenied": "denied",
    "OrderCanceled": "canceled",
    "OrderExpired": "expired",
    "OrderTriggered": "triggered",
    "OrderUpdated": "updated",
    "OrderFilled": "filled",
    "OrderModifyRejected": "modify_rejected",
    "OrderCancelRejected": "cancel_rejected",
}


def order_event(event: Any, now_ns: int) -> OrderEvent | None:  # noqa: ANN401  # one of sixteen engine classes
    """Return what an engine event tells of an order; None when it tells users nothing.

    Args:
        event: As delivered to a strategy; only its fields are read.
        now_ns: Market time, for what the engine itself decides: it stamps by wall time.
    """
    kind = _KINDS.get(type(event).__name__)
    if kind is None:
        return None
    order_id = event.client_order_id.value
    if kind == "filled":
        return _filled(event, order_id)
    if kind == "denied":
        return OrderEvent(kind=kind, order_id=order_id, ts=now_ns, reason=event.reason)
    venue_order_id = getattr(event, "venue_order_id", None)
    changes = {}
    if kind == "updated":
        changes = {
            "quantity": event.quantity.as_decimal(),
            "price": _decimal(event.price),
            "trigger_price": _decimal(event.trigger_price),
        }
    return OrderEvent(
        kind=kind,
        order_id=order_id,
        ts=event.ts_event,
        venue_order_id=None if venue_order_id is None else venue_order_id.value,
        reason=getattr(event, "reason", None),
        **changes,
    )


def _filled(event: Any, order_id: str) -> OrderEvent | None:  # noqa: ANN401  # an engine fill
    fill_id = event.trade_id.value
    if fill_id.startswith(RESTORED_FILL):
        return None
    commission = event.commission
    return OrderEvent(
        kind="filled",
        order_id=order_id,
        ts=event.ts_event,
        venue_order_id=event.venue_order_id.value,
        fill_id=fill_id,
        fill_quantity=event.last_qty.as_decimal(),
        fill_price=event.last_px.as_decimal(),
        fee=Decimal(0) if commission is None else commission.as_decimal(),
        fee_currency=None if commission is None else str(commission.currency),
        liquidity="maker" if event.liquidity_side == LiquiditySide.MAKER else "taker",
    )


def _decimal(value: Any) -> Decimal | None:  # noqa: ANN401  # a price or nothing
    return None if value is None else value.as_decimal()
