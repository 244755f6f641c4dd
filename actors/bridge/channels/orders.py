"""`orders`: every change of the user's orders."""

from typing import override

from msgspec import Struct

from actors.bridge.account_channel import AccountChannel
from actors.bridge.account_messages import OrdersSnapshot, OrderUpdate
from actors.bridge.channel import channels
from actors.wire_orders import order_body


@channels.register("orders")
class Orders(AccountChannel):
    """A snapshot has the working orders; ended ones are in `GET /api/v1/orders`."""

    forms = ("orders",)
    update = OrderUpdate
    snapshot_message = OrdersSnapshot
    about = "orders"

    @override
    def bodies(self) -> list[Struct]:
        return [order_body(row) for row in self.context.told.orders(self.traders, self.owner)]
