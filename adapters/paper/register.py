"""The orders of the venue: by id, by account, by parent, by link; and what has become of the last ones that ended."""

from collections import OrderedDict
from collections.abc import Iterator

from prometheus_client import Gauge

from adapters.paper.order import PaperOrder

REMEMBERED = 10_000
"""Ended orders whose filled quantity is still known, for exits that arrive after their entry has ended."""

_working = Gauge("whisperer_paper_working", "Orders that work at the paper venue")


class Register:
    """Who works, and who belongs to whom."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_id: dict[str, PaperOrder] = {}
        self._by_account: dict[str, dict[str, PaperOrder]] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._links: dict[str, dict[str, None]] = {}
        self._ended: OrderedDict[str, tuple[str, int, int]] = OrderedDict()

    def clear(self) -> None:
        """Forget everything."""
        for each in (self._by_id, self._by_account, self._children, self._links, self._ended):
            each.clear()
        _working.set(0)

    def add(self, order: PaperOrder) -> None:
        """Note an order that works from now on."""
        self._by_id[order.order_id] = order
        self._by_account.setdefault(order.account_id, {})[order.order_id] = order
        if order.parent is not None:
            self._children.setdefault(order.parent, {})[order.order_id] = None
        for other in order.linked:
            self._links.setdefault(order.order_id, {})[other] = None
            self._links.setdefault(other, {})[order.order_id] = None
        _working.set(len(self._by_id))

    def remove(self, order: PaperOrder) -> tuple[list[PaperOrder], list[PaperOrder]]:
        """Note that an order has ended; return the living orders linked to it, and its living children."""
        del self._by_id[order.order_id], self._by_account[order.account_id][order.order_id]
        self.detach(order)
        linked, children = self.linked(order), self.children(order)
        self.unlink(order)
        self._children.pop(order.order_id, None)
        self._ended[order.order_id] = order.account_id, order.filled, order.quantity
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        _working.set(len(self._by_id))
        return linked, children

    def unlink(self, order: PaperOrder) -> None:
        """Note that an order is linked to no other any more."""
        for other in self._links.pop(order.order_id, {}):
            back = self._links.get(other, {})
            back.pop(order.order_id, None)
            if not back:
                self._links.pop(other, None)

    def detach(self, order: PaperOrder) -> None:
        """Note that an order has no parent any more."""
        siblings = self._children.get(order.parent or "", {})
        siblings.pop(order.order_id, None)
        if not siblings:
            self._children.pop(order.parent or "", None)
        order.parent = None

    def find(self, account_id: str, order_id: str) -> PaperOrder | None:
        """Return a working order of the account."""
        found = self._by_id.get(order_id)
        return found if found is not None and found.account_id == account_id else None

    def is_known(self, order_id: str) -> bool:
        """Return whether an order works here, or did not long ago."""
        return order_id in self._by_id or order_id in self._ended

    def ended(self, account_id: str, order_id: str) -> tuple[int, int] | None:
        """Return filled and whole quantity of an order of the account that has ended not long ago."""
        owner, filled, quantity = self._ended.get(order_id, ("", 0, 0))
        return (filled, quantity) if owner == account_id else None

    def of(self, account_id: str) -> list[PaperOrder]:
        """Return an account's working orders, oldest first."""
        return list(self._by_account.get(account_id, {}).values())

    def linked(self, order: PaperOrder) -> list[PaperOrder]:
        """Return the working orders of the same account linked to an order."""
        return list(self._living(order.account_id, self._links.get(order.order_id, {})))

    def children(self, order: PaperOrder) -> list[PaperOrder]:
        """Return the working orders that have an order as their parent."""
        return list(self._living(order.account_id, self._children.get(order.order_id, {})))

    def _living(self, account_id: str, ids: dict[str, None]) -> Iterator[PaperOrder]:
        for order_id in ids:
            found = self.find(account_id, order_id)
            if found is not None:
                yield found
