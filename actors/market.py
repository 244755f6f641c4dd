"""The market in plain, exact numbers: intervals, instruments, bars and ticks, without the engine.

Prices are integers in units of `10 ** -price_precision` of their instrument, sizes in units of
`10 ** -size_precision`, so sums and comparisons are exact and text is made once, at the edge. Times are UNIX
nanoseconds, UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, get_args

from msgspec import Struct

from config.errors import UnsupportedIntervalError
from config.fields import IntervalName

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
MONDAY_NS = 4 * DAY_NS
"""The first Monday of UNIX time, 1970-01-05: weeks begin there."""

Side = Literal["buy", "sell", "none"]
InstrumentKind = Literal["spot", "perpetual"]

_UNITS = {
    "s": ("SECOND", SECOND_NS),
    "m": ("MINUTE", MINUTE_NS),
    "h": ("HOUR", HOUR_NS),
    "d": ("DAY", DAY_NS),
    "w": ("WEEK", 7 * DAY_NS),
    "M": ("MONTH", 31 * DAY_NS),
}


class Interval(Struct, frozen=True):
    """One bar interval; bars are aligned to UTC, weeks to Monday, months to the calendar."""

    name: IntervalName
    spec: str
    """The engine's words, for example `5-MINUTE`."""
    duration_ns: int
    """Length; of a month the longest one."""

    def floor(self, ts: int) -> int:
        """Return the open time of the bar that holds `ts` (a bar holds its open time, not its close time)."""
        if self.name == "1M":
            moment = datetime.fromtimestamp(ts // SECOND_NS, UTC)
            return _month_start(moment.year, moment.month)
        offset = MONDAY_NS if self.name == "1w" else 0
        return ts - (ts - offset) % self.duration_ns

    def close(self, ts_open: int) -> int:
        """Return the close time of the bar that opens at `ts_open`, which is the next bar's open time."""
        if self.name == "1M":
            moment = datetime.fromtimestamp(ts_open // SECOND_NS, UTC)
            return _month_start(moment.year + moment.month // 12, moment.month % 12 + 1)
        return ts_open + self.duration_ns

    def ceil(self, ts: int) -> int:
        """Return the open time of the first bar that opens at `ts` or later."""
        ts_open = self.floor(ts)
        return ts_open if ts_open == ts else self.close(ts_open)

    def opened(self, ts_close: int) -> int | None:
        """Return the open time of the bar that closes at `ts_close`, or None when no bar closes then."""
        if self.name == "1M":
            return self.floor(ts_close - 1) if self.floor(ts_close) == ts_close else None
        offset = MONDAY_NS if self.name == "1w" else 0
        return None if (ts_close - offset) % self.duration_ns else ts_close - self.duration_ns

    def divides(self, other: "Interval") -> bool:
        """Return whether bars of this interval can be joined into bars of `other`."""
        if self.name == other.name:
            return True
        if self.duration_ns >= other.duration_ns or self.name in {"1w", "1M"}:
            return False
        return other.name in {"1w", "1M"} or other.duration_ns % self.duration_ns == 0


def _month_start(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * SECOND_NS


def _interval(name: IntervalName) -> Interval:
    step, unit = int(name[:-1]), _UNITS[name[-1]]
    return Interval(name=name, spec=f"{step}-{unit[0]}", duration_ns=step * unit[1])


INTERVALS: Mapping[str, Interval] = MappingProxyType({name: _interval(name) for name in get_args(IntervalName)})
"""Every interval the product knows, shortest first."""

_BY_SPEC = {interval.spec: interval for interval in INTERVALS.values()}
_SUFFIX = "-LAST-EXTERNAL"


def interval_of(name: str) -> Interval:
    """Return the interval called `name`.

    Raises:
        UnsupportedIntervalError: If there is none; the message lists them all.
    """
    found = INTERVALS.get(name)
    if found is None:
        raise UnsupportedIntervalError(f"interval must be one of {', '.join(INTERVALS)}, was {name[:20]!r}")
    return found


def bar_type_of(instrument_id: str, interval: str) -> str:
    """Return the engine's bar type, for example `BTC-USDT.SIM-1-MINUTE-LAST-EXTERNAL`."""
    return f"{instrument_id}-{interval_of(interval).spec}{_SUFFIX}"


def split_bar_type(bar_type: str) -> tuple[str, Interval]:
    """Return instrument id and interval of a bar type made by `bar_type_of`.

    Raises:
        UnsupportedIntervalError: If it is not an external last-price bar of a known interval.
    """
    head, _, unit = bar_type.removesuffix(_SUFFIX).rpartition("-")
    instrument_id, _, step = head.rpartition("-")
    interval = _BY_SPEC.get(f"{step}-{unit}")
    if interval is None or not bar_type.endswith(_SUFFIX):
        raise UnsupportedIntervalError(f"bar type must end in a known interval and {_SUFFIX}, was {bar_type[:80]!r}")
    return instrument_id, interval


class Instrument(Struct, frozen=True, kw_only=True):
    """What trades where, with its exact limits; decimals are text. Also the REST body of an instrument."""

    instrument_id: str
    symbol: str
    venue: str
    kind: InstrumentKind
    base_currency: str
    quote_currency: str
    settlement_currency: str
    price_precision: int
    """Decimal places of prices, 0..16."""
    size_precision: int
    """Decimal places of quantities, 0..16."""
    price_increment: str
    size_increment: str
    multiplier: str = "1"
    lot_size: str | None = None
    min_quantity: str | None = None
    """Base units."""
    max_quantity: str | None = None
    min_notional: str | None = None
    """Quote currency."""
    max_notional: str | None = None
    min_price: str | None = None
    max_price: str | None = None
    maker_fee: str
    """Share of the notional, for example `0.0008`; negative is a rebate."""
    taker_fee: str
    margin_init: str = "0"
    """Share of the notional that opening a position binds."""
    margin_maint: str = "0"
    ts_event: int = 0
    """When the venue defined it, UNIX nanoseconds."""


class BarRow(Struct, frozen=True, gc=False):
    """One bar; prices and volume as exact integers (module docstring)."""

    ts_open: int
    """Open time, UNIX nanoseconds; the bar holds ticks with ts_open <= ts < close."""
    open: int
    high: int
    low: int
    close: int
    volume: int
    """Base units."""


class TradeRow(Struct, frozen=True, gc=False):
    """One execution on the market; `side` is the aggressor's."""

    instrument_id: str
    ts: int
    price: int
    size: int
    side: Side
    trade_id: str


class QuoteRow(Struct, frozen=True, gc=False):
    """Best bid and ask."""

    instrument_id: str
    ts: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int


type Level = tuple[int, int]
"""Price and size of one price level, exact units; in a change size 0 says that the level is gone."""


class BookRow(Struct, frozen=True, gc=False):
    """One step of an order book (L2): the levels that changed, at least one, or all of them."""

    instrument_id: str
    ts: int
    sequence: int
    """Of the book, one more than that of the row before; a jump says that rows were lost."""
    bids: tuple[Level, ...]
    """Best first in a snapshot; in a change each price at most once."""
    asks: tuple[Level, ...]
    is_snapshot: bool = False
    """Whether these are all levels: what was known before is forgotten, and any sequence may follow."""


def decimal_text(units: int, precision: int) -> str:
    """Return an exact integer as decimal text with all its places: (12345, 2) -> `123.45`."""
    if precision == 0:
        return str(units)
    sign, digits = ("-", str(-units)) if units < 0 else ("", str(units))
    digits = digits.rjust(precision + 1, "0")
    return f"{sign}{digits[:-precision]}.{digits[-precision:]}"


def utc_text(ts: int) -> str:
    """Return UNIX nanoseconds as ISO 8601 UTC to the second, for people."""
    return datetime.fromtimestamp(ts // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def holes(opens: list[int], interval: Interval) -> list[tuple[int, int]]:
    """Return the missing spans between bars as (first missing open, next present open), both UNIX ns.

    Args:
        opens: Open times of bars of one interval, ascending.
        interval: Their interval.
    """
    if interval.name != "1M" and opens and opens[-1] - opens[0] == (len(opens) - 1) * interval.duration_ns:
        return []  # as many as fit: the common case, and a page of bars asks it every time
    found = []
    for before, after in pairwise(opens):
        expected = interval.close(before)
        if after > expected:
            found.append((expected, after))
    return found
