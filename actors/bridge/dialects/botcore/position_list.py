"""Positions in the two forms of the bot core's documents."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from actors.bridge.symbols import Symbols
from actors.bridge.words import named, number, percent, time_text
from actors.orders import OrderRow, PositionRow
from actors.ports import AccountView

_MS = 1_000_000
_STOPS = frozenset({"stop_market", "stop_limit", "trailing_stop_market", "trailing_stop_limit"})


class HeldShort(Struct, frozen=True, kw_only=True):
    """One open position, form `bc`."""

    symbol: str
    side: Literal["BUY", "SELL"]
    size: float
    entry_price: float
    current_price: float
    unrealized_pnl: float
    timestamp: str


class HeldLong(Struct, frozen=True, kw_only=True):
    """One open position, form `be`."""

    symbol: str
    side: Literal["LONG", "SHORT"]
    quantity: float
    entry_price: float
    current_price: float
    pnl: float
    pnl_percentage: float
    """Of its cost."""
    margin_used: float
    liquidation_price: float
    """0: there is none."""
    stop_loss: float
    """Price of a working exit; 0: there is none."""
    take_profit: float


class HeldList(Struct, frozen=True, kw_only=True):
    """Open positions with the margin of the account, form `be`."""

    positions: tuple[HeldLong, ...]
    total_margin_used: float
    free_margin: float
    margin_level: float
    """Equity in percent of the margin used; 0: none is used."""


def held_short(row: PositionRow, symbols: Symbols) -> HeldShort:
    """Return a position in the form `bc`."""
    return HeldShort(
        symbol=named(symbols, row.instrument_id),
        side="BUY" if row.quantity > 0 else "SELL",
        size=number(abs(row.quantity)),
        entry_price=entry_price(row),
        current_price=number(row.mark_price),
        unrealized_pnl=number(row.unrealized_pnl),
        timestamp=time_text(row.ts // _MS),
    )


def held_list(
    rows: Iterable[PositionRow], working: Iterable[OrderRow], account: AccountView, symbols: Symbols
) -> HeldList:
    """Return positions in the form `be`; their exits are found among the working orders."""
    orders = list(working)
    equity, used = number(account.equity), number(account.margin_used)
    return HeldList(
        positions=tuple(_held_long(row, orders, symbols) for row in rows),
        total_margin_used=used,
        free_margin=equity - used,
        margin_level=percent(equity, used),
    )


def entry_price(row: PositionRow) -> float:
    """Return the average price of a position."""
    return number(row.cost / row.quantity) if row.quantity else 0.0


def _held_long(row: PositionRow, orders: list[OrderRow], symbols: Symbols) -> HeldLong:
    side = "sell" if row.quantity > 0 else "buy"
    exits = [one for one in orders if one.instrument_id == row.instrument_id and one.side == side]
    return HeldLong(
        symbol=named(symbols, row.instrument_id),
        side="LONG" if row.quantity > 0 else "SHORT",
        quantity=number(abs(row.quantity)),
        entry_price=entry_price(row),
        current_price=number(row.mark_price),
        pnl=number(row.unrealized_pnl),
        pnl_percentage=percent(number(row.unrealized_pnl), number(abs(row.cost))),
        margin_used=number(row.margin),
        liquidation_price=number(row.liquidation_price),
        stop_loss=next((number(one.trigger_price) for one in exits if one.type in _STOPS), 0.0),
        take_profit=next((number(one.price or one.trigger_price) for one in exits if one.type not in _STOPS), 0.0),
    )
