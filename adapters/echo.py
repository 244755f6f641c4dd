"""How much of what a data client sent the engine has not handled yet."""

from collections.abc import Callable
from typing import Protocol

from nautilus_trader.model import InstrumentId, Price, Quantity, QuoteTick, Symbol, Venue


class QuoteCache(Protocol):
    """The part of the engine's cache that is asked."""

    def quote(self, instrument_id: InstrumentId, index: int = 0) -> QuoteTick | None:
        """Return the newest quote of an instrument."""


class Echo:
    """Counts what is sent and asks how much of it came through.

    The engine's queue has no length to ask for, but it keeps order and its cache shows what came out: a quote of
    an instrument that nobody knows, stamped with the count, tells how far it is.
    """

    def __init__(self, send: Callable[[object], None], cache: QuoteCache, venue: Venue) -> None:
        """Begin at zero.

        Args:
            send: Puts data into the engine's queue.
            cache: Of the same engine.
            venue: Whose data it is.
        """
        self._send = send
        self._cache = cache
        self._instrument_id = InstrumentId(Symbol("ECHO"), venue)
        self._sent = 0
        self._marked = 0

    def send(self, data: object) -> None:
        """Put data into the engine's queue and count it."""
        self._sent += 1
        self._send(data)

    def backlog(self) -> int:
        """Return how many items were sent after the newest that is known to be handled."""
        quote = self._cache.quote(self._instrument_id)
        handled: int = 0 if quote is None else quote.ts_event
        if handled == self._marked and self._sent > self._marked:
            self._marked = self._sent
            self._send(self._quote(self._sent))
        return self._sent - handled

    def _quote(self, count: int) -> QuoteTick:
        price, size = Price.from_raw(0, 0), Quantity.from_raw(0, 0)
        return QuoteTick(self._instrument_id, price, price, size, size, count, count)
