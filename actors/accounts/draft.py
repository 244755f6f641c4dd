"""A ticket compared with its instrument becomes an order row, or an error that names the field."""

import hashlib
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from actors.accounts.exact import EXACT, plain
from actors.market import DAY_NS, Instrument
from actors.orders import DESK, OrderRow, OrderTicket
from config.errors import InvalidInputError

type FindOrder = Callable[[str], OrderRow | None]
"""The user's id of an order -> the order, among the same user's that are known or in the same batch."""

TRAILING = frozenset({"trailing_stop_market", "trailing_stop_limit"})
STOPS = frozenset({"stop_market", "stop_limit", "market_if_touched", "limit_if_touched"}) | TRAILING
"""Orders that wait for a trigger."""
_NEEDS: dict[str, tuple[str, ...]] = {
    "market": (),
    "limit": ("price",),
    "stop_market": ("trigger_price",),
    "stop_limit": ("price", "trigger_price"),
    "market_if_touched": ("trigger_price",),
    "limit_if_touched": ("price", "trigger_price"),
    "trailing_stop_market": ("trailing_offset",),
    "trailing_stop_limit": ("trailing_offset", "limit_offset"),
}
_MAY = {name: {"trigger_price"} if name in TRAILING else set[str]() for name in _NEEDS}
_MAY["trailing_stop_limit"].add("price")  # made and moved by the venue
_PRICES = ("price", "trigger_price", "trailing_offset", "limit_offset")
_MOST = Decimal(10) ** 12
"""Of any price, offset or quantity: whoever carries them on, the engine too, has room for sums of a few of these."""
_RESTS = frozenset({"limit", "stop_limit", "limit_if_touched", "trailing_stop_limit"})


def new_order_id() -> str:
    """Return an order id of ours: 32 letters and digits, never repeated."""
    return uuid4().hex


def body_hash(ticket: OrderTicket) -> str:
    """Return the digest of a ticket: equal for the same body."""
    return hashlib.sha256(msgspec.json.encode(ticket)).hexdigest()


def order_of(
    ticket: OrderTicket,
    instrument: Instrument,
    *,
    user_id: str,
    account_id: str,
    now_ns: int,
    find: FindOrder,
    strategy: str = DESK,
    trace_id: str = "",
    order_id: str | None = None,
) -> OrderRow:
    """Return the order that a ticket asks for, status `submitted`.

    Args:
        ticket: What is asked for.
        instrument: Of the ticket.
        user_id: Who asks.
        account_id: The user's account.
        now_ns: Market time.
        find: Resolves parent and linked orders.
        strategy: Who sends it.
        trace_id: Of the request.
        order_id: Ours; None makes one.

    Raises:
        InvalidInputError: If it does not fit its type or its instrument.
    """
    if ticket.type == "trailing_stop_limit" and ticket.price is not None:
        raise _wrong("price", "of a trailing limit it follows from the offsets")
    row = OrderRow(
        user_id=user_id,
        account_id=account_id,
        strategy=strategy,
        client_order_id=ticket.client_order_id,
        order_id=order_id or new_order_id(),
        instrument_id=ticket.instrument_id,
        side=ticket.side,
        type=ticket.type,
        time_in_force=ticket.time_in_force,
        quantity=Decimal(ticket.quantity),
        status="submitted",
        ts_created=now_ns,
        ts_updated=now_ns,
        expire_ns=_expiry(ticket, now_ns),
        price=_decimal(ticket.price),
        trigger_price=_decimal(ticket.trigger_price),
        trailing_offset=_decimal(ticket.trailing_offset),
        limit_offset=_decimal(ticket.limit_offset),
        post_only=ticket.post_only,
        reduce_only=ticket.reduce_only or ticket.parent_client_order_id is not None,
        parent_order_id=_parent(ticket, find),
        linked_order_ids=_linked(ticket, find),
        body_hash=body_hash(ticket),
        trace_id=trace_id,
    )
    check_shape(row)
    check_instrument(row, instrument)
    return row


def amended(
    row: OrderRow,
    instrument: Instrument,
    *,
    quantity: str | None = None,
    price: str | None = None,
    trigger_price: str | None = None,
) -> OrderRow:
    """Return a working order as a change asks for it, not yet accepted by anybody.

    Raises:
        InvalidInputError: If nothing changes, or the change does not fit.
    """
    changed = replace(
        row,
        quantity=row.quantity if quantity is None else Decimal(quantity),
        price=row.price if price is None else Decimal(price),
        trigger_price=row.trigger_price if trigger_price is None else Decimal(trigger_price),
    )
    if changed == row:
        raise InvalidInputError("expected another quantity, price or trigger_price than the order has")
    if changed.quantity <= row.filled_quantity:
        filled = plain(row.filled_quantity)
        raise _wrong("quantity", f"expected more than has filled, which is {filled}, was {plain(changed.quantity)}")
    check_shape(changed)
    check_instrument(changed, instrument)
    return changed


