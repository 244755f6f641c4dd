"""Order books as JSON: the text of a level is made once for as long as the level stays as it is."""

from zlib import crc32

from actors.market import BookRow, Level, decimal_text
from actors.ticks.book import Ladder, LevelText, OrderBook

CHECKED = 20
"""Levels of each side in the checksum."""
_MS = 1_000_000


class BookText:
    """Writes one instrument's books and steps."""

    def __init__(self, price_precision: int, size_precision: int) -> None:
        """Prepare for an instrument's decimal places."""
        self._price_precision = price_precision
        self._size_precision = size_precision

    def top(self, book: OrderBook, depth: int) -> bytes:
        """Return the JSON of a `BookBody` with the best `depth` levels."""
        bids, asks = self._json(book.bids, depth), self._json(book.asks, depth)
        return b'{"bids":[%b],"asks":[%b],"sequence":%d,"ts":%d}' % (bids, asks, book.sequence, book.ts // _MS)

    def whole(self, book: OrderBook) -> bytes:
        """Return the JSON of a `BookDeltaBody` with every level."""
        return self._delta(self._json(book.bids, len(book.bids)), self._json(book.asks, len(book.asks)), book)

    def step(self, book: OrderBook, row: BookRow) -> bytes:
        """Return the JSON of a `BookDeltaBody` for the step that `book` has just taken."""
        bids, asks = (b",".join([self._write(level)[0] for level in levels]) for levels in (row.bids, row.asks))
        return self._delta(bids, asks, book)

    def checksum(self, book: OrderBook) -> int:
        """Return the CRC-32 of the best levels, as `BookDeltaBody.crc32` describes it."""
        bids, asks = (
            b",".join([checked for _, checked in self._texts(ladder, CHECKED)]) for ladder in (book.bids, book.asks)
        )
        return crc32(b"%b|%b" % (bids, asks))

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
        return b",".join([json for json, _ in self._texts(ladder, count)])

    def _texts(self, ladder: Ladder, count: int) -> list[LevelText]:
        for at, text in enumerate(ladder.texts[:count]):
            if text is None:
                price = ladder.price(at)
                ladder.texts[at] = self._write((price, ladder.sizes[price]))
        return ladder.texts[:count]  # type: ignore[return-value]  # all of them are written now

    def _write(self, level: Level) -> LevelText:
        price = decimal_text(level[0], self._price_precision).encode()
        size = decimal_text(level[1], self._size_precision).encode()
        return b'["%b","%b"]' % (price, size), b"%b:%b" % (price, size)
