"""Who is asking, where we are the issuer: the token says who, the user and the session as they are now say what."""

from actors.auth.api_keys import ApiKeys
from actors.auth.claims import LEEWAY_S, Claims
from actors.auth.directory import Directory
from actors.auth.roles import effective
from actors.auth.verifier import Verifier
from actors.ports.identity import AuthMode, IdentityListener, Pending, Principal
from actors.ports.person_rows import SessionRow, UserRow
from config.auth_errors import SessionRevokedError, TokenExpiredError
from config.errors import NodeError


class LocalIdentity:
    """Implements `ports.Identity` on the directory: demotion, disabling and signing out count at once."""

    mode: AuthMode = "local"

    def __init__(self, directory: Directory, verifier: Verifier, api_keys: ApiKeys) -> None:
        self._directory = directory
        self._verifier = verifier
        self._api_keys = api_keys

    def known(self, token: str) -> Principal | None:
        """Return whose verified and living token this is without waiting; None when `verify` must look."""
        if self._api_keys.is_one(token):
            return self._api_keys.principal(token)
        claims = self._verifier.known(token)
        return None if claims is None else self._principal(claims)

    async def verify(self, token: str) -> Principal:
        """Return whose token or API key this is."""
        if self._api_keys.is_one(token):
            return self._api_keys.principal(token)
        return self._principal(await self._verifier.verify(token))

    def refusal(self, principal: Principal) -> NodeError | None:
        """Return why somebody who was let in may go on no longer; None while all is well."""
        if principal.expires_ms is not None and self._directory.now_ms() >= principal.expires_ms + LEEWAY_S * 1000:
            return TokenExpiredError("the token has expired")
        try:
            if principal.key_id is not None:
                _, user = self._api_keys.owner(principal.key_id)
                if not principal.roles <= effective(user.roles):
                    raise SessionRevokedError("the roles of the API key's user have changed")
            elif principal.session_id is not None:
                self._living(principal.user_id, principal.session_id)
        except NodeError as e:
            return e
        return None

    def note(self, principal: Principal) -> None:
        """Note that a person or program is active: a session without use ends."""
        if (name := principal.session_id or principal.key_id) is not None:
            self._directory.note(name)

    def listen(self, listener: IdentityListener) -> None:
        """Have connections closed by `listener` too."""
        self._directory.listen(listener)

    def _principal(self, claims: Claims) -> Principal:
        user, session = self._living(claims.sub, claims.session_id)
        return Principal(
            user_id=user.user_id,
            roles=effective(user.roles),
            session_id=session.session_id,
            expires_ms=claims.exp * 1000,
            pending=self._pending(user, session),
            email=user.email,
        )

    def _pending(self, user: UserRow, session: SessionRow) -> Pending | None:
        if not session.is_verified and self._directory.has_factor(user.user_id):
            return "second_factor"
        return "password" if user.must_change else None

    def _living(self, user_id: str, session_id: str) -> tuple[UserRow, SessionRow]:
        """Return user and session.

        Raises:
            SessionRevokedError: If one of them is no more.
        """
        user, session = self._directory.find(user_id), self._directory.session(session_id)
        if session is None or user is None or session.user_id != user_id:
            raise SessionRevokedError("the session has ended")
        if user.is_disabled:
            raise SessionRevokedError("the user is disabled")
        if (reason := self._directory.end_of(session_id)) is not None:
            raise SessionRevokedError("the session has ended: " + _WHY[reason])
        return user, session


_WHY = {"idle": "it was not used", "expired": "its time is over", "ended": "somebody ended it"}