def check_shape(row: OrderRow) -> None:
    """Check that the fields of an order fit its type.

    Raises:
        InvalidInputError: If one is missing or too many.
    """
    for name in _PRICES:
        value = getattr(row, name)
        if name in _NEEDS[row.type]:
            if value is None:
                raise _wrong(name, f"a {row.type} order needs it")
        elif value is not None and name not in _MAY[row.type]:
            raise _wrong(name, f"a {row.type} order takes none")
    if row.post_only and row.type not in _RESTS:
        raise _wrong("post_only", f"only limit orders can be post-only, this is a {row.type} order")
    if row.time_in_force in {"ioc", "fok"}:
        if row.type in STOPS:
            raise _wrong("time_in_force", f"expected gtc, day or gtd for a {row.type} order, was {row.time_in_force}")
        if row.post_only:
            raise _wrong("post_only", f"{row.time_in_force} fills at once or never, post_only never at once")
    if row.type == "market" and row.time_in_force in {"gtd", "day"}:
        raise _wrong("time_in_force", f"expected gtc, ioc or fok for a market order, was {row.time_in_force}")


def check_instrument(row: OrderRow, instrument: Instrument) -> None:
    """Check an order's numbers against its instrument.

    Raises:
        InvalidInputError: If a price or quantity has the wrong increment or is out of range.
    """
    _check_step("quantity", row.quantity, instrument.size_increment)
    _check_range("quantity", row.quantity, instrument.min_quantity, instrument.max_quantity)
    for name in _PRICES:
        value = getattr(row, name)
        if value is not None:
            _check_step(name, value, instrument.price_increment)
    for name in ("price", "trigger_price"):
        value = getattr(row, name)
        if value is not None:
            _check_range(name, value, instrument.min_price, instrument.max_price)
    price = row.price if row.price is not None else row.trigger_price
    if price is not None:
        check_notional(row.quantity, price, instrument)


def check_notional(quantity: Decimal, price: Decimal, instrument: Instrument) -> None:
    """Check what an order is worth at a price against its instrument.

    Raises:
        InvalidInputError: If it is worth too little or too much.
    """
    worth = EXACT.multiply(EXACT.multiply(quantity, price), Decimal(instrument.multiplier))
    least, most = instrument.min_notional, instrument.max_notional
    for bound, is_wrong, word in (
        (least, least and worth < Decimal(least), "at least"),
        (most, most and worth > Decimal(most), "at most"),
    ):
        if is_wrong:
            currency = instrument.quote_currency
            raise _wrong("quantity", f"price times quantity must be {word} {bound} {currency}, was {plain(worth)}")


def _expiry(ticket: OrderTicket, now_ns: int) -> int | None:
    if ticket.time_in_force == "day":
        return now_ns - now_ns % DAY_NS + DAY_NS
    if ticket.time_in_force != "gtd":
        if ticket.expire_time is not None:
            raise _wrong("expire_time", f"only gtd orders expire at a time, this is {ticket.time_in_force}")
        return None
    if ticket.expire_time is None:
        raise _wrong("expire_time", "a gtd order needs it")
    expire_ns = ticket.expire_time * 1_000_000
    if expire_ns <= now_ns:
        raise _wrong("expire_time", f"expected after market time {now_ns // 1_000_000}, was {ticket.expire_time}")
    return expire_ns


def _parent(ticket: OrderTicket, find: FindOrder) -> str | None:
    name = ticket.parent_client_order_id
    if name is None:
        return None
    parent = _related("parent_client_order_id", ticket, name, find)
    if parent.side == ticket.side:
        raise _wrong("side", f"an exit is on the other side of its entry, {name!r} is a {parent.side} order too")
    if parent.status == "filled":
        return None
    if not parent.is_working:
        raise _wrong("parent_client_order_id", f"expected a working order, {name!r} is {parent.status}")
    return parent.order_id


def _linked(ticket: OrderTicket, find: FindOrder) -> tuple[str, ...]:
    names = ticket.linked_client_order_ids
    if len(set(names)) != len(names):
        raise _wrong("linked_client_order_ids", "expected every id once")
    rows = [_related("linked_client_order_ids", ticket, name, find) for name in names]
    for row in rows:
        if not row.is_working:
            raise _wrong("linked_client_order_ids", f"expected working orders, {row.client_order_id!r} is {row.status}")
    return tuple(row.order_id for row in rows)


def _related(field: str, ticket: OrderTicket, name: str, find: FindOrder) -> OrderRow:
    if name == ticket.client_order_id:
        raise _wrong(field, "expected another order, was the order itself")
    row = find(name)
    if row is None:
        raise _wrong(field, f"you have no order {name!r}")
    if row.instrument_id != ticket.instrument_id:
        raise _wrong(field, f"expected an order on {ticket.instrument_id}, {name!r} is on {row.instrument_id}")
    return row


def _check_step(name: str, value: Decimal, increment: str) -> None:
    if not 0 < value <= _MOST:
        raise _wrong(name, f"expected above 0 and at most {plain(_MOST)}, was {plain(value)}")
    if EXACT.remainder(value, Decimal(increment)):
        raise _wrong(name, f"expected a multiple of {increment}, was {plain(value)}")


def _check_range(name: str, value: Decimal, least: str | None, most: str | None) -> None:
    if least is not None and value < Decimal(least):
        raise _wrong(name, f"expected at least {least}, was {plain(value)}")
    if most is not None and value > Decimal(most):
        raise _wrong(name, f"expected at most {most}, was {plain(value)}")


def _wrong(name: str, problem: str) -> InvalidInputError:
    return InvalidInputError(f"{name}: {problem}", path=f"$.{name}")


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
