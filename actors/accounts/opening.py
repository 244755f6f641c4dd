"""Which orders can open or increase a position: all but those that only make smaller what is held."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from actors.accounts.account import Account
from actors.accounts.exact import ZERO
from actors.orders import OrderRow


def opening(rows: Sequence[OrderRow], account: Account) -> list[OrderRow]:
    """Return those of some orders, about to be sent together, that can open or increase a position.

    An order that closes can do neither, whatever else works beside it: one that reduces only, the exit of an entry,
    and one within what its strategy, or the whole account, holds on the other side.
    """
    together = {row.order_id: row for row in rows}
    beside = [row for row in account.orders.working() if row.order_id not in together]
    found = []
    for row in rows:
        if not _closes(row, beside, account, together):
            found.append(row)
        beside.append(row)
    return found


def _closes(row: OrderRow, beside: Sequence[OrderRow], account: Account, together: Mapping[str, OrderRow]) -> bool:
    if row.reduce_only:
        return True
    if row.parent_order_id is not None:
        entry = together.get(row.parent_order_id) or account.orders.get(row.parent_order_id)
        return entry is not None and entry.side != row.side and row.quantity <= entry.quantity
    others = [one for one in beside if _counts(one, row)]
    own = [one for one in others if one.strategy == row.strategy]
    net = account.ledger.nets.get((row.strategy, row.instrument_id), ZERO)
    return _is_within(net, row, own) or _is_within(account.ledger.quantity(row.instrument_id), row, others)


def _counts(one: OrderRow, row: OrderRow) -> bool:
    """Return whether another order may use up what an order closes: exits of their own cannot, nor what it cancels."""
    is_beside = (one.instrument_id, one.side) == (row.instrument_id, row.side)
    is_linked = one.order_id in row.linked_order_ids or row.order_id in one.linked_order_ids
    return is_beside and not (one.reduce_only or one.parent_order_id is not None or is_linked)


def _is_within(net: Decimal, row: OrderRow, others: Sequence[OrderRow]) -> bool:
    held = net if row.side == "sell" else -net
    return row.leaves_quantity + sum((one.leaves_quantity for one in others), ZERO) <= held
