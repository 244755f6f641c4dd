"""`book_delta:<instrument_id>`: the whole order book, then every step of it."""

from typing import override

from actors.bridge.channel import channels
from actors.bridge.tick_channel import TickChannel
from actors.bridge.wire_messages import BookDeltaSnapshot, BookDeltaUpdate


@channels.register("book_delta")
class BookDelta(TickChannel):
    """The steps of one instrument's book, for clients that keep the whole of it."""

    kind = "log"
    forms = ("book_delta:{instrument_id}",)
    stream = "book_delta"
    tick_kind = "book"
    update = BookDeltaUpdate
    snapshot_message = BookDeltaSnapshot
    ring_size = 1_024

    @override
    def items(self) -> list[bytes]:
        book = self.ticks.whole_book(self.instrument_id)
        return [] if book is None else [book]
