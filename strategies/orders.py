"""Our plain orders as the engine's."""

from decimal import Decimal
from typing import Any

from nautilus_trader.common import OrderFactory
from nautilus_trader.model import ClientOrderId, InstrumentId, OrderSide, Price, Quantity, TimeInForce

from actors.market import Instrument
from actors.orders import OrderRow

RESTORE = "restore"
"""Tag of an order that the venue holds already, or of one that only tells the engine of an earlier position."""
AT = "at:"
"""Begins the tag of the latter: the price at which the engine is to believe it was made."""

_ENGINE_TIMES = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}


def engine_order(factory: OrderFactory, row: OrderRow, instrument: Instrument, *, is_restored: bool = False) -> Any:  # noqa: ANN401  # one of the engine's order classes
    """Return the engine's order of `row`, under our id.

    The venue holds the row itself; so the engine is told neither of links, expiry nor reduce-only, which it would
    judge by one strategy's position and by wall time.
    """
    fields: dict[str, Any] = {
        "instrument_id": InstrumentId.from_str(row.instrument_id),
        "order_side": OrderSide.BUY if row.side == "buy" else OrderSide.SELL,
        "quantity": Quantity.from_decimal_dp(row.quantity, instrument.size_precision),
        "time_in_force": _ENGINE_TIMES.get(row.time_in_force, TimeInForce.GTC),
        "client_order_id": ClientOrderId(row.order_id),
        "tags": [RESTORE] if is_restored else None,
    }
    for name in ("price", "trigger_price"):
        value = getattr(row, name)
        if value is not None and row.type != "market":
            fields[name] = Price.from_decimal_dp(value, instrument.price_precision)
    if row.type == "trailing_stop_limit":
        fields.setdefault("price", None)
    for name in ("trailing_offset", "limit_offset"):
        value = getattr(row, name)
        if value is not None:
            fields[name] = value
    return getattr(factory, row.type)(**fields)


def net_order(factory: OrderFactory, instrument: Instrument, order_id: str, net: Decimal, price: Decimal) -> Any:  # noqa: ANN401  # the engine's limit order
    """Return the order that tells the engine of a net quantity (signed) held since before it started."""
    return factory.limit(
        InstrumentId.from_str(instrument.instrument_id),
        OrderSide.BUY if net > 0 else OrderSide.SELL,
        Quantity.from_decimal_dp(abs(net), instrument.size_precision),
        Price.from_decimal_dp(price, instrument.price_precision),
        client_order_id=ClientOrderId(order_id),
        tags=[RESTORE, f"{AT}{price}"],
    )
