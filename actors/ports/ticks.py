"""Trades, quotes and order books as readers see them."""

from typing import Literal, NamedTuple, Protocol

TickKind = Literal["trades", "quotes", "book"]
"""What a source may have of an instrument beside bars."""

TickStream = Literal["trades", "quotes", "book", "book_delta"]
"""What can be listened to of an instrument; `book_delta` is the steps of its book."""


class Place(NamedTuple):
    """Up to where somebody has read a log of ticks; another generation means that rows were lost in between."""

    generation: int
    number: int
    """How many rows there have ever been."""


class Ticks(Protocol):
    """The newest trades, quotes and order books as the JSON bytes that REST and wire share.

    Trades are kept at all times; quotes and books only while somebody holds them, or asked not long ago.
    """

    def kinds(self, instrument_id: str) -> frozenset[TickKind]:
        """Return what the source has of an instrument beside bars.

        Raises:
            UnknownInstrumentError: If no venue has the instrument.
        """

    def hold(self, instrument_id: str, stream: TickStream, reader: str) -> None:
        """Have a stream that the source has kept up to date until `reader` releases it; returns at once."""

    def release(self, instrument_id: str, stream: TickStream, reader: str) -> None:
        """Let go of a stream that `reader` holds; nothing when it does not."""

    def is_ready(self, instrument_id: str, stream: TickStream) -> bool:
        """Return whether there is a value: trades were asked for, a quote has come, the book is whole."""

    async def ready(self, instrument_id: str, stream: TickStream) -> None:
        """Ask for a stream once, and return when it has a value.

        Raises:
            NotFoundError: If the source does not have it.
            UnknownInstrumentError: If no venue has the instrument.
            VenueUnavailableError: If no value comes in time.
        """

    def place(self, instrument_id: str, stream: TickStream) -> Place:
        """Return where a stream is; a new generation begins whenever something of it was lost."""

    def since(self, instrument_id: str, stream: TickStream, place: Place) -> list[bytes] | None:
        """Return the rows of `trades` or `book_delta` after `place`, oldest first; None when some of them are lost."""

    def trades(self, instrument_id: str, *, limit: int, before: int | None = None) -> list[tuple[int, bytes]]:
        """Return the newest kept trades with number < `before`, newest first, with their numbers."""

    def quote(self, instrument_id: str) -> bytes | None:
        """Return the newest quote."""

    def book(self, instrument_id: str, depth: int) -> bytes | None:
        """Return the best `depth` levels of each side; None while the book is not whole."""

    def whole_book(self, instrument_id: str) -> bytes | None:
        """Return every level as one step, with its checksum; None while the book is not whole."""

    def degraded(self) -> list[str]:
        """Return which books are broken and why, in words."""
