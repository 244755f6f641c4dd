"""`order.cancel`: take a working order back."""

from typing import TYPE_CHECKING, override

from actors.bridge.command import Command, commands
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage
from actors.orders import ClientOrderIdText
from actors.wire_orders import OrderBody, order_body

if TYPE_CHECKING:
    from actors.bridge.session import Session


@commands.register("order.cancel")
class CancelOrder(Command, frozen=True, kw_only=True, tag="order.cancel"):
    """Ask for the end of an order; the ack means that it was asked, the outcome comes on `orders`."""

    client_order_id: ClientOrderIdText

    async def done(self, desk: Desk) -> OrderBody:
        """Ask for it; allowed in every trading state and never counted.

        Raises:
            NodeError: As of `Traders.cancel`.
        """
        return order_body(await desk.traders.cancel(desk.user_id, self.client_order_id, trace_id=desk.trace_id))

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        return Ack(id=self.id, order=await self.done(session.desk()))
