"""One account: its cash, orders and positions, and what of its money is bound."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, localcontext
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from actors.accounts.claims import Claim, Claims, has_ceiling, worst_price
from actors.accounts.exact import EXACT, ONE, ZERO, rounded, rounded_up
from actors.accounts.ledger import Ledger
from actors.accounts.orders import Change, Orders, Overfill, share_of
from actors.accounts.terms import Terms
from actors.orders import BalanceRow, CashRow, FillRow, OrderEvent, OrderRow, OrderSide

AccountKind = Literal["cash", "margin"]
RESTORED = "R-"
"""Fills whose id begins so repeat earlier ones to the engine after a restart."""


class Applied(Struct, frozen=True, kw_only=True):
    """What an event has changed in an account."""

    row: OrderRow
    before: OrderRow
    fill: FillRow | None
    """With what it realized."""
    released: tuple[OrderRow, ...] = ()
    """Orders that waited for this one and wait no more."""
    reduced: tuple[OrderRow, ...] = ()
    """Orders linked with this one, less what it has filled."""


class Account:
    """The books of one trader; memory only, everything in it follows from cash rows, fills and working orders."""

    def __init__(
        self,
        user_id: str,
        account_id: str,
        kind: AccountKind,
        currency: str,
        terms: Callable[[str], Terms],
    ) -> None:
        """Open empty.

        Args:
            user_id: Its owner.
            account_id: For example `PAPER-001`.
            kind: `cash` trades what it has; `margin` trades perpetuals too.
            currency: The main one: limits and equity are told in it.
            terms: Tells an instrument's numbers.
        """
        self.user_id = user_id
        self.account_id = account_id
        self.kind = kind
        self.currency = currency
        self.leverage: Decimal | None = None
        """Highest notional over equity; an order binds at least its inverse of the notional."""
        self.cash: dict[str, Decimal] = {currency: ZERO}
        self.fees: dict[str, Decimal] = {}
        """Paid so far, by currency."""
        self.ledger = Ledger(terms)
        self.orders = Orders(forgotten=self.ledger.forget)
        self.claims = Claims()
        self._terms = terms
        self._locks: dict[str, dict[str, Decimal]] = {}
        self._deposited: dict[str, int] = {}
        """What was counted, by id; of funding, which is paid in the order of time, by instrument the newest time."""

    def deposit(self, row: CashRow) -> bool:
        """Count money that moved without a fill; False when it was counted before."""
        key, at = (f"funding:{row.instrument_id}", row.ts) if row.kind == "funding" else (row.cash_id, 0)
        if self._deposited.get(key, -1) >= at:
            return False
        self._deposited[key] = at
        self._pay(row.currency, row.amount)
        if row.kind == "funding" and row.instrument_id is not None:
            self.ledger.fund(row.instrument_id, row.amount, row.ts)
        return True

    def count(self, fill: FillRow) -> FillRow | None:
        """Count a fill: position, cash and fee; return it with what it realized, None when it was counted before."""
        counted = self._book(fill)
        if counted is not None:
            self._relock(fill.instrument_id)
        return counted

    def recall(self, fills: Iterable[FillRow]) -> None:
        """Count the fills of the past, oldest first."""
        for fill in fills:
            self._book(fill)
        for instrument_id in self.ledger.positions:
            self._relock(instrument_id)

    def reserve(self, row: OrderRow, price: Decimal) -> None:
        """Take an order in, new or changed; it claims its money at `price`."""
        self.orders.add(row)
        self.claims.put(row, price, self._terms(row.instrument_id))
        self._relock(row.instrument_id)

    def pledge(self, row: OrderRow, price: Decimal) -> None:
        """Claim money for a working order as a change would make it, but no less than now, until the venue answers."""
        known, before = self.orders.get(row.order_id), self.claims.price(row.order_id)
        if known is not None and before is not None:
            row, price = replace(row, quantity=max(row.quantity, known.quantity)), max(price, before)
        self.claims.put(row, price, self._terms(row.instrument_id))
        self._relock(row.instrument_id)

    def reclaim(self) -> None:
        """Claim for all working orders what they are: changes that were on their way are lost."""
        for row in self.orders.working():
            self._claim(row, row, is_answer=True)
        self.relock()

    def withdraw(self, order_id: str) -> None:
        """Forget an order that could not be made durable."""
        row = self.orders.drop(order_id)
        if row is not None:
            self.claims.drop(order_id)
            self._relock(row.instrument_id)

    def apply(self, event: OrderEvent) -> Applied | Overfill | None:
        """Apply what happened to an order; None when it changes nothing, as a repeated event does."""
        known = self.orders.get(event.order_id)
        if known is None or (event.kind == "filled" and self._is_old(known, event)):
            return None
        change = self.orders.apply(event)
        if change is None or isinstance(change, Overfill):
            return change
        fill = None if change.fill is None else self._book(change.fill)
        reduced, released = tuple(self._reduce(change)), tuple(self._release(change))
        self._claim(change.row, change.before, is_answer=event.kind in {"updated", "modify_rejected"})
        self._relock(known.instrument_id)
        return Applied(row=change.row, before=change.before, fill=fill, released=released, reduced=reduced)

    def ceiling(self, row: OrderRow) -> Decimal | None:
        """Return the highest price that the money bound for an order pays; None: it names its own, or pays no cash.

        Args:
            row: As the venue has it.
        """
        terms = self._terms(row.instrument_id)
        prices = [price for price in (row.trigger_price, self.claims.price(row.order_id)) if price]
        return worst_price(row, min(prices), terms) if prices and has_ceiling(row, terms) else None

    def terms(self, instrument_id: str) -> Terms:
        """Return an instrument's numbers."""
        return self._terms(instrument_id)

    def locked(self, currency: str) -> Decimal:
        """Return what orders and positions bind of a currency."""
        with localcontext(EXACT):
            return sum((locks.get(currency, ZERO) for locks in self._locks.values()), ZERO)

    def balance(self, currency: str, ts: int) -> BalanceRow:
        """Return one currency."""
        return BalanceRow(
            user_id=self.user_id,
            account_id=self.account_id,
            currency=currency,
            total=self.cash.get(currency, ZERO),
            locked=self.locked(currency),
            ts=ts,
        )

    def balances(self, ts: int) -> list[BalanceRow]:
        """Return every currency that the account ever had, the main one first."""
        return [self.balance(currency, ts) for currency in self.cash]

    def margin_rate(self, terms: Terms) -> Decimal:
        """Return the share of a perpetual's notional that is bound: the instrument's, at least that of the leverage."""
        least = ONE if terms.margin_init == 0 else ZERO
        if self.leverage is not None:
            least = EXACT.divide(ONE, self.leverage) if self.leverage else ONE
        return max(terms.margin_init, least)

    def margin(self, instrument_id: str) -> Decimal:
        """Return the initial margin of an instrument: of the position and of what working orders may make of it."""
        return self.margin_with(instrument_id, "buy", Claim())

    def margin_with(self, instrument_id: str, side: OrderSide, more: Claim) -> Decimal:
        """Return the initial margin of a perpetual if one more order claimed that much of a side."""
        terms = self._terms(instrument_id)
        position = self.ledger.positions.get(instrument_id)
        with localcontext(EXACT):
            held = ZERO if position is None else position.quantity
            cost = abs(position.cost) if position is not None and held else ZERO
            rest: dict[OrderSide, Decimal] = {}
            for one in ("buy", "sell"):
                claim = self.claims.total(instrument_id, one, reduce_only=False)
                quantity, notional = claim.quantity, claim.notional
                if one == side:
                    quantity, notional = quantity + more.quantity, notional + more.notional
                if held and (held > 0) != (one == "buy"):  # what closes binds nothing
                    notional = notional * (quantity - abs(held)) / quantity if quantity > abs(held) else ZERO
                else:
                    notional += cost
                rest[one] = notional
            return rounded_up(max(rest.values()) * self.margin_rate(terms), terms.unit)

    def locks_with(self, instrument_id: str, side: OrderSide, more: Claim) -> dict[str, Decimal]:
        """Return what an instrument binds, by currency, if one more order claimed that much of a side."""
        terms = self._terms(instrument_id)
        buys, sells = self.claims.both(instrument_id, "buy"), self.claims.both(instrument_id, "sell")
        with localcontext(EXACT):
            if terms.is_perpetual:
                fees = rounded_up(buys.fee + sells.fee + more.fee, terms.unit)
                return {terms.settlement: self.margin_with(instrument_id, side, more) + fees}
            bought, sold = (more, Claim()) if side == "buy" else (Claim(), more)
            money = buys.notional + buys.fee + bought.notional + bought.fee
            return {terms.settlement: rounded_up(money, terms.unit), terms.base: sells.quantity + sold.quantity}

    def locks(self, instrument_id: str) -> dict[str, Decimal]:
        """Return what an instrument binds, by currency."""
        return self._locks.get(instrument_id, {})

    def relock(self) -> None:
        """Compute anew what is bound, after a change of the leverage."""
        for instrument_id in list(self._locks):
            self._relock(instrument_id)

    def _book(self, fill: FillRow) -> FillRow | None:
        position = self.ledger.position(fill.instrument_id)
        terms = position.terms
        before = ZERO if terms.is_perpetual else rounded(position.paid, terms.unit)
        counted = self.ledger.apply(fill)
        if counted is None:
            return None
        if terms.is_perpetual:
            self._pay(terms.settlement, counted.realized_pnl)
        else:
            self._pay(terms.settlement, EXACT.subtract(before, rounded(position.paid, terms.unit)))
            self._pay(terms.base, fill.quantity if fill.side == "buy" else -fill.quantity)
        if fill.fee:
            self._pay(fill.fee_currency, -fill.fee)
            self.fees[fill.fee_currency] = EXACT.add(self.fees.get(fill.fee_currency, ZERO), fill.fee)
        return counted

    def _is_old(self, row: OrderRow, event: OrderEvent) -> bool:
        fill_id = event.fill_id or ""
        return fill_id.startswith(RESTORED) or self.ledger.has(row.instrument_id, fill_id, row.order_id)

    def _reduce(self, change: Change) -> Iterator[OrderRow]:
        """Take a fill off the linked orders, as the venue does: whoever knows the one must know the other."""
        row, fill = change.row, change.fill
        if fill is None or not row.is_working:
            return
        for other in self.orders.linked(row):
            if other.is_working and other.status != "submitted":
                more = EXACT.subtract(other.leaves_quantity, row.leaves_quantity)
                if more > 0:
                    yield self._resize(other, EXACT.subtract(other.quantity, min(more, fill.quantity)), row.ts_updated)

    def _release(self, change: Change) -> Iterator[OrderRow]:
        """Free the orders that waited for one that has ended with a fill; one that has no share of it goes on waiting.

        They get the share that the venue gives them: whoever knows that they are free must know it.
        """
        row = change.row
        if row.is_working or not row.filled_quantity:
            return
        for child in self.orders.children(row.order_id):
            taken = sum((other.filled_quantity for other in self.orders.linked(child)), ZERO)
            step = self._terms(child.instrument_id).size_increment
            quantity = share_of(child.quantity, taken, row, step)
            if quantity > child.filled_quantity:
                yield self._resize(replace(child, parent_order_id=None), quantity, row.ts_updated)

    def _resize(self, row: OrderRow, quantity: Decimal, ts: int) -> OrderRow:
        changed = replace(row, quantity=quantity, reason=None, revision=row.revision + 1, ts_updated=ts)
        self.orders.add(changed)
        self._claim(changed, row)
        return changed

    def _claim(self, row: OrderRow, before: OrderRow, *, is_answer: bool = False) -> None:
        price = self.claims.price(row.order_id)
        if price is None:  # it ended before, nothing of it is claimed
            return
        if is_answer or (row.price, row.trigger_price) != (before.price, before.trigger_price):
            own = row.price or row.trigger_price or price
            is_bound = row.trailing_offset is not None and row.side == "buy"  # only a checked change binds more
            price = min(own, price) if is_bound else own
        self.claims.put(row, price, self._terms(row.instrument_id))

    def _pay(self, currency: str, amount: Decimal) -> None:
        self.cash[currency] = EXACT.add(self.cash.get(currency, ZERO), amount)

    def _relock(self, instrument_id: str) -> None:
        locks = {name: amount for name, amount in self.locks_with(instrument_id, "buy", Claim()).items() if amount}
        for currency in locks:
            self.cash.setdefault(currency, ZERO)
        if locks:
            self._locks[instrument_id] = locks
        else:
            self._locks.pop(instrument_id, None)
