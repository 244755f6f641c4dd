"""Orders that hang on each other: exits on their entry, and those of which one takes the place of the other."""

from collections.abc import Callable

from actors.orders import OrderEventKind
from adapters.paper.order import PaperOrder
from adapters.paper.register import Register
from adapters.paper.teller import Teller

End = Callable[[PaperOrder, OrderEventKind, str | None], None]


class Family:
    """Passes fills and ends on to the relatives of an order."""

    def __init__(self, register: Register, teller: Teller, end: End, grow: Callable[[PaperOrder], None]) -> None:
        """Know the orders of `register`.

        Args:
            register: Who is related to whom.
            teller: Told of new quantities.
            end: Ends an order.
            grow: Told of an exit that may fill more than before, or less.
        """
        self._register = register
        self._teller = teller
        self._end = end
        self._grow = grow

    def filled(self, order: PaperOrder, size: int) -> None:
        """Take a fill off the linked orders, and give it to the exits."""
        if order.filled < order.quantity:
            for other in self._register.linked(order):
                if other.stage != "done":
                    self._reduce(other, size)
        for child in self._register.children(order):
            self.restrict(child)
            self._grow(child)

    def ended(self, order: PaperOrder, kind: str, linked: list[PaperOrder], children: list[PaperOrder]) -> None:
        """End the linked orders, and give the exits what has filled."""
        for other in linked:
            if other.stage != "done":
                self._end(other, "canceled", f"linked order was {kind}")
        for child in children:
            if child.stage != "done":
                self.settle(child, order.filled, order.quantity)

    def restrict(self, order: PaperOrder) -> None:
        """Withhold from an exit what its entry has not filled so far."""
        parent = None if order.parent is None else self._register.find(order.account_id, order.parent)
        if parent is not None:
            _withhold(order, parent.filled, parent.quantity)

    def settle(self, order: PaperOrder, filled: int, quantity: int) -> None:
        """Give an exit its final size when its entry has ended: all of it, or the share that has filled."""
        _withhold(order, filled, quantity)
        self._register.detach(order)
        kept = order.quantity - order.withheld
        if kept <= order.filled:
            self._end(order, "canceled" if order.is_accepted else "rejected", "its parent order ended")
            return
        if order.withheld:
            order.quantity, order.withheld = kept, 0
            self._tell(order)
        self._grow(order)

    def _reduce(self, order: PaperOrder, size: int) -> None:
        if order.quantity - size <= order.filled:
            self._register.unlink(order)  # the one that fills goes on
            self._end(order, "canceled", "linked order was filled")
            return
        order.quantity -= size
        order.reduced += size
        self._tell(order)
        self._grow(order)

    def _tell(self, order: PaperOrder) -> None:
        if order.is_accepted:  # else its acceptance will tell
            self._teller.updated(order)


def _withhold(order: PaperOrder, filled: int, quantity: int) -> None:
    step, whole = order.units.step, order.quantity + order.reduced
    granted = whole if filled >= quantity else whole * filled // quantity // step * step
    order.withheld = whole - granted
