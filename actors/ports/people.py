"""Users, their sessions, second factors and API keys: what others see of them and what can be done with them."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from actors.ports.identity import Origin, Principal, Role, Scope

SignOut = Literal["local", "others", "global"]
"""Which sessions of a user end: this one, all others, all."""


class User(Struct, frozen=True, kw_only=True):
    """A user as others may see it: without the password."""

    user_id: str
    email: str
    roles: tuple[Role, ...]
    is_disabled: bool
    must_change: bool
    has_second_factor: bool
    profile: dict[str, object]
    created_ms: int
    updated_ms: int
    signed_in_ms: int | None


class Session(Struct, frozen=True, kw_only=True):
    """A session as its owner may see it."""

    session_id: str
    user_id: str
    address: str
    user_agent: str
    created_ms: int
    active_ms: int
    until_ms: int
    is_verified: bool


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key as its owner may see it."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    created_ms: int
    expires_ms: int | None
    used_ms: int | None


class Factor(Struct, frozen=True, kw_only=True):
    """A second factor as its owner may see it."""

    factor_id: str
    name: str
    is_verified: bool
    recovery_left: int
    created_ms: int


class Enrollment(Struct, frozen=True, kw_only=True):
    """A second factor that waits for its first code; shown once."""

    factor_id: str
    secret: str
    """Base32."""
    uri: str
    """`otpauth://…`, for a QR code."""


class SignedIn(Struct, frozen=True, kw_only=True):
    """The outcome of signing in or of a refresh."""

    access_token: str
    expires_ms: int
    """UNIX milliseconds."""
    refresh_token: str
    """Empty where there is none (`POST /api/auth/login`)."""
    session_id: str
    user: User

    def __repr__(self) -> str:
        return f"SignedIn({self.session_id})"


class PeopleListener(Protocol):
    """Who opens and closes what users have; called on the owner loop once it is durable."""

    async def user_made(self, user: User) -> None:
        """Give a new user, or one that got the role, a trader.

        Raises:
            NoCapacityError: If no slot is free: the user is not made then.
            StoreUnavailableError: If the trader cannot be made durable.
        """

    async def user_changed(self, user: User) -> None:
        """Take notice of other roles, or that the user was disabled, enabled or removed."""


class People(Protocol):
    """Everything that can be done with users where we are the issuer; passwords and tokens are never kept or logged.

    What changes something raises `StoreUnavailableError` when it cannot be made durable. Every change and every
    refusal stands in the audit log. `Origin` is where the request comes from. In Supabase mode only what concerns
    our own things works (API keys, `users` that were seen); the rest raises `ConflictError` and says where it is done.
    """

    # --- signing in

    async def sign_in(self, email: str, password: str, origin: Origin, *, is_long: bool = False) -> SignedIn:
        """Begin a session; with a second factor the token opens nothing until `verify_factor`.

        Args:
            email: In any case.
            password: Up to 1,024 bytes.
            origin: Throttled by it.
            is_long: One token of up to 24 hours without refresh, ended with its session (`/api/auth/login`).

        Raises:
            CredentialsError: If email or password is wrong; the same, and as slow, for users that do not exist.
            DisabledError: If the user is disabled and the password right.
            RateLimitedError: If there were too many failures.
        """

    async def sign_up(
        self, email: str, password: str, origin: Origin, *, profile: dict[str, object] | None = None
    ) -> SignedIn:
        """Make a user with the configured role and sign in.

        Raises:
            ForbiddenError: If signing up is off.
            ConflictError: If there is one.
            WeakPasswordError: If the password is too short, too long or known.
            JwksUnavailableError: In Supabase mode, if it cannot be reached.
        """

    async def refresh(self, refresh_token: str, origin: Origin) -> SignedIn:
        """Return new tokens for a refresh token; one that was used before ends its session.

        Raises:
            RefreshTokenError: If it opens nothing; `reason` says why, in GoTrue's words.
        """

    async def sign_out(self, principal: Principal, which: SignOut, origin: Origin) -> None:
        """End sessions."""

    # --- one's own things

    def user(self, user_id: str) -> User:
        """Return a user.

        Raises:
            NotFoundError: If there is none.
        """

    async def change_password(self, principal: Principal, current: str | None, new: str, origin: Origin) -> User:
        """Change one's password; every other session ends.

        Args:
            principal: Whose.
            current: None where the session is younger than 10 minutes, or the password must be changed.
            new: The new one.
            origin: Throttled by it.

        Raises:
            CredentialsError: If the current one is wrong or missing.
            WeakPasswordError: If the new one is weak, or the same.
        """

    async def change_profile(self, user_id: str, changes: dict[str, object], origin: Origin) -> User:
        """Change one's `user_metadata`, key by key; None removes one. At most 4 KiB."""

    def sessions(self, user_id: str) -> Sequence[Session]:
        """Return a user's living sessions, the newest first."""

    async def end_session(self, user_id: str, session_id: str, origin: Origin, *, actor: str) -> None:
        """End one session of a user.

        Raises:
            NotFoundError: If the user has none such.
        """

    # --- second factor

    def factors(self, user_id: str) -> Sequence[Factor]:
        """Return a user's second factors, also one that was not verified yet."""

    async def enroll(self, user_id: str, name: str, origin: Origin) -> Enrollment:
        """Begin a second factor; it counts from its first right code on.

        Raises:
            ConflictError: If there is a verified one.
        """

    async def verify_factor(
        self, principal: Principal, factor_id: str, code: str, origin: Origin
    ) -> tuple[SignedIn, tuple[str, ...]]:
        """Give a code: of a new factor, or of a session that waits for it; `code` may be a recovery code then.

        Returns:
            New tokens of the session, and the recovery codes if the factor is new, shown once.

        Raises:
            CredentialsError: If the code is wrong or was used.
            RateLimitedError: If there were too many failures.
            NotFoundError: If there is no such factor.
        """

    async def new_recovery_codes(self, user_id: str, code: str, origin: Origin) -> tuple[str, ...]:
        """Replace the recovery codes; needs a code of the factor."""

    async def remove_factor(
        self, user_id: str, factor_id: str, code: str | None, origin: Origin, *, actor: str
    ) -> None:
        """Remove a second factor; its owner gives a code, an admin does not."""

    # --- API keys

    def api_keys(self, user_id: str) -> Sequence[ApiKey]:
        """Return a user's API keys that have not ended."""

    async def make_api_key(
        self, user_id: str, name: str, scopes: Sequence[Scope], expires_ms: int | None, origin: Origin
    ) -> tuple[ApiKey, str]:
        """Make an API key; return it and its text, shown once.

        Raises:
            InvalidInputError: If a scope is above the user's roles, the end is past, or the name is empty.
            NoCapacityError: If the user has as many as may be.
        """

    async def end_api_key(self, user_id: str, key_id: str, origin: Origin, *, actor: str) -> None:
        """Take an API key back.

        Raises:
            NotFoundError: If the user has none such.
        """

    # --- administration

    def users(self) -> Sequence[User]:
        """Return all users that were not removed, by email."""

    async def add(
        self,
        email: str,
        password: str | None,
        roles: Sequence[Role],
        origin: Origin,
        *,
        actor: str,
        must_change: bool = True,
        profile: dict[str, object] | None = None,
    ) -> tuple[User, str]:
        """Make a user, with its trader; return it and the password that was made when None was given, else "".

        Raises:
            ConflictError: If there is one with this email.
            InvalidInputError: If email or roles cannot be used.
            WeakPasswordError: If the password is weak.
            NoCapacityError: If a trader's slot is not free.
        """

    async def set_roles(self, user_id: str, roles: Sequence[Role], origin: Origin, *, actor: str) -> User:
        """Change roles; fewer of them end the user's sessions. The last admin stays one (ConflictError)."""

    async def set_disabled(self, user_id: str, origin: Origin, *, is_disabled: bool, actor: str) -> User:
        """Disable or enable a user; disabling ends sessions and API keys and halts the trader."""

    async def reset_password(self, user_id: str, password: str | None, origin: Origin, *, actor: str) -> str:
        """Give a user a password to be changed at the next sign-in; all sessions end. Returns one that was made."""

    async def set_email(self, user_id: str, email: str, origin: Origin, *, actor: str) -> User:
        """Change a user's email."""

    async def remove(self, user_id: str, origin: Origin, *, actor: str) -> None:
        """Remove a user: sessions, keys, second factor; orders and audit stay, the secrets can never be read again."""

    def listen(self, listener: PeopleListener) -> None:
        """Have `listener` open and close what users have; it must not change users itself."""

    # --- keys of the issuer

    def jwks(self) -> bytes:
        """Return the public keys as a JSON Web Key Set."""
