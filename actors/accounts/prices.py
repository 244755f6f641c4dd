"""The newest price of every instrument, and what currencies are worth in each other."""

from collections.abc import Mapping
from decimal import Decimal

from actors.accounts.exact import EXACT, ONE
from actors.accounts.terms import Terms
from actors.ports.traders import Marks


class Prices:
    """Keeps what the market told last in exact units; a `Decimal` is made only when somebody asks."""

    def __init__(self, terms: Mapping[str, Terms], marks: Marks) -> None:
        """Begin without prices: until a mark comes, those of `marks` count.

        Args:
            terms: Every instrument.
            marks: The market as others know it.
        """
        self._terms = terms
        self._marks = marks
        self._units: dict[str, int] = {}
        self._prices: dict[str, Decimal] = {}
        self._pairs: dict[tuple[str, str], str] = {}
        for name, one in terms.items():
            pair = (one.base, one.settlement)
            if pair not in self._pairs or not one.is_perpetual:
                self._pairs[pair] = name

    def note(self, instrument_id: str, units: int) -> None:
        """Note a price in units of the instrument's precision; costs two dictionary operations."""
        self._units[instrument_id] = units
        self._prices.pop(instrument_id, None)

    def last(self, instrument_id: str) -> Decimal | None:
        """Return the newest price."""
        price = self._prices.get(instrument_id)
        if price is None:
            units = self._units.get(instrument_id)
            if units is None:
                return self._marks.last(instrument_id)
            places = self._terms[instrument_id].instrument.price_precision
            price = self._prices[instrument_id] = Decimal(units).scaleb(-places)
        return price

    def trades(self, currency: str, other: str) -> bool:
        """Return whether the market exchanges two currencies, so that a price will come."""
        return (currency, other) in self._pairs or (other, currency) in self._pairs

    def rate(self, currency: str, other: str) -> Decimal | None:
        """Return how much of another currency one unit is worth; None when nothing trades between them."""
        if currency == other:
            return ONE
        name = self._pairs.get((currency, other))
        if name is not None:
            return self.last(name)
        name = self._pairs.get((other, currency))
        price = None if name is None else self.last(name)
        return EXACT.divide(ONE, price) if price else None
