"""What goes over the wire of signals that were acted on."""

from typing import Literal

from msgspec import Struct

from actors.trade_signals import TradeSignalRow
from actors.wire import DecimalText, Millis, NanosText
from config.fields import IntervalName

_MS = 1_000_000


class TradeSignalBody(Struct, frozen=True, kw_only=True):
    """A strategy of yours has sent an order because of a signal."""

    instrument_id: str
    """Of the order."""
    action: Literal["BUY", "SELL"]
    price: DecimalText
    """Close of the bar that the signal was made at."""
    ai_confidence: float
    """Of the signal, 0..1."""
    probability: float
    """Of a rise, by the signal, 0..1."""
    strategy: str
    """Name of your strategy."""
    order_id: str
    client_order_id: str
    bar_type: str
    """Of the signal: its instrument need not be that of the order."""
    interval: IntervalName
    ts_bar: Millis
    """Open time of the signal's bar."""
    ts: Millis
    """When the order was sent, market time."""
    ts_ns: NanosText


def trade_signal_body(row: TradeSignalRow) -> TradeSignalBody:
    """Return the wire form of a signal that was acted on."""
    return TradeSignalBody(
        instrument_id=row.instrument_id,
        action="BUY" if row.side == "buy" else "SELL",
        price=row.price,
        ai_confidence=row.confidence,
        probability=row.probability,
        strategy=row.strategy,
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        bar_type=row.bar_type,
        interval=row.interval,  # type: ignore[arg-type]  # checked where the signal was made
        ts_bar=row.ts_bar // _MS,
        ts=row.ts // _MS,
        ts_ns=str(row.ts),
    )
