"""`order.submit`: send an order."""

from typing import TYPE_CHECKING, override

from actors.bridge.command import Command, commands, part
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage
from actors.orders import OrderRow, OrderTicket
from actors.wire_orders import OrderBody, order_body

if TYPE_CHECKING:
    from actors.bridge.session import Session


@commands.register("order.submit")
class SubmitOrder(Command, frozen=True, kw_only=True, tag="order.submit"):
    """Acknowledged once it has passed the risk checks and is durable; what becomes of it comes on `orders`."""

    order: OrderTicket

    async def row(self, desk: Desk) -> OrderRow:
        """Send it; the same ticket again is the same order.

        Raises:
            NodeError: As of `Traders.submit`.
        """
        desk.count()
        return await desk.traders.submit(desk.user_id, self.order, trace_id=desk.trace_id)

    async def done(self, desk: Desk) -> OrderBody:
        """Do as `row` and return it as it goes over the wire."""
        return order_body(await self.row(desk))

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        with part("order"):
            return Ack(id=self.id, order=await self.done(session.desk()))
