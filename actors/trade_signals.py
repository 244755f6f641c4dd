"""A signal that a strategy of a user has acted on."""

from msgspec import Struct

from actors.messages import Signal
from actors.orders import OrderRow, OrderSide


class TradeSignalRow(Struct, frozen=True, kw_only=True):
    """One order that a strategy submitted while it handled a signal; told, kept only in the order's audit row."""

    user_id: str
    strategy: str
    """Name of the user's strategy instance."""
    order_id: str
    client_order_id: str
    instrument_id: str
    """Of the order; that of the signal stands in `bar_type`."""
    side: OrderSide
    bar_type: str
    """Of the signal."""
    interval: str
    price: str
    """Close of the bar that the signal was made at, decimal text."""
    confidence: float
    """Of the signal, 0..1."""
    probability: float
    """Of a rise, 0..1."""
    ts_bar: int
    """Open time of that bar, UNIX nanoseconds."""
    ts: int
    """When the order was sent, UNIX nanoseconds of market time."""


def acted_on(signal: Signal, row: OrderRow, ts: int) -> TradeSignalRow:
    """Return what is told of an order that was sent because of a signal; `ts`: now, UNIX ns of market time."""
    return TradeSignalRow(
        user_id=row.user_id,
        strategy=row.strategy,
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        instrument_id=row.instrument_id,
        side=row.side,
        bar_type=signal.bar_type,
        interval=signal.interval,
        price=signal.price,
        confidence=signal.confidence,
        probability=signal.probability,
        ts_bar=signal.ts_bar,
        ts=ts,
    )


__all__ = ["TradeSignalRow", "acted_on"]
