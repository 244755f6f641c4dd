"""`order.validate`: what an order would do, without sending it."""

from typing import TYPE_CHECKING, override

from actors.bridge.command import Command, commands, part
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage
from actors.orders import OrderTicket
from actors.wire_traders import PreviewBody, preview_body

if TYPE_CHECKING:
    from actors.bridge.session import Session


@commands.register("order.validate")
class ValidateOrder(Command, frozen=True, kw_only=True, tag="order.validate"):
    """Tell whether an order would be taken and what it would cost; nothing is sent, nothing is kept."""

    order: OrderTicket

    async def done(self, desk: Desk) -> PreviewBody:
        """Look at it; why it would be refused is part of the answer.

        Raises:
            NodeError: As of `Traders.preview`.
        """
        return preview_body(await desk.traders.preview(desk.user_id, self.order))

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        with part("order"):
            return Ack(id=self.id, preview=await self.done(session.desk()))
