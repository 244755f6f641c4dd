"""Decimals of orders and the exact integers of one instrument's prices and quantities."""

from decimal import Decimal

from actors.accounts.exact import EXACT, rounded, unit_of
from actors.market import Instrument
from actors.orders import Liquidity


class Units:
    """Converts one instrument's values, and knows its fees."""

    __slots__ = ("_fees", "_money", "_price", "_size", "currency", "step")

    def __init__(self, instrument: Instrument) -> None:
        """Prepare the factors of `instrument`."""
        self._price = Decimal(1).scaleb(-instrument.price_precision)
        self._size = Decimal(1).scaleb(-instrument.size_precision)
        self.currency = instrument.settlement_currency
        """Of fees."""
        self._money = unit_of(self.currency)
        unit = self._price * self._size * Decimal(instrument.multiplier)
        self._fees: dict[Liquidity, Decimal] = {
            "maker": unit * Decimal(instrument.maker_fee),
            "taker": unit * Decimal(instrument.taker_fee),
        }
        self.step = self.size_units(Decimal(instrument.size_increment))
        """The smallest difference of two quantities, in units."""

    def price_units(self, price: Decimal) -> int:
        """Return a price in units.

        Raises:
            ValueError: If it has more decimal places than the instrument.
        """
        return _exact(price, self._price)

    def units_within(self, price: Decimal) -> int:
        """Return the highest price that is not above one, in units."""
        return int(price // self._price)

    def size_units(self, quantity: Decimal) -> int:
        """Return a quantity in units.

        Raises:
            ValueError: If it has more decimal places than the instrument.
        """
        return _exact(quantity, self._size)

    def price(self, units: int) -> Decimal:
        """Return a price of units, with all its decimal places."""
        return units * self._price

    def quantity(self, units: int) -> Decimal:
        """Return a quantity of units, with all its decimal places."""
        return units * self._size

    def fee(self, price: int, size: int, liquidity: Liquidity) -> Decimal:
        """Return the fee of one fill, rounded half-even at the currency's places; negative is a rebate."""
        return rounded(EXACT.multiply(Decimal(price * size), self._fees[liquidity]), self._money)

    def notional(self, price: int, size: int) -> Decimal:
        """Return price times quantity, exact."""
        return EXACT.multiply(self.price(price), self.quantity(size))


def _exact(value: Decimal, unit: Decimal) -> int:
    units = value / unit
    if units != units.to_integral_value():
        raise ValueError(f"expected a multiple of {unit}, was {value}")
    return int(units)
