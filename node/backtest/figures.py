"""Numbers and times as people read them; shared by the table and the tearsheet."""

from datetime import UTC, datetime
from decimal import Context, Decimal

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_SPACE = "\N{NO-BREAK SPACE}"
_NINE_DIGITS = Context(prec=9)


def money(text: str, *, is_signed: bool = False) -> str:
    """Return decimal text with two places and commas at thousands."""
    return f"{Decimal(text):{'+' if is_signed else ''},.2f}".replace("-", MINUS)


def percent(share: float, *, is_signed: bool = True) -> str:
    """Return a share as a percentage with two places."""
    return f"{share * 100:{'+' if is_signed else ''}.2f}{_SPACE}%".replace("-", MINUS)


def ratio(number: float | None) -> str:
    """Return a number with two places, or a dash for None."""
    return DASH if number is None else f"{number:.2f}".replace("-", MINUS)


def price(text: str) -> str:
    """Return decimal text with at most nine digits and commas at thousands."""
    return f"{_NINE_DIGITS.create_decimal(text).normalize():,f}"


def when(ms: int) -> str:
    """Return UNIX milliseconds as UTC to the minute."""
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
