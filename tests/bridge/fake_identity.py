"""An identity for tests of the bridge: tokens and whose they are, put in by the test; sessions can be ended."""

import itertools
from collections.abc import Iterable

import msgspec

from actors.ports.identity import AuthMode, IdentityListener, Principal, Role, Scope
from config.auth_errors import SessionRevokedError, TokenExpiredError
from config.errors import NodeError, UnauthorizedError

TRADER: frozenset[Role] = frozenset({"viewer", "trader"})
ADMIN: frozenset[Role] = frozenset({"viewer", "trader", "admin"})
VIEWER: frozenset[Role] = frozenset({"viewer"})


class FakeIdentity:
    """Implements `ports.Identity`; a token that nobody was given opens nothing."""

    mode: AuthMode = "local"

    def __init__(self, now_ms: int = 0) -> None:
        self.now_ms = now_ms
        """Tokens that end before are expired; 0: none is."""
        self.principals: dict[str, Principal] = {}
        """By token."""
        self.known_tokens: set[str] = set()
        """Looked at before: the others take `verify`."""
        self.ended: set[str] = set()
        """Session and key ids."""
        self.noted: list[str] = []
        """User ids, in the order of what they did."""
        self.verified = 0
        """How often an unknown token was looked at."""
        self.failure: NodeError | None = None
        """Raised by `verify`, as when the issuer cannot be reached."""
        self._listeners: list[IdentityListener] = []
        self._numbers = itertools.count(1)

    def add(self, user_id: str, roles: Iterable[Role] = TRADER, *, token: str | None = None, **fields: object) -> str:
        """Give a user a session; return its token, by default the user's own id."""
        text = user_id if token is None else token
        principal = Principal(user_id=user_id, roles=frozenset(roles), session_id=f"s-{next(self._numbers)}")
        self.principals[text] = msgspec.structs.replace(principal, **fields)
        return text

    def add_key(self, user_id: str, scopes: Iterable[Scope], roles: Iterable[Role] = TRADER) -> str:
        """Give a user an API key; return its text."""
        key_id = f"k{next(self._numbers)}"
        text = f"wk_{key_id}_{user_id}"
        self.principals[text] = Principal(
            user_id=user_id, roles=frozenset(roles), key_id=key_id, scopes=frozenset(scopes)
        )
        return text

    def end(self, token: str) -> None:
        """End the session or key of a token, and tell it."""
        principal = self.principals[token]
        self.ended.add(principal.session_id or principal.key_id or "")
        for listener in self._listeners:
            if principal.session_id is not None:
                listener.session_ended(principal.user_id, principal.session_id, "signed_out")
            elif principal.key_id is not None:
                listener.key_ended(principal.user_id, principal.key_id)

    # What the bridge asks.

    def known(self, token: str) -> Principal | None:
        return self._living(token) if token in self.known_tokens else None

    async def verify(self, token: str) -> Principal:
        self.verified += 1
        if self.failure is not None:
            raise self.failure
        principal = self._living(token)
        self.known_tokens.add(token)
        return principal

    def refusal(self, principal: Principal) -> NodeError | None:
        if (principal.session_id or principal.key_id) in self.ended:
            return SessionRevokedError("the session has ended")
        if principal.expires_ms is not None and principal.expires_ms < self.now_ms:
            return TokenExpiredError("the token has expired")
        return None

    def note(self, principal: Principal) -> None:
        self.noted.append(principal.user_id)

    def listen(self, listener: IdentityListener) -> None:
        self._listeners.append(listener)

    def _living(self, token: str) -> Principal:
        principal = self.principals.get(token)
        if principal is None:
            raise UnauthorizedError("that token opens nothing")
        refusal = self.refusal(principal)
        if refusal is not None:
            raise refusal
        return principal


class OpenHouse(FakeIdentity):
    """Every word is a token of the user of that name: `admin` and `viewer` are what they are called, others traders."""

    def _living(self, token: str) -> Principal:
        if token.isalnum() and token not in self.principals:
            self.add(token, ADMIN if token == "admin" else VIEWER if token == "viewer" else TRADER)
        return super()._living(token)
