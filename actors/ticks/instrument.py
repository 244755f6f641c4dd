"""Everything kept of one instrument's ticks."""

import asyncio
from typing import Literal

from actors.market import Instrument, QuoteRow
from actors.ports import TickKind
from actors.ticks.live_book import LiveBook
from actors.ticks.tape import Tape

QuoteOutcome = Literal["ready", "changed", "out_of_order", "impossible"]


class InstrumentTicks:
    """Trades, the newest quote and the book of one instrument, and who wants them."""

    def __init__(self, instrument: Instrument, kinds: frozenset[TickKind]) -> None:
        """Start with nothing; `kinds` is what the source has."""
        self.name = instrument.instrument_id
        self.places = instrument.price_precision, instrument.size_precision
        self.kinds = kinds
        self.tape = Tape()
        self.quote: QuoteRow | None = None
        self.quote_generation = 0
        self.book = LiveBook(instrument)
        self.active: set[TickKind] = set()
        """What the engine is to send."""
        self.held: set[TickKind] = set()
        """What somebody listens to: changes are told."""
        self.filled: dict[TickKind, asyncio.Event] = {kind: asyncio.Event() for kind in ("trades", "quotes", "book")}
        """Set while there is a value."""

    def take_quote(self, row: QuoteRow) -> QuoteOutcome:
        """Take one quote."""
        if row.bid <= 0 or row.ask < row.bid or row.bid_size < 0 or row.ask_size < 0:
            return "impossible"
        newest = self.quote
        if newest is not None and row.ts < newest.ts:
            return "out_of_order"
        self.quote = row
        return "changed" if newest is not None else "ready"

    def forget(self, kind: TickKind) -> None:
        """Forget what nobody keeps up to date any more."""
        self.filled[kind].clear()
        if kind == "quotes":
            self.quote = None
            self.quote_generation += 1
        elif kind == "book":
            self.book.lose(None)
        else:
            self.tape.reset()
