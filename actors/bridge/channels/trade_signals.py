"""`trade_signals`: the user's strategies have acted on a signal."""

from typing import override

from msgspec import Struct

from actors.bridge.account_channel import AccountChannel
from actors.bridge.account_messages import TradeSignalsSnapshot, TradeSignalUpdate
from actors.bridge.channel import channels


@channels.register("trade_signals")
class TradeSignals(AccountChannel):
    """A snapshot is empty: it tells what happens from now on."""

    forms = ("trade_signals",)
    ring_size = 4_096
    update = TradeSignalUpdate
    snapshot_message = TradeSignalsSnapshot
    about = "trade signals"

    @override
    def bodies(self) -> list[Struct]:
        return []
