"""`unsubscribe`: hear channels no more."""

from typing import TYPE_CHECKING, override

from actors.bridge.command import Command, commands
from actors.bridge.commands.subscribe import Channels
from actors.bridge.wire_messages import Ack, ServerMessage

if TYPE_CHECKING:
    from actors.bridge.session import Session


@commands.register("unsubscribe")
class Unsubscribe(Command, frozen=True, kw_only=True, tag="unsubscribe"):
    """After the ack nothing more of these channels comes; those not subscribed are no error."""

    ch: Channels

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        session.unsubscribe(self.ch)
        return Ack(id=self.id)
