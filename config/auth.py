"""Sections of the configuration about who may do what."""

from typing import Annotated, Literal

from msgspec import Meta

from config.fields import Config, Positive, Seconds

RoleName = Literal["viewer", "trader", "admin"]
Variable = Annotated[str, Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,127}\Z")]
Address = Annotated[str, Meta(pattern=r"\Ahttps?://[^\s?#]+\Z", max_length=512)]


class SupabaseSection(Config, frozen=True, kw_only=True):
    """Users kept by a Supabase project; its secrets come from the environment only."""

    url: Address | None = None
    """Of the project, for example `https://abc.supabase.co`."""
    publishable_key_env: Variable = "SUPABASE_PUBLISHABLE_KEY"
    """Variable with the key that sign-in is passed through with."""
    jwt_secret_env: Variable | None = None
    """Variable with the secret of a project that signs with HS256; None: its public keys are fetched."""
    default_roles: tuple[RoleName, ...] = ()
    """Of users whose `app_metadata.roles` is missing."""
    timeout_s: Seconds = 5.0
    keys_s: Seconds = 600.0
    """How long fetched keys count as fresh; older ones serve on for a day while the project cannot be reached."""


class AuthSection(Config, frozen=True, kw_only=True):
    """Users; without them everybody at this computer is the local principal, who may do everything."""

    mode: Literal["off", "local", "supabase"] = "off"
    """`local`: users are kept here; `supabase`: by a Supabase project."""
    public_url: Address | None = None
    """Where people reach the node; `<it>/auth/v1` issues the tokens. None: `http://localhost:<server.port>`."""
    first_admin: Annotated[str, Meta(pattern=r"\A[^@\s]{1,64}@[^@\s]{1,190}\Z")] = "admin@localhost"
    """Email of the admin that a first start makes; its password is shown once."""
    sign_up: bool = False
    """Whether strangers may make themselves users."""
    sign_up_roles: tuple[RoleName, ...] = ("trader",)
    access_min: Annotated[float, Meta(gt=0.0, le=60.0)] = 15.0
    """Minutes until an access token must be renewed."""
    idle_min: Annotated[float, Meta(gt=0.0, le=43_200.0)] = 60.0
    """A session ends after so many minutes without use."""
    session_days: Annotated[float, Meta(gt=0.0, le=365.0)] = 30.0
    """A session ends after so many days however it is used."""
    long_token_h: Annotated[float, Meta(gt=0.0, le=24.0)] = 24.0
    """Hours of a token from `POST /api/auth/login`; it ends with its session."""
    max_sessions_per_user: Positive = 10
    """One more ends the one that was used longest ago."""
    max_api_keys_per_user: Positive = 20
    password_min_length: Annotated[int, Meta(ge=8, le=128)] = 12
    failures_free: Positive = 5
    """Wrong passwords for one email from one address before waiting begins, which then doubles up to 15 minutes."""
    failures_per_address: Positive = 50
    """Wrong passwords from one address in 15 minutes; not counted for an email that signed in from there lately."""
    master_keys_env: Variable = "WHISPERER_MASTER_KEYS"
    """Variable with the master keys, newest first: base64 of 32 bytes each, by comma. Without it, a file."""
    master_key_file: str | None = None
    """None: `master.key` under the state folder, made at the first start; refused when others may read it."""
    master_key_command: tuple[str, ...] = ()
    """A program that prints the master keys, for example of a keyring or a vault; before variable and file."""
    supabase: SupabaseSection = SupabaseSection()
