"""What the market says of an instrument: the venue's word, and until it has one that of the newest bar."""

from decimal import Decimal

from actors.buffer.store import Buffer
from actors.orders import OrderSide
from adapters.paper.venue import PaperVenue


class NodeMarks:
    """Implements `ports.Marks`."""

    def __init__(self, venue: PaperVenue, bars: Buffer) -> None:
        """Ask these."""
        self._venue = venue
        self._bars = bars

    def last(self, instrument_id: str) -> Decimal | None:
        """Return the newest trade's price, or the newest bar's close."""
        return self._venue.last(instrument_id) or self._close(instrument_id)

    def touch(self, instrument_id: str, side: OrderSide) -> Decimal | None:
        """Return the best price that an order of `side` would meet; the last price when no book or quote is known."""
        return self._venue.touch(instrument_id, side) or self._close(instrument_id)

    def _close(self, instrument_id: str) -> Decimal | None:
        base = self._bars.held(instrument_id).base.interval.name
        rows = self._bars.rows(instrument_id, base, 1)
        places = self._bars.instruments()[instrument_id].price_precision
        return Decimal(rows[-1].close).scaleb(-places) if rows else None
