"""A node without users: everybody at this computer is the local principal."""

from actors.ports.identity import LOCAL, AuthMode, IdentityListener, Principal
from config.errors import NodeError


class OpenIdentity:
    """Implements `ports.Identity` where nobody signs in: no token is looked at."""

    mode: AuthMode = "off"

    def known(self, token: str) -> Principal | None:  # noqa: ARG002  # the same for all
        """Return the local principal."""
        return LOCAL

    async def verify(self, token: str) -> Principal:  # noqa: ARG002  # likewise
        """Return the local principal."""
        return LOCAL

    def refusal(self, principal: Principal) -> NodeError | None:  # noqa: ARG002  # likewise
        """Return None: nobody is sent away."""
        return None

    def note(self, principal: Principal) -> None:
        """Do nothing: there are no sessions."""

    def listen(self, listener: IdentityListener) -> None:
        """Do nothing: nothing ends."""
