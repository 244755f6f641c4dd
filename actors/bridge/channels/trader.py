"""`trader`: the user's trader and its account as they are now."""

from typing import override

import msgspec
from msgspec import Struct

from actors.bridge.account_channel import AccountChannel
from actors.bridge.account_messages import TraderSnapshot, TraderUpdate
from actors.bridge.channel import channels
from actors.bridge.desk import trader_of


@channels.register("trader")
class Trader(AccountChannel):
    """One value, the same that `GET /api/v1/trader` gives: state, limits, strategies, equity, margin."""

    kind = "latest"
    is_polled = True
    forms = ("trader",)
    update = TraderUpdate
    snapshot_message = TraderSnapshot
    about = "trader"

    @override
    def bodies(self) -> list[Struct]:
        return [trader_of(self.traders, self.owner)]

    @override
    def newest(self) -> bytes:
        return msgspec.json.encode(trader_of(self.traders, self.owner))
