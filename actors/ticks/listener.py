"""Who hears every tick at once, on the owner loop, before anybody is told that something has changed."""

from typing import Protocol

from actors.market import BookRow, QuoteRow, TradeRow


class TickListener(Protocol):
    """Hears what has passed the checks, in its order; must neither block nor raise."""

    def on_trade(self, row: TradeRow) -> None:
        """A trade: newer than those before, and heard once."""

    def on_quote(self, row: QuoteRow) -> None:
        """A quote, of an instrument whose quotes somebody wants."""

    def on_book(self, row: BookRow) -> None:
        """A step of a book that somebody wants; the first one is a snapshot."""

    def on_book_lost(self, instrument_id: str) -> None:
        """A book is not whole any more; a snapshot comes when it is again."""
