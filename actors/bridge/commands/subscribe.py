"""`subscribe`: hear channels, from a snapshot or from where the client was."""

from typing import TYPE_CHECKING, Annotated, override

from msgspec import Meta, field

from actors.bridge.command import Command, commands
from actors.bridge.wire_messages import ChannelName, Position, ServerMessage

if TYPE_CHECKING:
    from actors.bridge.session import Session

Channels = Annotated[tuple[ChannelName, ...], Meta(min_length=1, max_length=1_024)]
Rate = Annotated[float, Meta(gt=0.0, le=1_000.0)]


@commands.register("subscribe")
class Subscribe(Command, frozen=True, kw_only=True, tag="subscribe"):
    """Acknowledged as a whole, or refused as a whole; subscribing again starts the channel again."""

    ch: Channels
    since: dict[ChannelName, Position] = field(default_factory=dict)
    """Channel -> [epoch, seq] last received: what came after it is sent, or a snapshot when that is lost."""
    max_hz: Rate | None = None
    """How often latest values and open bars of these channels may come; log rows are never held back."""

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        session.subscribe(self)
        return None
