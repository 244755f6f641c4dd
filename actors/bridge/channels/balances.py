"""`balances`: the currencies of the user's account as they change."""

from typing import override

from msgspec import Struct

from actors.bridge.account_channel import AccountChannel
from actors.bridge.account_messages import BalancesSnapshot, BalanceUpdate
from actors.bridge.channel import channels
from actors.wire_orders import balance_body


@channels.register("balances")
class Balances(AccountChannel):
    """A snapshot has all balances; each fill and reservation changes one."""

    forms = ("balances",)
    update = BalanceUpdate
    snapshot_message = BalancesSnapshot
    about = "balances"

    @override
    def bodies(self) -> list[Struct]:
        return [balance_body(row) for row in self.context.told.balances(self.traders, self.owner)]
