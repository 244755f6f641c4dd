"""An account's orders and what events make of them."""

from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from actors.accounts.exact import EXACT
from actors.orders import FillRow, OrderEvent, OrderEventKind, OrderRow, OrderStatus

_NEVER_WORKED: frozenset[OrderStatus] = frozenset({"rejected", "denied"})
"""Nothing of such an order has filled, and it ended no other."""
ENDED = 100
"""How many ended orders an account keeps in mind, for events that come late; the journal knows the older ones."""


class Change(Struct, frozen=True, kw_only=True):
    """What an event has made of an order."""

    before: OrderRow
    row: OrderRow
    fill: FillRow | None = None


class Overfill(Struct, frozen=True, kw_only=True):
    """A fill that an order has no room for: refused."""

    row: OrderRow
    event: OrderEvent


class Orders:
    """Working orders oldest first, and the ones that ended last."""

    def __init__(self, ended: int = ENDED, forgotten: Callable[[str], None] | None = None) -> None:
        """Begin without orders.

        Args:
            ended: How many ended ones are kept, besides those that working ones wait for or are linked with.
            forgotten: Told the id of each that is kept no more: nothing can happen to it from then on.
        """
        self._forgotten = forgotten
        self._working: dict[str, OrderRow] = {}
        self._ended: dict[str, OrderRow] = {}
        self._kept = ended
        self._by_client: dict[str, str] = {}
        self._children: dict[str, set[str]] = {}
        self._naming: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._working)

    def add(self, row: OrderRow) -> None:
        """Take an order in, or its new state."""
        if row.is_working:
            self._ended.pop(row.order_id, None)
            if row.parent_order_id is not None:
                self._children.setdefault(row.parent_order_id, set()).add(row.order_id)
            self._working[row.order_id] = row
        else:
            self._working.pop(row.order_id, None)
            self._ended.pop(row.order_id, None)  # the newest again: what has just heard something is not forgotten
            self._ended[row.order_id] = row
            self._forget_oldest()
        self._by_client[row.client_order_id] = row.order_id
        for other in row.linked_order_ids:
            self._naming.setdefault(other, set()).add(row.order_id)

    def drop(self, order_id: str) -> OrderRow | None:
        """Forget an order that never was."""
        row = self._working.pop(order_id, None) or self._ended.pop(order_id, None)
        if row is not None:
            self._children.pop(order_id, None)
            self._forget_links(row)
            if self._by_client.get(row.client_order_id) == order_id:
                del self._by_client[row.client_order_id]
            if self._forgotten is not None:
                self._forgotten(order_id)
        return row

    def get(self, order_id: str) -> OrderRow | None:
        """Return an order by our id; None when it is unknown or ended long ago."""
        return self._working.get(order_id) or self._ended.get(order_id)

    def find(self, client_order_id: str) -> OrderRow | None:
        """Return an order by the user's id; None when it is unknown or ended long ago."""
        order_id = self._by_client.get(client_order_id)
        return None if order_id is None else self.get(order_id)

    def working(self, instrument_id: str | None = None) -> Iterator[OrderRow]:
        """Yield orders that have not ended, oldest first."""
        for row in self._working.values():
            if instrument_id is None or row.instrument_id == instrument_id:
                yield row

    def bereft(self) -> list[OrderRow]:
        """Return the working orders that an order linked with them has not canceled when it ended at the venue."""
        ended = {name: row for name, row in self._ended.items() if row.status not in _NEVER_WORKED}
        named = {name for row in ended.values() for name in row.linked_order_ids}
        return [
            row for row in self.working() if row.order_id in named or not ended.keys().isdisjoint(row.linked_order_ids)
        ]

    def linked(self, row: OrderRow) -> list[OrderRow]:
        """Return the orders that an order names as linked, or that name it."""
        names = {*row.linked_order_ids, *self._naming.get(row.order_id, ())}
        return [found for name in sorted(names) if (found := self.get(name)) is not None]

    def children(self, parent_id: str) -> list[OrderRow]:
        """Return the orders that are held until an order has filled."""
        rows = (self._working.get(order_id) for order_id in sorted(self._children.get(parent_id, ())))
        return [row for row in rows if row is not None and row.parent_order_id == parent_id]

    def apply(self, event: OrderEvent) -> Change | Overfill | None:
        """Apply an event to its order; None when there is nothing to change, or no such order."""
        before = self.get(event.order_id)
        if before is None:
            return None
        fill: FillRow | None = None
        if event.kind == "filled":
            fill = fill_of(before, event)
            if EXACT.compare(fill.quantity, before.leaves_quantity) > 0:
                return Overfill(row=before, event=event)
            row = _filled(before, fill, event)
        else:
            row = _moved(before, event)
            if row == before and not (row.is_working and event.kind in _REFUSALS):
                return None
        row = replace(row, revision=before.revision + 1, ts_updated=max(before.ts_updated, event.ts))
        self.add(row)
        return Change(before=before, row=row, fill=fill)

    def _forget_links(self, row: OrderRow) -> None:
        for other in row.linked_order_ids:
            _discard(self._naming, other, row.order_id)
        if row.parent_order_id is not None:
            _discard(self._children, row.parent_order_id, row.order_id)

    def _forget_oldest(self) -> None:
        for order_id in list(islice(self._ended, max(len(self._ended) - self._kept, 0))):
            if self._is_needed(self._ended[order_id]):
                self._ended[order_id] = self._ended.pop(order_id)  # asked again after the others
            else:
                self.drop(order_id)

    def _is_needed(self, row: OrderRow) -> bool:
        """Whether a working order waits for an ended one or is linked with it: what it filled counts there."""
        if row.status in _NEVER_WORKED:
            return False
        relatives = (*self._children.get(row.order_id, ()), *self._naming.get(row.order_id, ()), *row.linked_order_ids)
        return any(other in self._working for other in relatives)


