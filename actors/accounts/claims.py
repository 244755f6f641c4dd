"""What an account's working orders may still do: the quantities and money that they claim."""

from collections.abc import Iterable
from decimal import Decimal, localcontext

from msgspec import Struct

from actors.accounts.exact import EXACT, ONE, ZERO
from actors.accounts.terms import Terms
from actors.orders import OrderRow, OrderSide

SLIPPAGE = Decimal("0.01")
"""A purchase of coins that names no limit may cost so much more than its price; that much is bound."""

type ClaimKey = tuple[str, OrderSide, bool]
"""Instrument, side, and whether the orders only reduce."""


class Claim(Struct, frozen=True):
    """What may still trade."""

    quantity: Decimal = ZERO
    notional: Decimal = ZERO
    """Settlement currency, at the order's worst price."""
    fee: Decimal = ZERO
    """Settlement currency, as a taker."""


NOTHING = Claim()


def has_ceiling(row: OrderRow, terms: Terms) -> bool:
    """Return whether the money bound is all that stops an order: it buys coins and its user has named no limit."""
    is_limited = row.price is not None and row.trailing_offset is None
    return row.side == "buy" and not terms.is_perpetual and not is_limited


def worst_price(row: OrderRow, price: Decimal, terms: Terms) -> Decimal:
    """Return the highest price that an order claimed at `price` has money for."""
    return EXACT.multiply(price, ONE + SLIPPAGE) if has_ceiling(row, terms) else price


def claim_of(row: OrderRow, price: Decimal, terms: Terms) -> Claim:
    """Return what an order claims at its price or the market's; one that waits for its parent claims nothing."""
    if not row.is_working or row.parent_order_id is not None:
        return NOTHING
    with localcontext(EXACT):
        notional = row.leaves_quantity * worst_price(row, price, terms) * terms.multiplier
        return Claim(row.leaves_quantity, notional, notional * max(terms.taker_fee, terms.maker_fee, ZERO))


class Claims:
    """Sums of claims by instrument and side; of orders that cancel each other only the greatest counts."""

    def __init__(self) -> None:
        """Begin without claims."""
        self._totals: dict[ClaimKey, Claim] = {}
        self._groups: dict[str, dict[str, tuple[ClaimKey, Claim]]] = {}
        self._group_of: dict[str, str] = {}
        self._prices: dict[str, Decimal] = {}

    def price(self, order_id: str) -> Decimal | None:
        """Return the price that an order was claimed at."""
        return self._prices.get(order_id)

    def total(self, instrument_id: str, side: OrderSide, *, reduce_only: bool) -> Claim:
        """Return the sum of one side of an instrument."""
        return self._totals.get((instrument_id, side, reduce_only), NOTHING)

    def both(self, instrument_id: str, side: OrderSide) -> Claim:
        """Return the sum of one side of an instrument, whether the orders only reduce or not."""
        one = self.total(instrument_id, side, reduce_only=False)
        other = self.total(instrument_id, side, reduce_only=True)
        return one if other is NOTHING else _plus(one, other)

    def others(self, row: OrderRow, *, is_reducing: bool = False) -> Claim:
        """Return what other orders claim on an order's side, without those that it cancels or is canceled by.

        Args:
            row: The order, known or not.
            is_reducing: Count those alone that only reduce.
        """
        mine = _greatest(self._group(row))
        total = NOTHING
        for reduce_only in (True,) if is_reducing else (True, False):
            key: ClaimKey = (row.instrument_id, row.side, reduce_only)
            total = _plus(total, _minus(self._totals.get(key, NOTHING), mine.get(key, NOTHING)))
        return total

    def growth(self, row: OrderRow, claim: Claim) -> Claim:
        """Return how much more would be claimed on an order's side if it claimed that, in place of what it does."""
        key: ClaimKey = (row.instrument_id, row.side, row.reduce_only)
        group = self._group(row)
        before = _greatest(group).get(key, NOTHING)
        after = _greatest(group | {row.order_id: (key, claim)}).get(key, NOTHING)
        return _most((_minus(after, before), NOTHING))

    def instruments(self) -> set[str]:
        """Return the instruments that any order claims something of."""
        return {key[0] for key in self._totals}

    def put(self, row: OrderRow, price: Decimal, terms: Terms) -> None:
        """Claim for an order what it may still do, in place of what it claimed before."""
        claim = claim_of(row, price, terms)
        if not row.is_working:
            self.drop(row.order_id)
            return
        self._prices[row.order_id] = price
        group_id = self._group_of.get(row.order_id) or self._group_for(row)
        key: ClaimKey = (row.instrument_id, row.side, row.reduce_only)
        group = self._groups.setdefault(group_id, {})
        before = _greatest(group)
        group[row.order_id] = (key, claim)
        self._group_of[row.order_id] = group_id
        self._shift(before, _greatest(group))

    def drop(self, order_id: str) -> None:
        """Give up what an order claimed."""
        group_id = self._group_of.pop(order_id, None)
        if group_id is None:
            return
        group = self._groups[group_id]
        before = _greatest(group)
        del group[order_id]
        del self._prices[order_id]
        if not group:
            del self._groups[group_id]
        self._shift(before, _greatest(group))

    def _group(self, row: OrderRow) -> dict[str, tuple[ClaimKey, Claim]]:
        return self._groups.get(self._group_of.get(row.order_id) or self._group_for(row), {})

    def _group_for(self, row: OrderRow) -> str:
        """Return the group whose every member an order is linked with; else it counts by itself."""
        linked = set(row.linked_order_ids)
        known = {self._group_of[one] for one in linked if one in self._group_of}
        return next((name for name in sorted(known) if self._groups[name].keys() <= linked), row.order_id)

    def _shift(self, before: dict[ClaimKey, Claim], after: dict[ClaimKey, Claim]) -> None:
        for key in before.keys() | after.keys():
            total = _minus(self._totals.get(key, NOTHING), before.get(key, NOTHING))
            total = _plus(total, after.get(key, NOTHING))
            if total.quantity:
                self._totals[key] = total
            else:
                self._totals.pop(key, None)


def _greatest(group: dict[str, tuple[ClaimKey, Claim]]) -> dict[ClaimKey, Claim]:
    if len(group) == 1:
        return dict(group.values())
    by_key: dict[ClaimKey, list[Claim]] = {}
    for key, claim in group.values():
        by_key.setdefault(key, []).append(claim)
    return {key: _most(claims) for key, claims in by_key.items()}


def _most(claims: Iterable[Claim]) -> Claim:
    quantities, notionals, fees = zip(*((one.quantity, one.notional, one.fee) for one in claims), strict=True)
    return Claim(max(quantities), max(notionals), max(fees))


def _plus(one: Claim, other: Claim) -> Claim:
    add = EXACT.add
    return Claim(add(one.quantity, other.quantity), add(one.notional, other.notional), add(one.fee, other.fee))


def _minus(one: Claim, other: Claim) -> Claim:
    subtract = EXACT.subtract
    return Claim(
        subtract(one.quantity, other.quantity), subtract(one.notional, other.notional), subtract(one.fee, other.fee)
    )
