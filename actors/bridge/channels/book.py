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
        self._shown = b""
        self._body: bytes | None = None

    @override
    def newest(self) -> bytes | None:
        """Return the newest book in which these levels changed: a step below them is nothing new."""
        body = self.ticks.book(self.instrument_id, self.depth)
        if body is None:
            return None
        levels = body[: body.rindex(b',"sequence":')]
        if levels != self._shown or self._body is None:
            self._shown, self._body = levels, body
        return self._body

    @override
    def restarted(self) -> None:
        super().restarted()
        self._body = None