def _discard(names: dict[str, set[str]], key: str, name: str) -> None:
    found = names.get(key, set())
    found.discard(name)
    if not found:
        names.pop(key, None)


def share_of(quantity: Decimal, taken: Decimal, entry: OrderRow, step: Decimal) -> Decimal:
    """Return the quantity that an exit keeps when its entry has ended: all, or the share that has filled.

    Args:
        quantity: Of the exit now.
        taken: What linked orders have taken off it.
        entry: As it ended.
        step: The instrument's smallest difference of quantities.
    """
    if entry.filled_quantity >= entry.quantity:
        return quantity
    with localcontext(EXACT):
        return (quantity + taken) * entry.filled_quantity // (entry.quantity * step) * step - taken


def fill_of(row: OrderRow, event: OrderEvent) -> FillRow:
    """Return the fill that a `filled` event tells of.

    Raises:
        ValueError: If the event lacks what a fill needs.
    """
    quantity, price, fill_id = event.fill_quantity, event.fill_price, event.fill_id
    if quantity is None or price is None or fill_id is None or quantity <= 0:
        raise ValueError(f"a fill needs fill_id, quantity above 0 and price, was {event}")
    return FillRow(
        user_id=row.user_id,
        account_id=row.account_id,
        strategy=row.strategy,
        fill_id=fill_id,
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        instrument_id=row.instrument_id,
        side=row.side,
        quantity=quantity,
        price=price,
        fee=event.fee if event.fee is not None else EXACT.create_decimal(0),
        fee_currency=event.fee_currency or "",
        liquidity=event.liquidity or "taker",
        ts=event.ts,
        trace_id=row.trace_id,
    )


def _filled(row: OrderRow, fill: FillRow, event: OrderEvent) -> OrderRow:
    with localcontext(EXACT):
        filled = row.filled_quantity + fill.quantity
        notional = row.filled_notional + fill.quantity * fill.price
    status: OrderStatus = row.status if not row.is_working else "partially_filled"
    return replace(
        row,
        filled_quantity=filled,
        filled_notional=notional,
        status="filled" if filled == row.quantity else status,
        venue_order_id=row.venue_order_id or event.venue_order_id,
    )


def _moved(row: OrderRow, event: OrderEvent) -> OrderRow:
    """Return the row after an event that is not a fill, equal to `row` when it changes nothing."""
    if not row.is_working:
        return row
    if event.venue_order_id is not None and event.venue_order_id != row.venue_order_id:
        row = replace(row, venue_order_id=event.venue_order_id)
    return _MOVES[event.kind](row, event)


def _open(row: OrderRow, _: OrderEvent) -> OrderRow:
    status = _open_status(row)
    return row if status == row.status else replace(row, status=status)


def _triggered(row: OrderRow, event: OrderEvent) -> OrderRow:
    return _open(replace(row, is_triggered=True), event)


def _updated(row: OrderRow, event: OrderEvent) -> OrderRow:
    quantity = row.quantity if event.quantity is None else max(event.quantity, row.filled_quantity)
    changed = replace(
        row,
        quantity=quantity,
        price=row.price if event.price is None else event.price,
        trigger_price=row.trigger_price if event.trigger_price is None else event.trigger_price,
        reason=None,
    )
    return replace(changed, status="filled" if quantity == row.filled_quantity else _open_status(changed))


def _refused(row: OrderRow, event: OrderEvent) -> OrderRow:
    return replace(row, status="canceled" if row.filled_quantity else event.kind, reason=event.reason)


def _ended(row: OrderRow, event: OrderEvent) -> OrderRow:
    return replace(row, status=event.kind, reason=event.reason)


def _reasoned(row: OrderRow, event: OrderEvent) -> OrderRow:
    """The order works on; its user hears why a change or cancel was refused."""
    return replace(row, reason=event.reason)


def _open_status(row: OrderRow) -> OrderStatus:
    if row.filled_quantity:
        return "partially_filled"
    return "triggered" if row.is_triggered else "accepted"


_REFUSALS = frozenset({"modify_rejected", "cancel_rejected"})
"""Answers to a command: each one is news, also for the same reason as the last time."""
_MOVES: dict[OrderEventKind, Callable[[OrderRow, OrderEvent], OrderRow]] = {
    "accepted": _open,
    "triggered": _triggered,
    "updated": _updated,
    "rejected": _refused,
    "denied": _refused,
    "canceled": _ended,
    "expired": _ended,
    "unknown": _ended,
    "modify_rejected": _reasoned,
    "cancel_rejected": _reasoned,
}
