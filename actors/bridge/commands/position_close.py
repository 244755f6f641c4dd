"""`position.close`: sell what is held, buy back what is owed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, override

from actors.bridge.command import Command, commands
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage
from actors.orders import ClientOrderIdText, OrderRow, PositiveText
from actors.wire_orders import OrderBody, order_body
from config.fields import InstrumentName

if TYPE_CHECKING:
    from actors.bridge.session import Session


@commands.register("position.close")
class ClosePosition(Command, frozen=True, kw_only=True, tag="position.close"):
    """Close all or part of a position; your orders on the instrument are cancelled first."""

    instrument_id: InstrumentName
    quantity: PositiveText | None = None
    """Base units; null: all of it."""
    price: PositiveText | None = None
    """Of a limit order; null: by market."""
    client_order_id: ClientOrderIdText | None = None
    """Of the order that closes, so that it can be asked for twice; null: one is made."""

    async def rows(self, desk: Desk) -> Sequence[OrderRow]:
        """Close it; return the orders that do.

        Raises:
            NodeError: As of `Traders.close_position`.
        """
        desk.count()
        return await desk.traders.close_position(
            desk.user_id,
            self.instrument_id,
            quantity=self.quantity,
            price=self.price,
            client_order_id=self.client_order_id,
            trace_id=desk.trace_id,
        )

    async def done(self, desk: Desk) -> tuple[OrderBody, ...]:
        """Do as `rows` and return them as they go over the wire."""
        return tuple(map(order_body, await self.rows(desk)))

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        return Ack(id=self.id, orders=await self.done(session.desk()))
