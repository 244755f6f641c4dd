"""Tells the accounts what becomes of their orders, once the venue has come to rest."""

from collections import deque
from collections.abc import Callable

import structlog
from prometheus_client import Counter

from actors.orders import Liquidity, OrderEvent, OrderEventKind
from adapters.paper.order import PaperOrder, venue_order_id_of

Sink = Callable[[OrderEvent], None]

log = structlog.get_logger(__name__)
_failed = Counter("whisperer_paper_failed", "Events of paper orders that their account's listener failed on", ["kind"])
_untold = Counter("whisperer_paper_untold", "Events of paper orders whose account had no listener", ["kind"])
_fills = Counter("whisperer_paper_fills", "Fills on paper", ["liquidity"])


class Teller:
    """Collects events and gives each to the listener of its account, in the order in which they happened."""

    def __init__(self, now: Callable[[], int], new_id: Callable[[], str]) -> None:
        """Know nobody yet.

        Args:
            now: Market time, UNIX ns.
            new_id: Makes the ids of fills, never the same twice.
        """
        self._now = now
        self._new_id = new_id
        self._sinks: dict[str, Sink] = {}
        self._told: deque[tuple[str, OrderEvent]] = deque()

    def attach(self, account_id: str, sink: Sink) -> None:
        """Have the events of an account told to `sink`."""
        self._sinks[account_id] = sink

    def detach(self, account_id: str, sink: Sink) -> None:
        """Tell `sink` no more; nothing when another has taken its place."""
        if self._sinks.get(account_id) == sink:
            del self._sinks[account_id]

    def take_all(self) -> list[tuple[str, OrderEvent]]:
        """Take what has not been told yet, with its accounts."""
        told, self._told = list(self._told), deque()
        return told

    def flush(self) -> None:
        """Tell everything; a listener may give new commands meanwhile."""
        while self._told:
            account_id, event = self._told.popleft()
            sink = self._sinks.get(account_id)
            if sink is None:
                _untold.labels(event.kind).inc()
                continue
            try:
                sink(event)
            except Exception:  # one account's trouble: the market and everybody else's events go on
                _failed.labels(event.kind).inc()
                log.exception("paper_event_lost", account_id=account_id, order_id=event.order_id, kind=event.kind)

    def tell(self, order: PaperOrder, kind: OrderEventKind, reason: str | None = None) -> None:
        """Tell of an event that has nothing but a reason."""
        self.answer(order.account_id, order.order_id, kind, reason)

    def answer(self, account_id: str, order_id: str, kind: OrderEventKind, reason: str | None) -> None:
        """Tell of an order that the venue need not know."""
        event = OrderEvent(
            kind=kind, order_id=order_id, ts=self._now(), venue_order_id=venue_order_id_of(order_id), reason=reason
        )
        self._told.append((account_id, event))

    def updated(self, order: PaperOrder) -> None:
        """Tell the values that an order has now."""
        units = order.units
        event = OrderEvent(
            kind="updated",
            order_id=order.order_id,
            ts=self._now(),
            venue_order_id=venue_order_id_of(order.order_id),
            quantity=units.quantity(order.quantity),
            price=None if order.price is None else units.price(order.price),
            trigger_price=None if order.trigger is None else units.price(order.trigger),
        )
        self._told.append((order.account_id, event))

    def filled(self, order: PaperOrder, price: int, size: int, liquidity: Liquidity) -> None:
        """Tell a fill."""
        units = order.units
        event = OrderEvent(
            kind="filled",
            order_id=order.order_id,
            ts=self._now(),
            venue_order_id=venue_order_id_of(order.order_id),
            fill_id=self._new_id(),
            fill_quantity=units.quantity(size),
            fill_price=units.price(price),
            fee=units.fee(price, size, liquidity),
            fee_currency=units.currency,
            liquidity=liquidity,
        )
        _fills.labels(liquidity).inc()
        self._told.append((order.account_id, event))
