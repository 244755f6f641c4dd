"""A message made impossible: what no honest market sends, so that whoever takes it must refuse it."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from actors.market import DAY_NS, BookRow, QuoteRow, TradeRow
from adapters.bars import ClosedRow
from adapters.line import Item

OFF_GRID_NS = 777_000_000
"""Added to a bar's close it makes a time at which no bar closes."""


def corrupted(item: Item, roll: float) -> Item:
    """Return `item` with one thing about it impossible; `roll` (0 <= roll < 1) picks what."""
    if isinstance(item, ClosedRow):
        return _pick(_BAR, roll)(item)
    if isinstance(item, TradeRow):
        return _pick(_TRADE, roll)(item)
    return _pick(_QUOTE, roll)(item) if isinstance(item, QuoteRow) else _pick(_BOOK, roll)(item)


def _pick[T](ways: Sequence[Callable[[T], T]], roll: float) -> Callable[[T], T]:
    return ways[int(roll * len(ways))]


def _negative_bar(item: ClosedRow) -> ClosedRow:
    row = item.row
    return item._replace(row=replace(row, open=-row.open, high=-row.low, low=-row.high, close=-row.close))


def _turned_bar(item: ClosedRow) -> ClosedRow:
    return item._replace(row=replace(item.row, high=item.row.low - 1))


def _outside_bar(item: ClosedRow) -> ClosedRow:
    return item._replace(row=replace(item.row, close=item.row.high + 1))


def _moved_bar(by_ns: int) -> Callable[[ClosedRow], ClosedRow]:
    return lambda item: item._replace(ts=item.ts + by_ns)


def _moved[T: (TradeRow, QuoteRow, BookRow)](by_ns: int) -> Callable[[T], T]:
    return lambda item: replace(item, ts=item.ts + by_ns)


_BAR: Sequence[Callable[[ClosedRow], ClosedRow]] = (
    _negative_bar,
    _turned_bar,
    _outside_bar,
    _moved_bar(OFF_GRID_NS),
    _moved_bar(DAY_NS),
    _moved_bar(-DAY_NS),
)
_TRADE: Sequence[Callable[[TradeRow], TradeRow]] = (
    lambda item: replace(item, price=-item.price),
    lambda item: replace(item, size=0),
    _moved(DAY_NS),
    _moved(-DAY_NS),
)
_QUOTE: Sequence[Callable[[QuoteRow], QuoteRow]] = (
    lambda item: replace(item, bid=-item.bid),
    lambda item: replace(item, bid=item.ask, ask=item.bid),
    lambda item: replace(item, bid_size=0, ask_size=0),
    _moved(DAY_NS),
    _moved(-DAY_NS),
)
_BOOK: Sequence[Callable[[BookRow], BookRow]] = (
    lambda item: replace(item, bids=tuple((-price, size) for price, size in item.bids), asks=((0, 1), *item.asks)),
    lambda item: replace(item, bids=tuple((price, -1) for price, _ in item.bids), asks=((1, -1), *item.asks)),
    lambda item: replace(item, sequence=item.sequence + 1_000_000),
    _moved(DAY_NS),
    _moved(-DAY_NS),
)
