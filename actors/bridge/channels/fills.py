"""`fills`: every execution of the user's orders."""

from typing import override

from msgspec import Struct

from actors.bridge.account_channel import AccountChannel
from actors.bridge.account_messages import FillsSnapshot, FillUpdate
from actors.bridge.channel import channels


@channels.register("fills")
class Fills(AccountChannel):
    """A snapshot is empty; fills of the past are in `GET /api/v1/fills`."""

    forms = ("fills",)
    update = FillUpdate
    snapshot_message = FillsSnapshot
    about = "fills"

    @override
    def bodies(self) -> list[Struct]:
        return []
