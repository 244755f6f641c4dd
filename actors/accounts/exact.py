"""Arithmetic of money: enough digits that nothing is ever rounded but on purpose."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation

EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero])
"""For `localcontext`. Inputs have at most 32 digits, so sums and products are exact; a quotient of two products,
rounded to places afterwards, is right to the last unit because a tie cannot hide behind 120 digits."""
ZERO = Decimal(0)
ONE = Decimal(1)

AVERAGE = Decimal("1e-12")
"""Average prices are told to so many places; they are derived, nothing is computed from them."""

_UNITS = [Decimal(1).scaleb(-places) for places in range(9)]
_NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
_CENTS = frozenset({"USD", "EUR", "GBP", "CHF", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "TRY"})
_CENTS |= {"ZAR", "BRL", "MXN", "CNY", "CNH", "HKD", "SGD", "INR", "THB", "AED", "ILS", "RUB"}
_CRYPTO = 8


def unit_of(currency: str) -> Decimal:
    """Return the smallest amount of a currency: 2 places of most fiat, 8 of everything else."""
    if currency in _NO_CENTS:
        return _UNITS[0]
    return _UNITS[2 if currency in _CENTS else _CRYPTO]


def rounded(value: Decimal, unit: Decimal) -> Decimal:
    """Return `value` half-even at a unit."""
    return value.quantize(unit, ROUND_HALF_EVEN, context=EXACT)


def rounded_up(value: Decimal, unit: Decimal) -> Decimal:
    """Return the smallest multiple of a unit that is not below `value`."""
    return value.quantize(unit, ROUND_CEILING, context=EXACT)


def rounded_down(value: Decimal, unit: Decimal) -> Decimal:
    """Return the largest multiple of a unit that is not above `value`."""
    return value.quantize(unit, ROUND_FLOOR, context=EXACT)


def plain(value: Decimal) -> str:
    """Return decimal text without exponent or trailing zeros, for messages."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
