"""Brings the checked ticks of the process to the paper venue, and has books and quotes held while orders need them."""

from collections.abc import Mapping

from actors.market import BookRow, QuoteRow, TradeRow
from actors.ports import TickStream
from actors.ticks.store import Ticks
from adapters.paper.venue import PaperVenue

READER = "paper"


class Intake:
    """Implements `TickListener`: every trade; steps and quotes only of instruments with working orders."""

    def __init__(self, venue: PaperVenue, ticks: Ticks, instruments: Mapping[str, object]) -> None:
        """Listen from here on; both live as long as the process."""
        self._venue = venue
        self._ticks = ticks
        self._streams: dict[str, TickStream | None] = {name: _shown(ticks, name) for name in instruments}
        self._held: set[str] = set()
        venue.demand = self._demand
        ticks.listen(self)

    def on_trade(self, row: TradeRow) -> None:
        """Pass a trade on."""
        self._venue.on_trade(row)

    def on_quote(self, row: QuoteRow) -> None:
        """Pass on a quote that somebody needs."""
        if row.instrument_id in self._held:
            self._venue.on_quote(row)

    def on_book(self, row: BookRow) -> None:
        """Pass on a step that somebody needs."""
        if row.instrument_id in self._held:
            self._venue.on_book(row)

    def on_book_lost(self, instrument_id: str) -> None:
        """Pass on that a book is not whole."""
        if instrument_id in self._held:
            self._venue.on_book_lost(instrument_id)

    def _demand(self, name: str, is_wanted: bool) -> None:  # noqa: FBT001  # the venue's callback
        stream = self._streams[name]
        if stream is None:
            return
        if is_wanted:
            self._ticks.hold(name, stream, READER)
            self._held.add(name)
            self._catch_up(name)
        else:
            self._ticks.release(name, stream, READER)
            self._held.discard(name)
            self._venue.forget_shown(name)

    def _catch_up(self, name: str) -> None:
        """Give the venue what others have had kept already."""
        book, quote = self._ticks.snapshot(name), self._ticks.newest_quote(name)
        if book is not None:
            self._venue.on_book(book)
        if quote is not None:
            self._venue.on_quote(quote)


def _shown(ticks: Ticks, name: str) -> TickStream | None:
    kinds = ticks.kinds(name)
    return "book" if "book" in kinds else "quotes" if "quotes" in kinds else None
