"""A whole order book on this side, proved after every step to be the node's."""

import zlib
from bisect import bisect_left, insort
from collections.abc import Iterable
from decimal import Decimal

from whisperer_client.errors import GapError
from whisperer_client.link import Link
from whisperer_client.message import Message
from whisperer_client.stream import LIMIT, Stream, check_source
from whisperer_client.types import BookDelta

Level = tuple[Decimal, Decimal]
"""Price and quantity."""
CHECKED = 20
"""Levels a side that the checksum covers."""
ATTEMPTS = 3
"""How many snapshots in a row may turn out wrong."""


class Side:
    """The levels of one side."""

    def __init__(self, sign: int) -> None:
        """Start empty; `sign` is -1 where the highest price is best."""
        self._sign = sign
        self._keys: list[Decimal] = []
        self._levels: dict[Decimal, tuple[Level, str]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def top(self, count: int | None = None) -> list[Level]:
        """Return the best levels, best first; None: all."""
        return [self._levels[key][0] for key in self._keys[:count]]

    def fill(self, levels: Iterable[Level]) -> None:
        """Forget everything and take these levels."""
        self._levels = {price * self._sign: _entry(price, quantity) for price, quantity in levels}
        self._keys = sorted(self._levels)

    def put(self, price: Decimal, quantity: Decimal) -> None:
        """Set one level; a quantity of zero takes it away."""
        key = price * self._sign
        if quantity:
            if key not in self._levels:
                insort(self._keys, key)
            self._levels[key] = _entry(price, quantity)
        elif self._levels.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]

    def text(self) -> str:
        """Return the best levels as the checksum wants them."""
        return ",".join(self._levels[key][1] for key in self._keys[:CHECKED])


class OrderBook:
    """Every price level of one instrument; the same object all the time, changed from step to step."""

    def __init__(self, instrument_id: str) -> None:
        """Start empty."""
        self.instrument_id = instrument_id
        self.sequence = 0
        """Of the newest step, one more each."""
        self.ts = 0
        """Market time of the newest step, UNIX milliseconds."""
        self.ts_ns = 0
        """The same in nanoseconds."""
        self.step: BookDelta | None = None
        """The newest step, as it came; None before the first."""
        self.is_whole = False
        """Whether that was the whole book, what was before being forgotten."""
        self._bids = Side(-1)
        self._asks = Side(1)

    @property
    def best_bid(self) -> Level | None:
        """The highest price that somebody pays, and for how much."""
        return next(iter(self._bids.top(1)), None)

    @property
    def best_ask(self) -> Level | None:
        """The lowest price that somebody wants, and for how much."""
        return next(iter(self._asks.top(1)), None)

    def bids(self, count: int | None = None) -> list[Level]:
        """Return the bids, best first; None: all of them."""
        return self._bids.top(count)

    def asks(self, count: int | None = None) -> list[Level]:
        """Return the asks, best first; None: all of them."""
        return self._asks.top(count)

    def checksum(self) -> int:
        """Return the CRC-32 of the best 20 levels a side, as the node computes it."""
        return zlib.crc32(f"{self._bids.text()}|{self._asks.text()}".encode())

    def begin(self, step: BookDelta) -> bool:
        """Take a whole book; return whether its checksum is right."""
        self._bids.fill(step.bids)
        self._asks.fill(step.asks)
        return self._taken(step, is_whole=True)

    def apply(self, step: BookDelta) -> bool:
        """Take one step; return whether it follows the last one and the book is then the node's."""
        if step.sequence != self.sequence + 1:
            return False
        for price, quantity in step.bids:
            self._bids.put(price, quantity)
        for price, quantity in step.asks:
            self._asks.put(price, quantity)
        return self._taken(step, is_whole=False)

    def _taken(self, step: BookDelta, *, is_whole: bool) -> bool:
        self.step, self.is_whole = step, is_whole
        self.sequence, self.ts, self.ts_ns = step.sequence, step.ts, int(step.ts_ns)
        return self.checksum() == step.crc32


class OrderBooks(Stream[OrderBook]):
    """The book of one instrument after every step; where a step is missing or wrong, a new snapshot is fetched."""

    def __init__(self, link: Link, instrument_id: str, *, limit: int = LIMIT) -> None:
        """Subscribe."""
        self._channel = f"book_delta:{instrument_id}"
        super().__init__(link, (self._channel,), limit=limit)
        self.book = OrderBook(instrument_id)
        """What the iterator gives."""
        self.snapshots = 0
        """How often the whole book was taken: more than once means that steps were missed in between."""
        self.mismatches = 0
        """How often a step did not fit or a checksum was wrong."""
        self._is_awaiting = True
        self._wrong = 0

    async def _items(self, message: Message) -> list[OrderBook]:
        check_source(message)
        if message.is_snapshot:
            (step,) = message.typed().data
            self.snapshots += 1
            self._is_awaiting = False
            is_right = self.book.begin(step)
        elif self._is_awaiting:
            return []
        else:
            is_right = self.book.apply(message.typed().data)
        if is_right:
            self._wrong = 0
            return [self.book]
        self._begin_anew()
        return []

    def _begin_anew(self) -> None:
        """Ask for the whole book again.

        Raises:
            GapError: If it was wrong several times in a row.
        """
        self.mismatches += 1
        self._wrong += 1
        self._is_awaiting = True
        self._link.begin_anew(self._readers)
        if self._wrong > ATTEMPTS:
            self._wrong = 0
            raise GapError(self._channel, "the book does not agree with its checksum; a new one is being fetched")


def _entry(price: Decimal, quantity: Decimal) -> tuple[Level, str]:
    return (price, quantity), f"{price:f}:{quantity:f}"
