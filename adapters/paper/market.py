"""One instrument at the paper venue: what the market shows, and the orders that work there."""

from actors.market import Instrument
from actors.ports import TickKind
from adapters.paper.by_price import ByPrice
from adapters.paper.depth import Depth
from adapters.paper.order import PaperOrder
from adapters.paper.units import Units


class PaperMarket:
    """Orders by where the market would reach them."""

    def __init__(self, instrument: Instrument, kinds: frozenset[TickKind]) -> None:
        """Start without orders."""
        self.name = instrument.instrument_id
        self.units = Units(instrument)
        self.has_book = "book" in kinds
        self.depth = Depth()
        self.forget_orders()

    def forget_orders(self) -> None:
        """Begin without orders."""
        self.count = 0
        """Orders that have not ended."""
        self.waiting: dict[PaperOrder, None] = {}
        """Those that wait for the book."""
        self.bids, self.asks = ByPrice(-1), ByPrice(1)
        """Resting orders by their price."""
        self.rising, self.falling = ByPrice(1), ByPrice(-1)
        """Orders by the trigger that a rising or falling market reaches."""
        self.highs, self.lows = ByPrice(1), ByPrice(-1)
        """Trailing stops by the price beyond which they follow."""

    @property
    def awaits_book(self) -> bool:
        """Whether there will be a book, but is none yet."""
        return self.has_book and not self.depth.is_whole

    def is_reached(self, order: PaperOrder) -> bool:
        """Return whether the last price has reached an order's trigger."""
        last, trigger = self.depth.last, order.trigger
        if last is None or trigger is None:
            return False
        return last >= trigger if order.rises else last <= trigger

    def visible(self, order: PaperOrder, taken: int, limit: int | None) -> str:
        """Return in words what there was for an order; `taken` is what it got, or could have got, up to `limit`."""
        if self.depth.touch(is_buy=order.is_buy) is None:
            return "no price is known"
        units = order.units
        asked = units.quantity(order.active + (taken if order.row.time_in_force != "fok" else 0))
        is_bound = limit is not None and limit != order.limit()
        within = f" up to {units.price(limit or 0)}, which its money is bound for" if is_bound else ""
        return f"the market offers {units.quantity(taken)} of {asked}{within}"

    def put(self, order: PaperOrder) -> None:
        """Add a resting or armed order where the market would reach it."""
        if order.stage == "resting":
            self._resting(order).put(_price(order), order)
        else:
            self._triggers(order).put(_trigger(order), order)
            if order.is_trailing:
                self._extremes(order).put(order.reach, order)

    def drop(self, order: PaperOrder) -> None:
        """Take an order away from where it is."""
        if order.stage == "resting":
            self._resting(order).drop(_price(order), order)
        elif order.stage == "armed":
            self._triggers(order).drop(_trigger(order), order)
            if order.is_trailing:
                self._extremes(order).drop(order.reach, order)
        elif order.stage == "waiting":
            del self.waiting[order]

    def _resting(self, order: PaperOrder) -> ByPrice:
        return self.bids if order.is_buy else self.asks

    def _triggers(self, order: PaperOrder) -> ByPrice:
        return self.rising if order.rises else self.falling

    def _extremes(self, order: PaperOrder) -> ByPrice:
        return self.lows if order.is_buy else self.highs


def _price(order: PaperOrder) -> int:
    assert order.price is not None, order.row.type  # noqa: S101  # an order without a limit never rests
    return order.price


def _trigger(order: PaperOrder) -> int:
    assert order.trigger is not None, order.row.type  # noqa: S101  # an order without a trigger is never armed
    return order.trigger
