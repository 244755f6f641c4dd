"""What the journal keeps of users, sessions, second factors and API keys; none of it shows a secret in its `repr`."""

from collections.abc import Sequence

from msgspec import Struct, field

from actors.ports.identity import EndReason, Role, Scope


class UserRow(Struct, frozen=True, kw_only=True):
    """One user, as kept."""

    user_id: str
    """A UUID."""
    email: str
    """Lower case; empty once the user was removed."""
    password: str = ""
    """argon2id; empty when somebody else keeps it (Supabase)."""
    roles: tuple[Role, ...] = ("viewer",)
    is_disabled: bool = False
    must_change: bool = False
    """The password was given by somebody else."""
    profile: dict[str, object] = field(default_factory=dict)
    """`user_metadata`: the user's own, never looked at for rights."""
    created_ms: int
    updated_ms: int
    signed_in_ms: int | None = None
    removed_ms: int | None = None

    def __repr__(self) -> str:
        return f"UserRow({self.user_id})"


class SessionRow(Struct, frozen=True, kw_only=True):
    """One session, as kept."""

    session_id: str
    """A UUID."""
    user_id: str
    key: str
    """Base64 of the 32 bytes that its refresh tokens are made with, sealed."""
    counter: int = 0
    """Of its newest refresh token."""
    refreshed_ms: int
    active_ms: int
    """Last use, to the minute."""
    until_ms: int
    """Its end, however much it is used."""
    is_verified: bool = False
    """Whether the second factor was given."""
    address: str = ""
    user_agent: str = ""
    created_ms: int
    ended_ms: int | None = None
    ended: EndReason | None = None

    def __repr__(self) -> str:
        return f"SessionRow({self.session_id})"


class FactorRow(Struct, frozen=True, kw_only=True):
    """One second factor (TOTP), as kept."""

    factor_id: str
    """A UUID."""
    user_id: str
    secret: str
    """Sealed."""
    name: str = ""
    is_verified: bool = False
    used_step: int = 0
    """Newest time step whose code was taken: no code counts twice."""
    recovery: tuple[str, ...] = ()
    """Hashes of the recovery codes that are left."""
    created_ms: int
    removed_ms: int | None = None

    def __repr__(self) -> str:
        return f"FactorRow({self.factor_id})"


class ApiKeyRow(Struct, frozen=True, kw_only=True):
    """One API key, as kept."""

    key_id: str
    """12 characters, the first part of the key itself."""
    user_id: str
    name: str
    digest: str
    """SHA-256 of the key, hexadecimal: it has 256 random bits."""
    scopes: tuple[Scope, ...]
    created_ms: int
    expires_ms: int | None = None
    used_ms: int | None = None
    ended_ms: int | None = None

    def __repr__(self) -> str:
        return f"ApiKeyRow({self.key_id})"


class SigningKeyRow(Struct, frozen=True, kw_only=True):
    """One key that tokens are signed with, as kept."""

    kid: str
    private: str
    """Sealed PKCS8."""
    public: str
    """JSON Web Key as JSON."""
    created_ms: int
    retired_ms: int | None = None
    """Signs no more since then; published until the last token that it signed has ended."""

    def __repr__(self) -> str:
        return f"SigningKeyRow({self.kid})"


class DataKeyRow(Struct, frozen=True, kw_only=True):
    """The key that an owner's secrets are sealed with, itself sealed with a master key."""

    owner: str
    """A user id, or `node`."""
    master_id: str
    """Which master key."""
    wrapped: str
    """Base64; empty once the owner was removed: nothing of theirs can be read again."""

    def __repr__(self) -> str:
        return f"DataKeyRow({self.owner})"


class ThrottleRow(Struct, frozen=True, kw_only=True):
    """Failures of signing in, from one place."""

    key: str
    """`pair:<digest of email and address>`, `address:<address>` or `name:<digest of whose codes>`."""
    failures: int
    first_ms: int
    until_ms: int
    """Refused until then."""
    good_ms: int | None = None
    """Of a pair: when it last signed in."""


PersonRow = UserRow | SessionRow | FactorRow | ApiKeyRow | SigningKeyRow | DataKeyRow | ThrottleRow
"""What the journal keeps of people; a row with the key of an earlier one takes its place."""


class RecordedPeople(Struct, frozen=True, kw_only=True):
    """What a start knows of people."""

    users: Sequence[UserRow] = ()
    sessions: Sequence[SessionRow] = ()
    """Those that have not ended."""
    factors: Sequence[FactorRow] = ()
    """Those that were not removed."""
    api_keys: Sequence[ApiKeyRow] = ()
    signing_keys: Sequence[SigningKeyRow] = ()
    data_keys: Sequence[DataKeyRow] = ()
    throttles: Sequence[ThrottleRow] = ()
