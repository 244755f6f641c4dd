"""`order.batch`: send several orders at once."""

from typing import TYPE_CHECKING, Annotated, override

from msgspec import Meta

from actors.bridge.command import Command, commands
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage
from actors.orders import OrderTicket
from actors.wire_traders import BatchResult, batch_result

if TYPE_CHECKING:
    from actors.bridge.session import Session

MAX_BATCH = 50
Tickets = Annotated[tuple[OrderTicket, ...], Meta(min_length=1, max_length=MAX_BATCH)]


@commands.register("order.batch")
class SubmitOrders(Command, frozen=True, kw_only=True, tag="order.batch"):
    """Send up to 50 orders in their order; each has its own outcome. A malformed one refuses all of them."""

    orders: Tickets

    async def done(self, desk: Desk) -> tuple[BatchResult, ...]:
        """Send them; the batch counts as one order of the budget, every order of it by the trader's own limits.

        Raises:
            NodeError: If nothing was sent.
        """
        desk.count()
        items = await desk.traders.submit_batch(desk.user_id, self.orders, trace_id=desk.trace_id)
        return tuple(
            batch_result(ticket.client_order_id, item) for ticket, item in zip(self.orders, items, strict=True)
        )

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        return Ack(id=self.id, results=await self.done(session.desk()))
