"""`quotes:<instrument_id>`: the best bid and ask."""

from typing import override

from actors.bridge.channel import channels
from actors.bridge.tick_channel import TickChannel
from actors.bridge.wire_messages import QuotesSnapshot, QuoteUpdate


@channels.register("quotes")
class Quotes(TickChannel):
    """The newest quote of one instrument."""

    kind = "latest"
    forms = ("quotes:{instrument_id}",)
    stream = "quotes"
    tick_kind = "quotes"
    update = QuoteUpdate
    snapshot_message = QuotesSnapshot

    @override
    def newest(self) -> bytes | None:
        return self.ticks.quote(self.instrument_id)
