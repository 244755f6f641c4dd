"""`alerts`: what the user should know."""

from typing import override

from msgspec import Struct

from actors.bridge.account_channel import AccountChannel
from actors.bridge.account_messages import AlertsSnapshot, AlertUpdate
from actors.bridge.channel import channels


@channels.register("alerts")
class Alerts(AccountChannel):
    """A snapshot is empty; alerts of the past are in `GET /api/v1/alerts`."""

    forms = ("alerts",)
    update = AlertUpdate
    snapshot_message = AlertsSnapshot
    about = "alerts"

    @override
    def bodies(self) -> list[Struct]:
        return []
