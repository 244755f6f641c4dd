"""An order in the bot core's words, as our ticket."""

from decimal import Decimal
from secrets import token_hex
from typing import Any

import msgspec
from msgspec import Struct

from actors.bridge.symbols import Symbols
from actors.orders import OrderTicket
from config.errors import InvalidInputError

_TYPES = {
    "MARKET": "market",
    "LIMIT": "limit",
    "LIMIT_MAKER": "limit",
    "STOP": "stop_limit",
    "STOP_LIMIT": "stop_limit",
    "STOP_LOSS_LIMIT": "stop_limit",
    "STOP_LOSS": "stop_market",
    "STOP_MARKET": "stop_market",
    "TAKE_PROFIT": "market_if_touched",
    "TAKE_PROFIT_MARKET": "market_if_touched",
    "TAKE_PROFIT_LIMIT": "limit_if_touched",
}
_SIDES = {"BUY": "buy", "SELL": "sell", "LONG": "buy", "SHORT": "sell"}
_TIMES = {"GTC": "gtc", "IOC": "ioc", "FOK": "fok", "DAY": "day", "GTX": "gtc"}
_LARGEST = 40
"""Digits before or after the point of an amount that may be looked at: nobody writes more by accident."""


class TradeWish(Struct, frozen=True, kw_only=True):
    """An order in the bot core's words; fields it does not know are passed over."""

    symbol: str
    side: str
    """`BUY` or `SELL`."""
    type: str = "MARKET"
    """`MARKET`, `LIMIT`, `STOP_LOSS_LIMIT`, …"""
    quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: str = "GTC"
    """`GTC`, `IOC`, `FOK`, `DAY`, or `GTX`: only as a maker."""
    reduce_only: bool = False
    client_order_id: str | None = None
    """Makes it safe to send the same again; null: one is made."""
    ai_signal_id: str | None = None
    strategy: str | None = None


def ticket_of(wish: TradeWish, symbols: Symbols) -> OrderTicket:
    """Return our ticket of an order.

    Raises:
        InvalidInputError: If a word or an amount is none.
        UnknownInstrumentError: If the symbol means no instrument.
    """
    found: dict[str, Any] = {
        "client_order_id": wish.client_order_id or token_hex(12),
        "instrument_id": symbols.find(wish.symbol),
        "side": _word(_SIDES, wish.side, "side"),
        "type": _word(_TYPES, wish.type, "type"),
        "quantity": amount(wish.quantity, "quantity"),
        "time_in_force": _word(_TIMES, wish.time_in_force, "time_in_force"),
        "post_only": wish.time_in_force.upper() == "GTX" or wish.type.upper() == "LIMIT_MAKER",
        "reduce_only": wish.reduce_only,
    }
    if wish.price is not None and found["type"] in {"limit", "stop_limit", "limit_if_touched"}:
        found["price"] = amount(wish.price, "price")
    if wish.stop_price is not None:
        found["trigger_price"] = amount(wish.stop_price, "stop_price")
    try:
        return msgspec.convert(found, OrderTicket)
    except msgspec.ValidationError as e:
        reason, _, where = str(e).partition(" - at `")
        raise InvalidInputError(reason, path=where.rstrip("`") or "$") from e


def amount(value: Decimal, name: str) -> str:
    """Return a number of theirs as text with all its digits.

    Raises:
        InvalidInputError: If it is not a positive number of a size that can be meant.
    """
    if not value.is_finite() or value <= 0:
        raise InvalidInputError(f"{name} must be above 0, was {str(value)[:20]}", path=f"$.{name}")
    if abs(value.adjusted()) > _LARGEST or len(value.as_tuple().digits) > _LARGEST:
        raise InvalidInputError(f"{name} is no amount that can be traded", path=f"$.{name}")
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _word(words: dict[str, str], given: str, name: str) -> str:
    found = words.get(given.upper())
    if found is None:
        raise InvalidInputError(f"{name} must be one of {', '.join(words)}, was {given[:20]!r}", path=f"$.{name}")
    return found
