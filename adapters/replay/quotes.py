"""Recorded quotes of one instrument in memory, and how they are read."""

from pathlib import Path

import numpy as np
from msgspec import Struct

from actors.market import Instrument, QuoteRow
from adapters.columns import Ints
from adapters.replay.cells import ascending_stamps, not_negative, positive, read_columns, refuse_if
from config.recorded import ReplayFile

COLUMNS = ("ts", "bid", "bid_size", "ask", "ask_size")


class Quotes(Struct, frozen=True, kw_only=True):
    """Best bids and asks as columns of shape (n,), oldest first, in exact units."""

    instrument: Instrument
    times: Ints
    """UNIX nanoseconds, ascending."""
    bids: Ints
    asks: Ints
    bid_sizes: Ints
    ask_sizes: Ints

    def events(self, start: int, stop: int) -> list[QuoteRow]:
        """Return the quotes start <= index < stop."""
        name = self.instrument.instrument_id
        columns = (self.times, self.bids, self.asks, self.bid_sizes, self.ask_sizes)
        rows = zip(*(column[start:stop].tolist() for column in columns), strict=True)
        return [QuoteRow(name, *row) for row in rows]

    def newest(self, ts: int) -> QuoteRow | None:
        """Return the last quote before `ts` (UNIX ns), or None when there is none."""
        stop = int(np.searchsorted(self.times, ts))
        return self.events(stop - 1, stop)[0] if stop else None


def read_quotes(instrument: Instrument, spec: ReplayFile, base_dir: Path) -> Quotes:
    """Read and check a file of quotes.

    Raises:
        MarketDataError: If the file cannot be trusted; the message names file, row and reason.
    """
    table = read_columns(spec, base_dir, COLUMNS)
    bids = positive(table, "bid", instrument.price_precision, "price_precision")
    asks = positive(table, "ask", instrument.price_precision, "price_precision")
    refuse_if(table, bids > asks, "bid is above ask")
    return Quotes(
        instrument=instrument,
        times=ascending_stamps(table, spec),
        bids=bids,
        asks=asks,
        bid_sizes=not_negative(table, "bid_size", instrument.size_precision, "size_precision"),
        ask_sizes=not_negative(table, "ask_size", instrument.size_precision, "size_precision"),
    )
