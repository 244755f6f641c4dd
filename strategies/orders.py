"""Orders between our plain rows and the engine's objects."""

from decimal import Decimal
from typing import Any

from msgspec import Struct
from nautilus_trader.common import OrderFactory
from nautilus_trader.model import (
    ClientOrderId,
    ContingencyType,
    InstrumentId,
    OrderSide,
    Price,
    Quantity,
    TimeInForce,
    TrailingOffsetType,
)

from actors.market import Instrument
from actors.orders import OrderRow, OrderType
from actors.orders import OrderSide as SideName
from actors.orders import TimeInForce as TimeInForceName

RESTORE = "restore"
"""Tag of an order that the venue holds already, or of one that only tells the engine of an earlier net."""

_TYPES: dict[str, OrderType] = {
    "MARKET": "market",
    "LIMIT": "limit",
    "STOP_MARKET": "stop_market",
    "STOP_LIMIT": "stop_limit",
    "MARKET_IF_TOUCHED": "market_if_touched",
    "LIMIT_IF_TOUCHED": "limit_if_touched",
    "TRAILING_STOP_MARKET": "trailing_stop_market",
    "TRAILING_STOP_LIMIT": "trailing_stop_limit",
}
_TIMES: dict[str, TimeInForceName] = {"GTC": "gtc", "IOC": "ioc", "FOK": "fok", "GTD": "gtd", "DAY": "day"}
_ENGINE_TIMES = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}
_ONE_CANCELS = frozenset({ContingencyType.OCO, ContingencyType.OUO})


class UnfitOrderError(ValueError):
    """An engine order that cannot be expressed as one of ours."""


class OrderShape(Struct, frozen=True, kw_only=True):
    """What an engine order asks for, in plain values."""

    order_id: str
    instrument_id: str
    side: SideName
    type: OrderType
    time_in_force: TimeInForceName
    quantity: Decimal
    expire_ns: int | None
    price: Decimal | None
    trigger_price: Decimal | None
    trailing_offset: Decimal | None
    limit_offset: Decimal | None
    post_only: bool
    reduce_only: bool
    parent_order_id: str | None
    linked_order_ids: tuple[str, ...]


def shape_of(order: Any) -> OrderShape:  # noqa: ANN401  # one of the engine's order classes
    """Return what an engine order asks for.

    Raises:
        UnfitOrderError: If it uses something that the venue does not have.
    """
    kind, time_in_force = _TYPES.get(order.order_type.name), _TIMES.get(order.time_in_force.name)
    if kind is None or time_in_force is None:
        raise UnfitOrderError(f"no {order.order_type.name} orders with {order.time_in_force.name} here")
    if order.is_quote_quantity or order.exec_algorithm_id is not None or _is_emulated(order):
        raise UnfitOrderError("quote quantities, execution algorithms and emulated triggers are not supported")
    offset_type = getattr(order, "trailing_offset_type", TrailingOffsetType.PRICE)
    if offset_type != TrailingOffsetType.PRICE:
        raise UnfitOrderError(f"a trailing offset must be a PRICE, was {offset_type.name}")
    return OrderShape(
        order_id=str(order.client_order_id),
        instrument_id=str(order.instrument_id),
        side="buy" if order.side == OrderSide.BUY else "sell",
        type=kind,
        time_in_force=time_in_force,
        quantity=order.quantity.as_decimal(),
        expire_ns=getattr(order, "expire_time", None) or None,
        price=_decimal(order, "price"),
        trigger_price=_decimal(order, "trigger_price"),
        trailing_offset=_decimal(order, "trailing_offset"),
        limit_offset=_decimal(order, "limit_offset"),
        post_only=bool(getattr(order, "is_post_only", False)),
        reduce_only=order.is_reduce_only,
        parent_order_id=None if order.parent_order_id is None else str(order.parent_order_id),
        linked_order_ids=_linked(order),
    )


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
        tags=[RESTORE],
    )


def _is_emulated(order: Any) -> bool:  # noqa: ANN401  # likewise
    trigger = order.emulation_trigger
    return trigger is not None and trigger.name != "NO_TRIGGER"


def _decimal(order: Any, name: str) -> Decimal | None:  # noqa: ANN401  # likewise
    value = getattr(order, name, None)
    return value if value is None or isinstance(value, Decimal) else value.as_decimal()


def _linked(order: Any) -> tuple[str, ...]:  # noqa: ANN401  # likewise
    """Return the orders that end with it; an entry is linked to its exits too, which is another thing."""
    if order.contingency_type not in _ONE_CANCELS:
        return ()
    return tuple(str(one) for one in order.linked_order_ids or ())
