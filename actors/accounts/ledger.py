"""One account's distinct fills made into positions: signed quantity and cost, exact to the last unit."""

from collections.abc import Callable, Container, Mapping
from decimal import Decimal, localcontext

from msgspec.structs import replace

from actors.accounts.exact import AVERAGE, EXACT, ONE, ZERO, rounded
from actors.accounts.terms import Terms
from actors.orders import FillRow


class Position:
    """An account's net in one instrument.

    Always exactly: cost = sum of signed notionals + sum of realized profits. The realized part of a fill is rounded
    to the settlement currency's unit and what rounding left stays in the cost, also while flat.
    """

    __slots__ = ("cost", "fees", "funded_at", "funding", "quantity", "realized", "terms", "ts")

    def __init__(self, terms: Terms) -> None:
        """Begin flat."""
        self.terms = terms
        self.quantity = ZERO
        self.cost = ZERO
        self.realized = ZERO
        self.fees = ZERO
        """Paid in the settlement currency or, valued at the fill's price, in the base currency."""
        self.funding = ZERO
        """Received (paid: negative) so far."""
        self.funded_at = 0
        """Funding up to this time is settled, or before it the position was flat."""
        self.ts = 0

    @property
    def average(self) -> Decimal | None:
        """Average price of what is held, derived, to 12 places; None when flat."""
        if not self.quantity:
            return None
        with localcontext(EXACT):
            return rounded(self.cost / (self.quantity * self.terms.multiplier), AVERAGE)

    @property
    def paid(self) -> Decimal:
        """Sum of signed notionals: what buying has cost and selling brought, exact."""
        return EXACT.subtract(self.cost, self.realized)

    def value(self, price: Decimal) -> Decimal:
        """Return the signed worth of what is held at a price."""
        with localcontext(EXACT):
            return self.quantity * price * self.terms.multiplier

    def unrealized(self, price: Decimal) -> Decimal:
        """Return the profit that closing at a price would realize, before fees, exact."""
        return EXACT.subtract(self.value(price), self.cost)

    def apply(self, signed: Decimal, price: Decimal, ts: int) -> Decimal:
        """Count one execution of a signed quantity; return what it realized."""
        with localcontext(EXACT):
            held, worth = self.quantity, price * self.terms.multiplier
            realized = ZERO
            if not held:
                self.funded_at = ts
            elif (held > 0) != (signed > 0):
                closed = min(abs(held), abs(signed))
                gone = self.cost if closed == abs(held) else self.cost * closed / abs(held)
                brought = closed.copy_sign(held) * worth
                realized = rounded(brought - gone, self.terms.unit)
            self.quantity = held + signed
            self.cost += signed * worth + realized
            self.realized += realized
        self.ts = max(self.ts, ts)
        return realized


class Ledger:
    """Positions of an account and nets of its strategies; the same fill twice counts once."""

    def __init__(self, terms: Callable[[str], Terms]) -> None:
        """Begin without fills.

        Args:
            terms: Tells an instrument's numbers.
        """
        self._terms = terms
        self._positions: dict[str, Position] = {}
        self._nets: dict[tuple[str, str], Decimal] = {}
        self._seen: dict[str, set[tuple[str, str]]] = {}
        """By order, its fills: instrument and fill id."""

    @property
    def positions(self) -> Mapping[str, Position]:
        """Every instrument that was ever traded."""
        return self._positions

    @property
    def nets(self) -> Mapping[tuple[str, str], Decimal]:
        """(strategy, instrument) -> signed quantity of its fills; what is flat is left out."""
        return self._nets

    def position(self, instrument_id: str) -> Position:
        """Return the position in an instrument, flat when it was never traded."""
        found = self._positions.get(instrument_id)
        if found is None:
            found = self._positions[instrument_id] = Position(self._terms(instrument_id))
        return found

    def quantity(self, instrument_id: str) -> Decimal:
        """Return the signed net in an instrument."""
        found = self._positions.get(instrument_id)
        return ZERO if found is None else found.quantity

    def differs(self, other: "Ledger") -> set[str]:
        """Return the instruments in which another ledger has another quantity or realized something else."""
        names = self._positions.keys() | other.positions.keys()
        mine, theirs = ([(one.quantity, one.realized) for one in map(books.position, names)] for books in (self, other))
        return {name for name, one, two in zip(names, mine, theirs, strict=True) if one != two}

    def has(self, instrument_id: str, fill_id: str, order_id: str) -> bool:
        """Return whether a fill was counted already."""
        return (instrument_id, fill_id) in self._seen.get(order_id, ())

    def forget(self, order_id: str) -> None:
        """Keep no longer in mind which fills an order had: whoever asks for more of them will be refused elsewhere."""
        self._seen.pop(order_id, None)

    def forget_others(self, order_ids: Container[str]) -> None:
        """Keep in mind the fills of these orders alone."""
        self._seen = {order_id: fills for order_id, fills in self._seen.items() if order_id in order_ids}

    def apply(self, fill: FillRow) -> FillRow | None:
        """Count a fill; return it with what it realized, or None when it was counted before."""
        if self.has(fill.instrument_id, fill.fill_id, fill.order_id):
            return None
        position = self.position(fill.instrument_id)
        self.remember(fill)
        signed = fill.quantity if fill.side == "buy" else -fill.quantity
        realized = position.apply(signed, fill.price, fill.ts)
        self._count_fee(position, fill)
        self._count_net((fill.strategy, fill.instrument_id), signed)
        return replace(fill, realized_pnl=realized)

    def remember(self, fill: FillRow) -> None:
        """Keep in mind that a fill was counted."""
        self._seen.setdefault(fill.order_id, set()).add((fill.instrument_id, fill.fill_id))

    def resume_nets(self, nets: Mapping[tuple[str, str], Decimal]) -> None:
        """Go on with the nets that earlier fills have made."""
        self._nets = dict(nets)

    def fund(self, instrument_id: str, amount: Decimal, ts: int) -> None:
        """Count funding received (paid: negative) up to a time."""
        position = self.position(instrument_id)
        position.funding = EXACT.add(position.funding, amount)
        position.funded_at = max(position.funded_at, ts)
        position.ts = max(position.ts, ts)

    def _count_fee(self, position: Position, fill: FillRow) -> None:
        terms = position.terms
        if fill.fee_currency == terms.settlement:
            rate = ONE
        elif fill.fee_currency == terms.base:
            rate = fill.price
        else:
            return
        with localcontext(EXACT):
            position.fees += fill.fee if rate is ONE else rounded(fill.fee * rate, terms.unit)

    def _count_net(self, key: tuple[str, str], signed: Decimal) -> None:
        net = EXACT.add(self._nets.get(key, ZERO), signed)
        if net:
            self._nets[key] = net
        else:
            self._nets.pop(key, None)
