"""What a venue would send anew to somebody who comes back: the newest quotes and whole books."""

from collections.abc import Iterator

from actors.market import BookRow, Level, QuoteRow


class _Book:
    """One book, level by level."""

    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.sequence = 0

    def step(self, row: BookRow) -> None:
        if row.is_snapshot:
            self.bids, self.asks = {}, {}
        _apply(self.bids, row.bids)
        _apply(self.asks, row.asks)
        self.sequence = row.sequence


class Mirror:
    """Follows quotes and books as the venue sends them, whether they arrive or not."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._quotes: dict[str, QuoteRow] = {}
        self._books: dict[str, _Book] = {}

    def note(self, row: QuoteRow | BookRow) -> None:
        """Take what the venue sends; a book begins with its first snapshot."""
        if isinstance(row, QuoteRow):
            self._quotes[row.instrument_id] = row
        elif row.is_snapshot or row.instrument_id in self._books:
            self._books.setdefault(row.instrument_id, _Book()).step(row)

    def quotes(self) -> list[QuoteRow]:
        """Return the newest quote of each instrument, with its own time."""
        return list(self._quotes.values())

    def books(self, ts: int) -> Iterator[BookRow]:
        """Yield each book as a snapshot stamped `ts` (UNIX ns), with the sequence of its last step."""
        for name, book in self._books.items():
            bids = tuple(sorted(book.bids.items(), reverse=True))
            yield BookRow(name, ts, book.sequence, bids, tuple(sorted(book.asks.items())), is_snapshot=True)


def _apply(side: dict[int, int], levels: tuple[Level, ...]) -> None:
    for price, size in levels:
        if size:
            side[price] = size
        else:
            side.pop(price, None)
