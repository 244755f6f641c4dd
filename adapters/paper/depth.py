"""What the market shows of one instrument, as each account sees it: less what that account has taken itself."""

from collections.abc import Iterator, Mapping

from actors.market import BookRow, Level, QuoteRow
from actors.ticks.book import Ladder, OrderBook


class Depth:
    """The visible book, else the newest quote, else the last price.

    What an account takes from a level is gone for that account alone, until the venue changes the level.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.book = OrderBook()
        self.is_whole = False
        self.quote: QuoteRow | None = None
        self.last: int | None = None
        """Newest trade or close."""
        self._taken: tuple[dict[int, dict[str, int]], dict[int, dict[str, int]]] = ({}, {})
        """Of bids and asks: price -> account -> size."""

    def apply(self, row: BookRow) -> None:
        """Take a step of the book; one that cannot be true loses it."""
        if row.is_snapshot:
            self._keep_taken(row)
        elif not self.is_whole:
            return
        else:
            self._forget_changed(row)
        self.is_whole = self.book.apply(row) is None
        if not self.is_whole:
            self.lose()

    def lose(self) -> None:
        """Forget the book until the next snapshot."""
        self.book.clear()
        self.is_whole = False
        for taken in self._taken:
            taken.clear()

    def bid(self) -> int | None:
        """Return the best bid known."""
        return self.book.bids.best if self.is_whole else self.quote.bid if self.quote else None

    def ask(self) -> int | None:
        """Return the best ask known."""
        return self.book.asks.best if self.is_whole else self.quote.ask if self.quote else None

    def touch(self, *, is_buy: bool) -> int | None:
        """Return the best price that an order would meet, the last price where neither book nor quote is known."""
        if self.is_whole or self.quote is not None:
            return self.ask() if is_buy else self.bid()
        return self.last

    def shown(self, price: int, *, is_buy: bool) -> int:
        """Return what rests at a price on the side of a resting order."""
        if self.is_whole:
            return (self.book.bids if is_buy else self.book.asks).sizes.get(price, 0)
        quote = self.quote
        if quote is None:
            return 0
        best, size = (quote.bid, quote.bid_size) if is_buy else (quote.ask, quote.ask_size)
        return size if best == price else 0

    def offered(self, account_id: str, limit: int | None, *, is_buy: bool) -> Iterator[Level]:
        """Yield what an order of the account can take, best first; without a book all there is to know has no end."""
        if not self.is_whole:
            touch = self.touch(is_buy=is_buy)
            if touch is not None and _is_within(touch, limit, is_buy=is_buy):
                yield touch, _ENDLESS
            return
        ladder = self._ladder(is_buy=is_buy)
        taken = self._taken[is_buy]
        for at in range(len(ladder)):
            price = ladder.price(at)
            if not _is_within(price, limit, is_buy=is_buy):
                return
            left = ladder.sizes[price] - taken.get(price, _NOTHING).get(account_id, 0)
            if left > 0:
                yield price, left

    def take(self, account_id: str, price: int, size: int, *, is_buy: bool) -> None:
        """Note what an account has taken from a level of the book."""
        if self.is_whole:
            of_level = self._taken[is_buy].setdefault(price, {})
            of_level[account_id] = of_level.get(account_id, 0) + size

    def _ladder(self, *, is_buy: bool) -> Ladder:
        return self.book.asks if is_buy else self.book.bids

    def _forget_changed(self, row: BookRow) -> None:
        for taken, ladder, levels in zip(
            self._taken, (self.book.bids, self.book.asks), (row.bids, row.asks), strict=True
        ):
            if taken:
                for price, size in levels:
                    if price in taken and ladder.sizes.get(price, 0) != size:
                        del taken[price]

    def _keep_taken(self, row: BookRow) -> None:
        """Forget what was taken from levels that a snapshot shows otherwise."""
        for taken, ladder, levels in zip(
            self._taken, (self.book.bids, self.book.asks), (row.bids, row.asks), strict=True
        ):
            if taken:
                shown = dict(levels)
                for price in [price for price in taken if shown.get(price, 0) != ladder.sizes.get(price, 0)]:
                    del taken[price]


_ENDLESS = 2**62
_NOTHING: Mapping[str, int] = {}


def _is_within(price: int, limit: int | None, *, is_buy: bool) -> bool:
    return limit is None or (price <= limit if is_buy else price >= limit)
