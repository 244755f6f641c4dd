"""`book:<instrument_id>[:depth]`: the best levels of the order book, as they are now."""

from typing import override

from actors.bridge.channel import channels
from actors.bridge.context import Context
from actors.bridge.tick_channel import TickChannel, split_depth
from actors.bridge.wire_messages import BookSnapshot, BookUpdate


@channels.register("book")
class Book(TickChannel):
    """The book of one instrument down to some depth; made once per change, however many hear it."""

    kind = "latest"
    forms = ("book:{instrument_id}", "book:{instrument_id}:{depth}")
    stream = "book"
    tick_kind = "book"
    update = BookUpdate
    snapshot_message = BookSnapshot

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Check instrument and depth."""
        params, self.depth = split_depth(params)
        super().__init__(context, params, owner)

    @override
    def newest(self) -> bytes | None:
        return self.ticks.book(self.instrument_id, self.depth)
