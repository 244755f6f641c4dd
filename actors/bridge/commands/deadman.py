"""`deadman`: cancel everything unless renewed in time."""

from typing import TYPE_CHECKING, Annotated, override

from msgspec import Meta

from actors.bridge.command import Command, commands
from actors.bridge.desk import Desk
from actors.bridge.wire_messages import Ack, ServerMessage

if TYPE_CHECKING:
    from actors.bridge.session import Session

Timeout = Annotated[float, Meta(ge=0.0, le=86_400.0)]


@commands.register("deadman")
class Deadman(Command, frozen=True, kw_only=True, tag="deadman"):
    """Have all working orders cancelled unless this is sent again in time; it outlives the connection."""

    timeout_s: Timeout | None
    """Wall seconds; 0 or null turns it off."""

    async def done(self, desk: Desk) -> float | None:
        """Set it; return the seconds until it cancels, None when it is off.

        Raises:
            NodeError: As of `Traders.deadman`.
        """
        return await desk.traders.deadman(desk.user_id, self.timeout_s)

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        return Ack(id=self.id, timeout_s=await self.done(session.desk()))
