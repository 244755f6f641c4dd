"""`ping`: how far away the server is, and what time it has."""

from typing import TYPE_CHECKING, Annotated, ClassVar, override

from msgspec import Meta

from actors.bridge.command import Command, commands
from actors.bridge.wire_messages import Pong, ServerMessage

if TYPE_CHECKING:
    from actors.bridge.session import Session

WholeMark = Annotated[int, Meta(ge=-(2**53), le=2**53)]


@commands.register("ping")
class Ping(Command, frozen=True, kw_only=True, tag="ping"):
    """Get the client's own mark back, with market time and wall time."""

    reply: ClassVar[type[ServerMessage]] = Pong
    t: WholeMark | float | None = None
    """Any number, for example the client's clock."""

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        context, clock = session.context, session.clock
        return Pong(id=self.id, t=self.t, ts=context.clock.now_ms, wall_ms=clock.wall_ms())
