"""Fills -> trades: each position from flat to flat, in exact decimals."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct

from node.backtest.results import Trade

_PLACES = Decimal("1e-12")
_ZERO = Decimal(0)


class Fill(Struct, frozen=True, kw_only=True):
    """One execution of our own."""

    instrument_id: str
    strategy: str
    is_buy: bool
    quantity: Decimal
    """Base units."""
    price: Decimal
    fee: Decimal
    """Quote currency; negative is a rebate."""
    ts: int
    """Market time, UNIX nanoseconds."""


class _Open(Struct):
    """A position under way; everything but the times is a sum."""

    is_long: bool
    ts: int
    net: Decimal = _ZERO
    opened: Decimal = _ZERO
    cost: Decimal = _ZERO
    closed: Decimal = _ZERO
    proceeds: Decimal = _ZERO
    fees: Decimal = _ZERO

    def add(self, quantity: Decimal, price: Decimal, fee: Decimal, *, is_closing: bool) -> None:
        self.fees += fee
        if is_closing:
            self.net -= quantity
            self.closed += quantity
            self.proceeds += quantity * price
        else:
            self.net += quantity
            self.opened += quantity
            self.cost += quantity * price

    def pnl(self, last: Decimal) -> Decimal:
        gain = self.proceeds + self.net * last - self.cost
        return (gain if self.is_long else -gain) - self.fees


def trades_of(fills: Iterable[Fill], last_prices: Mapping[str, Decimal]) -> list[Trade]:
    """Return the trades behind `fills` (in the order of time) per strategy and instrument, by their entry.

    A fill beyond flat closes one trade and opens the next; its fee is shared by quantity.

    Args:
        fills: Every fill of the run.
        last_prices: Instrument id -> last close, at which open positions are valued.
    """
    positions: dict[tuple[str, str], _Open] = {}
    found: list[tuple[int, int, Trade]] = []
    for fill in fills:
        key = (fill.strategy, fill.instrument_id)
        position = positions.setdefault(key, _Open(is_long=fill.is_buy, ts=fill.ts))
        is_closing = position.is_long != fill.is_buy
        part = min(fill.quantity, position.net) if is_closing else fill.quantity
        rest = fill.quantity - part
        fee = fill.fee if rest == 0 else (fill.fee * part / fill.quantity).quantize(_PLACES, ROUND_HALF_EVEN)
        position.add(part, fill.price, fee, is_closing=is_closing)
        if position.net == 0:
            found.append((position.ts, len(found), _trade(key, positions.pop(key), fill.price, fill.ts)))
        if rest:
            positions[key] = _Open(is_long=fill.is_buy, ts=fill.ts)
            positions[key].add(rest, fill.price, fill.fee - fee, is_closing=False)
    for key, position in positions.items():
        found.append((position.ts, len(found), _trade(key, position, last_prices[key[1]], None)))
    return [trade for _, _, trade in sorted(found, key=lambda item: item[:2])]


def plain(number: Decimal) -> str:
    """Return a decimal as text without an exponent and without zeros at its end."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _trade(key: tuple[str, str], position: _Open, last: Decimal, ts_exit: int | None) -> Trade:
    return Trade(
        instrument_id=key[1],
        strategy=key[0],
        side="long" if position.is_long else "short",
        quantity=plain(position.opened),
        entry_price=plain(_average(position.cost, position.opened)),
        exit_price=plain(_average(position.proceeds, position.closed)) if position.closed else None,
        ts_entry=position.ts // 1_000_000,
        ts_exit=None if ts_exit is None else ts_exit // 1_000_000,
        fees=plain(position.fees),
        pnl=plain(position.pnl(last)),
    )


def _average(total: Decimal, quantity: Decimal) -> Decimal:
    return (total / quantity).quantize(_PLACES, ROUND_HALF_EVEN)
