"""What the books hear of the market, beside what the venue hears itself."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from actors.market import BarRow, BookRow, Instrument, QuoteRow, TradeRow
from actors.orders import OrderSide
from actors.ticks.store import Ticks
from adapters.paper.intake import Intake
from adapters.paper.venue import PaperVenue
from node.trading.core import Core

READER = "preview"
"""Who has books kept for a while after a preview."""


class MarketFeed:
    """Prices to the accounts of the present books, bars to the venue too; lives as long as the process."""

    def __init__(self, ticks: Ticks, venue: PaperVenue, instruments: Mapping[str, Instrument]) -> None:
        """Listen from now on; without books nothing is done."""
        self._ticks = ticks
        self._venue = venue
        self._places = {
            name: (Decimal(1).scaleb(-one.price_precision), Decimal(1).scaleb(-one.size_precision))
            for name, one in instruments.items()
        }
        self._core: Core | None = None
        ticks.listen(self)
        self.intake = Intake(venue, ticks, instruments)

    def attach(self, core: Core) -> None:
        """Tell these books from now on."""
        self._core = core

    def on_trade(self, row: TradeRow) -> None:
        """Tell the accounts a price."""
        if self._core is not None:
            self._core.accounts.on_mark(row.instrument_id, row.price, row.ts)

    def on_quote(self, row: QuoteRow) -> None:
        """Pass over a quote: positions are valued at what was traded."""

    def on_book(self, row: BookRow) -> None:
        """Pass over a step of a book."""

    def on_book_lost(self, instrument_id: str) -> None:
        """Pass over the loss of a book."""

    def on_bar(self, instrument_id: str, row: BarRow, ts_close: int) -> None:
        """Take a closed bar of an instrument without trades."""
        self._venue.on_bar(instrument_id, row, ts_close)
        if self._core is not None:
            self._core.accounts.on_mark(instrument_id, row.close, ts_close)

    def offers(self, instrument_id: str, side: OrderSide) -> Iterator[tuple[Decimal, Decimal]]:
        """Yield the levels that an order of `side` would meet, best first; none when no book is known."""
        if "book" not in self._ticks.kinds(instrument_id):
            return
        self._ticks.hold(instrument_id, "book", READER)
        self._ticks.release(instrument_id, "book", READER)  # it is kept for a while: the next preview will have it
        book = self._ticks.snapshot(instrument_id)
        if book is not None:
            price, size = self._places[instrument_id]
            for units, quantity in book.asks if side == "buy" else book.bids:
                yield units * price, quantity * size
