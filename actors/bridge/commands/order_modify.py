"""`order.modify`: change a working order."""

from typing import TYPE_CHECKING, override

from actors.bridge.command import Command, commands
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage
from actors.orders import ClientOrderIdText, PositiveText
from actors.wire_orders import OrderBody, order_body
from config.errors import InvalidInputError

if TYPE_CHECKING:
    from actors.bridge.session import Session


@commands.register("order.modify")
class ModifyOrder(Command, frozen=True, kw_only=True, tag="order.modify"):
    """Ask for another quantity or price; the ack means that it was asked, the outcome comes on `orders`."""

    client_order_id: ClientOrderIdText
    quantity: PositiveText | None = None
    """The whole, with what has filled; null: as it is."""
    price: PositiveText | None = None
    trigger_price: PositiveText | None = None

    async def done(self, desk: Desk) -> OrderBody:
        """Ask for it.

        Raises:
            NodeError: If nothing is to be changed, or as of `Traders.modify`.
        """
        if self.quantity is None and self.price is None and self.trigger_price is None:
            raise InvalidInputError("expected `quantity`, `price` or `trigger_price`")
        desk.count()
        row = await desk.traders.modify(
            desk.user_id,
            self.client_order_id,
            quantity=self.quantity,
            price=self.price,
            trigger_price=self.trigger_price,
            trace_id=desk.trace_id,
        )
        return order_body(row)

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        return Ack(id=self.id, order=await self.done(session.desk()))
