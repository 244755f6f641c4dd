"""Who is asking, where Supabase is the issuer: the token says who and what; whether it still counts, we know too."""

from typing import override

from actors.auth.api_keys import ApiKeys
from actors.auth.claims import Claims
from actors.auth.directory import Directory
from actors.auth.local_identity import LocalIdentity
from actors.auth.roles import effective
from actors.auth.seen_rows import SeenRows
from actors.auth.verifier import Verifier
from actors.ports.identity import AuthMode, Principal
from config.auth_errors import SessionRevokedError, TokenExpiredError
from config.errors import NodeError


class SupabaseIdentity(LocalIdentity):
    """Implements `ports.Identity`: roles are those of the token, until a newer one of the user has fewer."""

    mode: AuthMode = "supabase"

    def __init__(self, directory: Directory, verifier: Verifier, api_keys: ApiKeys, rows: SeenRows) -> None:
        super().__init__(directory, verifier, api_keys)
        self._users = directory
        self._rows = rows

    @override
    def refusal(self, principal: Principal) -> NodeError | None:
        refused = super().refusal(principal)
        if refused is not None or principal.key_id is not None:
            return refused
        try:
            self._check_roles(principal)
        except NodeError as e:
            return e
        return None

    @override
    def _principal(self, claims: Claims) -> Principal:
        user, session = self._living(claims.sub, claims.session_id)
        principal = Principal(
            user_id=user.user_id,
            roles=effective(self._rows.roles_of(claims)),
            session_id=session.session_id,
            expires_ms=claims.exp * 1000,
            pending=self._pending(user, session),
            email=user.email,
        )
        self._check_roles(principal)
        return principal

    def _check_roles(self, principal: Principal) -> None:
        """Do nothing while the user still has all roles that a token gave.

        Raises:
            SessionRevokedError: If the user is no more.
            TokenExpiredError: If the roles are fewer.
        """
        user = self._users.find(principal.user_id)
        if user is None:
            raise SessionRevokedError("the session has ended")
        if not principal.roles <= effective(user.roles):
            raise TokenExpiredError("the user's roles have changed: renew the token")
