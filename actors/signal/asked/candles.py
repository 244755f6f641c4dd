"""Candles of a caller as exact bars; whatever cannot be a market is refused."""

from collections.abc import Sequence
from math import isfinite

from msgspec import Struct

from actors.market import BarRow, Instrument, Interval
from config.errors import InvalidInputError

MOST = 1_000
"""Candles of one question."""
_MS = 1_000_000
_LAST_MS = 4_102_444_800_000
"""The year 2100: what is later was never meant as milliseconds."""
_LARGEST = 1e15
_MOST = 2.0**62
"""Of the instrument's smallest units: what is counted in 64 bits."""


class Candle(Struct, frozen=True, kw_only=True):
    """One bar as callers know it."""

    timestamp: int
    """Open time, UNIX milliseconds."""
    open: float
    high: float
    low: float
    close: float
    volume: float
    """Base units."""


def rows_of(
    candles: Sequence[Candle], instrument: Instrument, interval: Interval, path: str, *, most: int = MOST
) -> list[BarRow]:
    """Return candles, oldest first, as rows rounded to the instrument's places; open times fall to the interval's.

    Args:
        candles: What the caller sent.
        instrument: Whose they are.
        interval: Of which length.
        path: Where they stand in the body, for errors.
        most: So many at most.

    Raises:
        InvalidInputError: If there are more, one is no bar, or two are of one bar or out of order.
    """
    if len(candles) > most:
        raise InvalidInputError(f"candles must be at most {most}, were {len(candles)}", path=path)
    price, size = 10**instrument.price_precision, 10**instrument.size_precision
    rows: list[BarRow] = []
    for number, one in enumerate(candles):
        _check(one, f"{path}[{number}]", price, size)
        ts = interval.floor(one.timestamp * _MS)
        if rows and ts <= rows[-1].ts_open:
            why = "the one before is of the same bar" if ts == rows[-1].ts_open else "must be oldest first"
            raise InvalidInputError(f"candle {number}: {why}", path=f"{path}[{number}].timestamp")
        first, high, low, last = (round(value * price) for value in (one.open, one.high, one.low, one.close))
        rows.append(BarRow(ts, first, high, low, last, round(one.volume * size)))
    return rows


def _check(one: Candle, path: str, price: int, size: int) -> None:
    prices = (one.open, one.high, one.low, one.close)
    if not 0 < one.timestamp < _LAST_MS:
        raise InvalidInputError("timestamp must be UNIX milliseconds", path=f"{path}.timestamp")
    if not all(isfinite(value) and 0.5 / price < value for value in prices):
        raise InvalidInputError("prices must be above 0, also after rounding to the instrument's places", path=path)
    if not (isfinite(one.volume) and one.volume >= 0.0):
        raise InvalidInputError("volume must not be below 0", path=f"{path}.volume")
    if one.high >= min(_LARGEST, _MOST / price) or one.volume >= min(_LARGEST, _MOST / size):
        raise InvalidInputError("a price or volume is larger than any market's", path=path)
    if not (one.low <= min(one.open, one.close) and max(one.open, one.close) <= one.high):
        raise InvalidInputError("high must be the highest and low the lowest price", path=path)
