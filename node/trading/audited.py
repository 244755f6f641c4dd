"""What the audit log tells of orders: who asked for what, written with the intent itself."""

from collections.abc import Mapping

import msgspec

from actors.messages import Signal
from actors.orders import OrderRow
from actors.ports.journal import AuditRow
from actors.ports.own_orders import OrderVerdict


def submitted(row: OrderRow, verdict: OrderVerdict | None = None, signal: Signal | None = None) -> AuditRow:
    """Return the row of an order that somebody, or somebody's strategy, wants to be sent, and what was said of it.

    `signal` is the one that the strategy acts on.
    """
    detail = _detail(row, verdict)
    if signal is not None:
        detail["signal"] = {
            "bar_type": signal.bar_type,
            "ts_bar": signal.ts_bar,
            "price": signal.price,
            "confidence": signal.confidence,
            "probability": signal.probability,
        }
    return asked("order.submit", row.user_id, row.order_id, detail, row.trace_id)


def skipped(row: OrderRow, verdict: OrderVerdict) -> AuditRow:
    """Return the row of an order that screening has held back."""
    return asked("order.skipped", row.user_id, row.order_id, _detail(row, verdict), row.trace_id)


def asked(action: str, user_id: str, target: str, detail: Mapping[str, object], trace_id: str) -> AuditRow:
    """Return the row of something that a user has asked for; what is None is left out of the detail."""
    told = {name: value for name, value in detail.items() if value is not None}
    return AuditRow(
        actor=user_id, action=action, target=target, detail=msgspec.json.encode(told).decode(), trace_id=trace_id
    )


def _detail(row: OrderRow, verdict: OrderVerdict | None) -> dict[str, object]:
    detail: dict[str, object] = {
        "client_order_id": row.client_order_id,
        "instrument_id": row.instrument_id,
        "side": row.side,
        "type": row.type,
        "quantity": f"{row.quantity:f}",
        "strategy": row.strategy,
    }
    prices = {"price": row.price, "trigger_price": row.trigger_price}
    detail |= {name: f"{value:f}" for name, value in prices.items() if value is not None}
    if verdict is not None:
        detail["screening"] = {
            "recommendation": verdict.recommendation,
            "probability": verdict.probability,
            "threshold": verdict.threshold,
            "reasons": verdict.reasons,
            "bar_type": verdict.bar_type,
        }
    return detail
