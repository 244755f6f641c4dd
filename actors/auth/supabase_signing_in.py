"""Signing in and up where Supabase is the issuer: passed through, and neither kept nor logged."""

import structlog
from msgspec import Struct

from actors.auth import emails
from actors.auth.api_keys import ApiKeys
from actors.auth.audited import Refusals
from actors.auth.directory import Directory
from actors.auth.jwks import Jwks
from actors.auth.kept import Kept
from actors.auth.project import Grant, Project
from actors.auth.seen import Seen
from actors.auth.throttle import Throttle
from actors.auth.verifier import Verifier
from actors.ports.identity import Origin
from actors.ports.people import PeopleListener, SignedIn
from config.auth import AuthSection
from config.auth_errors import (
    CredentialsError,
    DisabledError,
    JwksUnavailableError,
    RefreshTokenError,
    SessionRevokedError,
)
from config.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NodeError,
    RateLimitedError,
    UnauthorizedError,
)

MAX_PASSWORD_BYTES = 1_024

log = structlog.get_logger(__name__)


class SupabaseParts(Struct, frozen=True, kw_only=True):
    """What `SupabasePeople` works with; lives as long as the process."""

    section: AuthSection
    directory: Directory
    project: Project
    keys: Jwks
    verifier: Verifier
    seen: Seen
    api_keys: ApiKeys
    throttle: Throttle
    refusals: Refusals
    listeners: list[PeopleListener]
    """Who opens and closes what users have."""


class SupabaseSigningIn(Kept):
    """Begins, renews and ends sessions."""

    def __init__(self, parts: SupabaseParts) -> None:
        super().__init__(parts.directory, parts.api_keys, parts.listeners)
        self._parts = parts

    async def sign_in(self, email: str, password: str, origin: Origin, *, is_long: bool = False) -> SignedIn:
        """Sign in at Supabase; a long one is as long as the project's tokens live, without refresh."""
        name = emails.plain(email)
        try:
            attempt = self._parts.throttle.attempt(name, origin.address)
        except RateLimitedError:
            self._refused(name, "throttled", origin)
            raise
        with attempt:
            try:
                _check_size(password, CredentialsError("email or password is wrong"))
                grant = await self._parts.project.sign_in(name, password)
            except (CredentialsError, DisabledError) as e:
                self._directory.write(*attempt.failed())
                self._refused(name, "disabled" if isinstance(e, DisabledError) else "credentials", origin)
                raise
            signed_in = await self._signed_in(grant, origin, is_long=is_long)
            self._directory.write(*attempt.succeeded())
            return signed_in

    async def sign_up(
        self, email: str, password: str, origin: Origin, *, profile: dict[str, object] | None = None
    ) -> SignedIn:
        """Sign up at Supabase, where `auth.sign_up` allows it here."""
        if not self._parts.section.sign_up:
            raise ForbiddenError("signing up is off: ask an admin for a user")
        address = emails.checked(email)
        _check_size(
            password, InvalidInputError(f"a password has at most {MAX_PASSWORD_BYTES} bytes", path="$.password")
        )
        with self._parts.throttle.attempt("sign-up", origin.address) as attempt:
            try:
                grant = await self._parts.project.sign_up(address, password, profile or {})
            except ConflictError:
                self._directory.write(*attempt.failed())
                raise
        if grant is None:
            raise ConflictError("the user was made: confirm the email by the message that was sent, then sign in")
        return await self._signed_in(grant, origin, is_long=False)

    async def refresh(self, refresh_token: str, origin: Origin) -> SignedIn:
        """Renew tokens at Supabase."""
        try:
            return await self._signed_in(await self._parts.project.refresh(refresh_token), origin, is_long=False)
        except SessionRevokedError as e:
            raise RefreshTokenError(str(e), reason="session_expired") from e

    # --- pieces

    async def _signed_in(self, grant: Grant, origin: Origin, *, is_long: bool) -> SignedIn:
        """Look at tokens as at any that somebody brings; only then the sign-in counts."""
        self._parts.keys.heard()
        self._parts.seen.expect(grant.access_token, origin)
        try:
            claims = await self._parts.verifier.verify(grant.access_token)
        except (SessionRevokedError, JwksUnavailableError):
            raise
        except UnauthorizedError as e:
            log.error("supabase_token_not_verified", reason=str(e))  # noqa: TRY400  # its text has no secret, a trace might
            raise JwksUnavailableError("Supabase gave a token that this node cannot verify") from None
        finally:
            self._parts.seen.forget(grant.access_token)
        row = self._directory.user(claims.sub)
        return SignedIn(
            access_token=grant.access_token,
            expires_ms=claims.exp * 1_000,
            refresh_token="" if is_long else grant.refresh_token,
            session_id=claims.session_id,
            user=self._shown(row),
        )

    def _refused(self, name: str, reason: str, origin: Origin) -> None:
        """Tell the audit log; names that are nobody's are counted as one for each address."""
        row = self._directory.by_email(name)
        self._parts.refusals.note(name if row else "", row.user_id if row else "", reason, origin)


def _check_size(password: str, refusal: NodeError) -> None:
    if len(password.encode("utf-8", "replace")) > MAX_PASSWORD_BYTES:
        raise refusal
