"""An order book in exact units, kept by applying its steps; a step that cannot be true is found."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Literal

from actors.market import BookRow, Level

BookFault = Literal["sequence", "impossible", "crossed"]
"""Why a step cannot be true: rows before it are missing, its numbers cannot be, a bid reaches an ask."""


type LevelText = tuple[bytes, bytes]
"""One level as JSON and as the checksum wants it."""


class Ladder:
    """The levels of one side, best first."""

    __slots__ = ("_keys", "_sign", "sizes", "texts")

    def __init__(self, sign: int) -> None:
        """Start empty; `sign` is 1 where low prices are best, -1 where high ones are."""
        self._sign = sign
        self._keys: list[int] = []
        self.sizes: dict[int, int] = {}
        """Price -> size."""
        self.texts: list[LevelText | None] = []
        """What was written of each level, best first; None where it has changed since. Kept by whoever writes."""

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def best(self) -> int | None:
        """The best price."""
        return self._keys[0] * self._sign if self._keys else None

    def price(self, at: int) -> int:
        """Return the price of a level by its place, 0 for the best."""
        return self._keys[at] * self._sign

    def put(self, price: int, size: int) -> None:
        """Give a level its size; 0 takes it away, if it is there."""
        key = price * self._sign
        at = bisect_left(self._keys, key)
        if price not in self.sizes:
            if size:
                self.sizes[price] = size
                self._keys.insert(at, key)
                self.texts.insert(at, None)
        elif size:
            self.sizes[price] = size
            self.texts[at] = None
        else:
            del self.sizes[price], self._keys[at], self.texts[at]

    def fill(self, levels: Iterable[Level]) -> None:
        """Forget everything and take these levels."""
        self.sizes = dict(levels)
        self._keys = sorted(price * self._sign for price in self.sizes)
        self.texts = [None] * len(self._keys)

    def levels(self) -> tuple[Level, ...]:
        """Return every level, best first."""
        prices = [key * self._sign for key in self._keys]
        return tuple([(price, self.sizes[price]) for price in prices])

    def has(self, levels: tuple[Level, ...]) -> bool:
        """Return whether these are exactly the levels."""
        return self.sizes == dict(levels)


class OrderBook:
    """Every level of one market."""

    __slots__ = ("asks", "bids", "is_begun", "sequence", "ts")

    def __init__(self) -> None:
        """Start empty, before the first snapshot."""
        self.bids = Ladder(-1)
        self.asks = Ladder(1)
        self.is_begun = False
        """Whether there was a snapshot."""
        self.sequence = 0
        """Of the newest step."""
        self.ts = 0
        """Of the newest step, UNIX nanoseconds."""

    def apply(self, row: BookRow) -> BookFault | None:
        """Take one step; return why it cannot be true, then the book is wrong from here on."""
        if not row.is_snapshot and (not self.is_begun or row.sequence != self.sequence + 1):
            return "sequence"
        if not _is_possible(row):
            return "impossible"
        if row.is_snapshot:
            self.bids.fill(row.bids)
            self.asks.fill(row.asks)
        else:
            for price, size in row.bids:
                self.bids.put(price, size)
            for price, size in row.asks:
                self.asks.put(price, size)
        self.is_begun, self.sequence, self.ts = True, row.sequence, row.ts
        bid, ask = self.bids.best, self.asks.best
        return "crossed" if bid is not None and ask is not None and bid >= ask else None

    def snapshot(self, instrument_id: str) -> BookRow:
        """Return every level, best first."""
        bids, asks = self.bids.levels(), self.asks.levels()
        return BookRow(instrument_id, self.ts, self.sequence, bids, asks, is_snapshot=True)

    def is_at(self, row: BookRow) -> bool:
        """Return whether a snapshot says nothing new."""
        return self.is_begun and row.sequence == self.sequence and self.bids.has(row.bids) and self.asks.has(row.asks)

    def clear(self) -> None:
        """Begin again."""
        self.bids.fill(())
        self.asks.fill(())
        self.is_begun = False


def _is_possible(row: BookRow) -> bool:
    least = 1 if row.is_snapshot else 0
    for levels in (row.bids, row.asks):
        for price, size in levels:
            if price <= 0 or size < least:
                return False
        if row.is_snapshot and len(dict(levels)) != len(levels):
            return False
    return True
