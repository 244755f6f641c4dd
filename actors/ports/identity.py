"""Who is asking, and how that is found out from a token."""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct

from config.auth_errors import PendingError
from config.errors import ForbiddenError, NodeError

Role = Literal["public", "person", "viewer", "trader", "admin"]
"""What a route needs. `person`: a session, also one with something pending, and no API key."""
Scope = Literal["read", "trade", "admin"]
"""What an API key is for: reading, orders and strategies, administration; never more than its owner's roles."""
Need = Scope | Literal["self"]
"""What a route needs of an API key; `self`: sessions, password, second factor, API keys, which none can have."""
AuthMode = Literal["off", "local", "supabase"]
"""`off`: everybody is the local principal; `local`: our own issuer; `supabase`: theirs."""
Pending = Literal["second_factor", "password"]
"""What a person who has signed in must do before anything else: give the second factor, change the password."""
EndReason = Literal["signed_out", "ended", "idle", "expired", "reused", "role", "disabled", "password", "removed"]
"""Why a session has ended."""


class Principal(Struct, frozen=True, kw_only=True):
    """Who is asking."""

    user_id: str
    roles: frozenset[Role]
    session_id: str | None = None
    """Of the person's session; None for the local principal and for API keys."""
    key_id: str | None = None
    """Of the API key."""
    scopes: frozenset[Scope] | None = None
    """Of the API key; None: everything the roles allow."""
    expires_ms: int | None = None
    """UNIX milliseconds at which the token ends; None: never."""
    pending: Pending | None = None
    email: str = ""

    def require(self, role: Role, *, need: Need = "read") -> None:
        """Do nothing when the role is held and, of an API key, the scope too.

        Raises:
            ForbiddenError: If it is not.
        """
        if role == "public" or (role == "person" and self.key_id is None):
            return
        if role not in self.roles:
            raise ForbiddenError(f"needs role {role}")
        if self.pending is not None:
            raise PendingError(_PENDING[self.pending])
        if self.scopes is not None and need not in self.scopes:
            raise ForbiddenError(
                f"an API key needs scope {need} for this" if need != "self" else "no API key opens this"
            )

    def may(self, role: Role, *, need: Need = "read") -> bool:
        """Return whether `require` would do nothing."""
        try:
            self.require(role, need=need)
        except ForbiddenError:
            return False
        return True


_PENDING: Mapping[Pending, str] = {
    "second_factor": "the second factor must be given first",
    "password": "the password must be changed first",
}

LOCAL = Principal(user_id="local", roles=frozenset({"viewer", "trader", "admin"}))
"""Local single-user mode: every request is this principal."""


class Origin(Struct, frozen=True, kw_only=True):
    """Where a request comes from."""

    address: str = ""
    """Of the peer, behind a trusted proxy the one it names."""
    user_agent: str = ""
    trace_id: str = ""


class IdentityListener(Protocol):
    """Who closes connections; called on the owner loop, at once."""

    def session_ended(self, user_id: str, session_id: str, reason: EndReason) -> None:
        """Close what this session has open."""

    def key_ended(self, user_id: str, key_id: str) -> None:
        """Close what this API key has open."""


class Identity(Protocol):
    """Finds out who is asking; one verifier for both issuers, and for API keys."""

    @property
    def mode(self) -> AuthMode:
        """Who issues tokens."""

    def known(self, token: str) -> Principal | None:
        """Return whose verified and living token this is without waiting; None when `verify` must look.

        Raises:
            TokenExpiredError: If it has ended.
            SessionRevokedError: If its session has ended.
        """

    async def verify(self, token: str) -> Principal:
        """Return whose token or API key this is.

        Raises:
            UnauthorizedError: If it opens nothing.
            TokenExpiredError: If it has ended.
            SessionRevokedError: If its session has ended, its user is disabled or its key was taken back.
            JwksUnavailableError: If the issuer's keys were never seen and cannot be had.
        """

    def refusal(self, principal: Principal) -> NodeError | None:
        """Return why somebody who was let in may go on no longer; None while all is well."""

    def note(self, principal: Principal) -> None:
        """Note that a person or program is active: a session without use ends."""

    def listen(self, listener: IdentityListener) -> None:
        """Have connections closed by `listener` too."""


__all__ = [
    "LOCAL",
    "AuthMode",
    "EndReason",
    "Identity",
    "IdentityListener",
    "Need",
    "Origin",
    "Pending",
    "Principal",
    "Role",
    "Scope",
]
