"""Hears what the engine tells of one strategy's orders and books it."""

from collections.abc import Callable
from typing import Any

import structlog
from nautilus_trader.model import PositionClosed, PositionId
from prometheus_client import Counter

from actors.guard import Fault
from actors.orders import OrderEvent
from node.trading.events import order_event

log = structlog.get_logger(__name__)

_lost = Counter("whisperer_order_events_lost", "Order events that could not be booked; the next comparison repairs it")


class BookingObserver:
    """Implements `strategies.hooks.Observer`: plain values only, inside the engine's callbacks."""

    def __init__(
        self,
        book: Callable[[OrderEvent], object],
        now_ns: Callable[[], int],
        *,
        on_fault: Callable[[Fault], object],
        on_retired: Callable[[], object],
        on_lost: Callable[[], None],
        on_closed: Callable[[PositionId], object],
    ) -> None:
        """Listen for one strategy.

        Args:
            book: Applies an event to the account.
            now_ns: Market time.
            on_fault: Told of the exception that retires the strategy.
            on_retired: Told when it has left.
            on_lost: Told when an event could not be booked.
            on_closed: Told of each position that is flat, inside the engine's callback.
        """
        self._book = book
        self._now_ns = now_ns
        self._on_fault = on_fault
        self._on_retired = on_retired
        self._on_lost = on_lost
        self._on_closed = on_closed

    def on_order(self, event: Any) -> None:  # noqa: ANN401  # one of sixteen engine classes
        """Book an order event."""
        try:
            plain = order_event(event, self._now_ns())
            if plain is not None:
                self._book(plain)
        except Exception:  # the engine would only log it, and the strategy must not suffer for our fault
            _lost.inc()
            log.exception("order_event_lost", event_type=type(event).__name__)
            self._on_lost()

    def on_position(self, event: Any) -> None:  # noqa: ANN401  # one of three engine classes
        """Note what is flat, and pass over what else the engine thinks of positions: the ledger knows."""
        if isinstance(event, PositionClosed):
            self._on_closed(event.position_id)

    def on_fault(self, fault: Fault) -> None:
        """Pass on the exception that retires the strategy."""
        self._on_fault(fault)

    def on_retired(self) -> None:
        """Pass on that it has left."""
        self._on_retired()
