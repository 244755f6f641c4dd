"""`order.cancel_all`: take all working orders back."""

from typing import TYPE_CHECKING, override

from actors.bridge.command import Command, commands
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage
from actors.wire_orders import OrderBody, order_body
from config.fields import InstrumentName

if TYPE_CHECKING:
    from actors.bridge.session import Session


@commands.register("order.cancel_all")
class CancelOrders(Command, frozen=True, kw_only=True, tag="order.cancel_all"):
    """Ask for the end of all working orders, or of those of one instrument; the outcomes come on `orders`."""

    instrument_id: InstrumentName | None = None
    """Null: of all."""

    async def done(self, desk: Desk) -> tuple[OrderBody, ...]:
        """Ask for it; return the orders that are being cancelled.

        Raises:
            NodeError: As of `Traders.cancel_all`.
        """
        rows = await desk.traders.cancel_all(desk.user_id, instrument_id=self.instrument_id, trace_id=desk.trace_id)
        return tuple(map(order_body, rows))

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        return Ack(id=self.id, orders=await self.done(session.desk()))
