"""`trades:<instrument_id>`: every trade of the market, in order."""

from typing import ClassVar, override

from actors.bridge.channel import channels
from actors.bridge.tick_channel import TickChannel
from actors.bridge.wire_messages import TradesSnapshot, TradeUpdate


@channels.register("trades")
class Trades(TickChannel):
    """Trades of one instrument."""

    kind = "log"
    forms = ("trades:{instrument_id}",)
    stream = "trades"
    tick_kind = "trades"
    update = TradeUpdate
    snapshot_message = TradesSnapshot
    ring_size = 1_024
    snapshot_rows: ClassVar[int] = 100

    @override
    def items(self) -> list[bytes]:
        newest = self.ticks.trades(self.instrument_id, limit=self.snapshot_rows)
        return [body for _, body in reversed(newest)]
