"""`auth`: who the client is."""

from typing import TYPE_CHECKING, Annotated, override

from msgspec import Meta

from actors.bridge.command import Command, commands
from actors.bridge.wire_messages import Ack, ServerMessage

if TYPE_CHECKING:
    from actors.bridge.session import Session

Token = Annotated[str, Meta(max_length=16_384)]


@commands.register("auth")
class Auth(Command, frozen=True, kw_only=True, tag="auth"):
    """Sign in, or renew the token; in local mode everybody is signed in and the token is not looked at."""

    token: Token = ""

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        return Ack(id=self.id, user=session.principal.user_id)
