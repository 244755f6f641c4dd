"""`positions`: the user's net positions as they change."""

from typing import override

from msgspec import Struct

from actors.bridge.account_channel import AccountChannel
from actors.bridge.account_messages import PositionsSnapshot, PositionUpdate
from actors.bridge.channel import channels
from actors.wire_orders import position_body


@channels.register("positions")
class Positions(AccountChannel):
    """A snapshot has the open positions; after each fill, and every 30 s, comes what they are worth."""

    forms = ("positions",)
    update = PositionUpdate
    snapshot_message = PositionsSnapshot
    about = "positions"

    @override
    def bodies(self) -> list[Struct]:
        return [position_body(row) for row in self.context.told.positions(self.traders, self.owner)]
