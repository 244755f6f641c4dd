"""Order books as JSON: the text of a level is made once for as long as the level stays as it is."""

from zlib import crc32

from actors.market import BookRow, Level, decimal_text
from actors.ticks.book import Ladder, OrderBook

CHECKED = 20
"""Levels of each side in the checksum."""
_SPARE = 512
"""Levels that are gone and whose text may still lie about."""
_MS = 1_000_000

type _Text = tuple[int, bytes, bytes]
"""Size, JSON and checksum text of a level."""


class BookText:
    """Writes one instrument's books and steps."""

    def __init__(self, price_precision: int, size_precision: int) -> None:
        """Prepare for an instrument's decimal places."""
        self._price_precision = price_precision
        self._size_precision = size_precision
        self._known: dict[int, _Text] = {}

    def top(self, book: OrderBook, depth: int) -> bytes:
        """Return the JSON of a `BookBody` with the best `depth` levels."""
        bids, asks = self._json(book.bids, depth), self._json(book.asks, depth)
        self._tidy(book)
        return b'{"bids":[%b],"asks":[%b],"sequence":%d,"ts":%d}' % (bids, asks, book.sequence, book.ts // _MS)

    def whole(self, book: OrderBook) -> bytes:
        """Return the JSON of a `BookDeltaBody` with every level."""
        bids, asks = self._json(book.bids, len(book.bids)), self._json(book.asks, len(book.asks))
        return self._delta(bids, asks, book)

    def step(self, book: OrderBook, row: BookRow) -> bytes:
        """Return the JSON of a `BookDeltaBody` for the step that `book` has just taken."""
        bids = b",".join([self._level(level)[1] for level in row.bids])
        asks = b",".join([self._level(level)[1] for level in row.asks])
        return self._delta(bids, asks, book)

    def checksum(self, book: OrderBook) -> int:
        """Return the CRC-32 of the best levels, as `BookDeltaBody.crc32` describes it."""
        sides = [self._texts(ladder, CHECKED) for ladder in (book.bids, book.asks)]
        self._tidy(book)
        return crc32(b"|".join([b",".join([text[2] for text in side]) for side in sides]))

    def _delta(self, bids: bytes, asks: bytes, book: OrderBook) -> bytes:
        return b'{"bids":[%b],"asks":[%b],"sequence":%d,"crc32":%d,"ts":%d,"ts_ns":"%d"}' % (
            bids,
            asks,
            book.sequence,
            self.checksum(book),
            book.ts // _MS,
            book.ts,
        )

    def _json(self, ladder: Ladder, count: int) -> bytes:
        return b",".join([text[1] for text in self._texts(ladder, count)])

    def _texts(self, ladder: Ladder, count: int) -> list[_Text]:
        known, sizes, found = self._known, ladder.sizes, []
        for price in ladder.top(count):
            text = known.get(price)
            if text is None or text[0] != sizes[price]:
                text = self._level((price, sizes[price]))
            found.append(text)
        return found

    def _level(self, level: Level) -> _Text:
        price, size = level
        p = decimal_text(price, self._price_precision).encode()
        q = decimal_text(size, self._size_precision).encode()
        text = self._known[price] = (size, b'["%b","%b"]' % (p, q), b"%b:%b" % (p, q))
        return text

    def _tidy(self, book: OrderBook) -> None:
        if len(self._known) > len(book.bids) + len(book.asks) + _SPARE:
            self._known.clear()
