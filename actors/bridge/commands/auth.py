"""`auth`: who the client is."""

from typing import TYPE_CHECKING, Annotated, override

from msgspec import UNSET, Meta

from actors.bridge.command import Command, commands
from actors.bridge.wire_messages import Ack, ServerMessage

if TYPE_CHECKING:
    from actors.bridge.session import Session

Token = Annotated[str, Meta(max_length=16_384)]


@commands.register("auth")
class Auth(Command, frozen=True, kw_only=True, tag="auth"):
    """Sign in with an access token or API key, or renew the token; without users the token is not looked at."""

    token: Token = ""

    @override
    async def run(self, session: "Session") -> ServerMessage | None:
        principal = await session.sign_in(self.token)
        expires_ms = UNSET if session.seat.state == "local" else principal.expires_ms
        return Ack(id=self.id, user=principal.user_id, expires_ms=expires_ms)
