"""Users and tokens in GoTrue's words."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Literal

from msgspec import Struct

from actors.bridge.words import time_text
from actors.ports.people import Factor, SignedIn, User
from actors.wire_people import Hidden, role_names
from config.auth import RoleName


class AppMetadata(Struct, frozen=True, kw_only=True):
    """What the node says of a user, and only an admin can change."""

    provider: Literal["email"] = "email"
    providers: tuple[Literal["email"], ...] = ("email",)
    roles: tuple[RoleName, ...]


class GotrueFactor(Struct, frozen=True, kw_only=True):
    """A second factor of a user."""

    id: str
    friendly_name: str
    factor_type: Literal["totp"] = "totp"
    status: Literal["verified", "unverified"]
    created_at: str
    updated_at: str


class GotrueUser(Struct, frozen=True, kw_only=True):
    """A user, as the clients of Supabase read it."""

    id: str
    aud: Literal["authenticated"] = "authenticated"
    role: Literal["authenticated"] = "authenticated"
    email: str
    email_confirmed_at: str
    confirmed_at: str
    phone: Literal[""] = ""
    last_sign_in_at: str | None
    app_metadata: AppMetadata
    user_metadata: dict[str, Any]
    """The user's own words; no right comes from them."""
    identities: tuple[()] = ()
    factors: tuple[GotrueFactor, ...]
    created_at: str
    updated_at: str
    banned_until: str | None
    """Null unless the user is disabled."""
    is_anonymous: Literal[False] = False


class TokenAnswer(Hidden, frozen=True, kw_only=True):
    """The tokens of a session."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # what kind it is
    expires_in: int
    """Seconds."""
    expires_at: int
    """UNIX seconds."""
    refresh_token: str
    user: GotrueUser


def gotrue_user(user: User, factors: Sequence[Factor]) -> GotrueUser:
    """Return a user with its second factors."""
    created = time_text(user.created_ms)
    return GotrueUser(
        id=user.user_id,
        email=user.email,
        email_confirmed_at=created,
        confirmed_at=created,
        last_sign_in_at=None if user.signed_in_ms is None else time_text(user.signed_in_ms),
        app_metadata=AppMetadata(roles=role_names(user.roles)),
        user_metadata=user.profile,
        factors=tuple(map(gotrue_factor, factors)),
        created_at=created,
        updated_at=time_text(user.updated_ms),
        banned_until=FOR_EVER if user.is_disabled else None,
    )


def gotrue_factor(factor: Factor) -> GotrueFactor:
    """Return a second factor."""
    created = time_text(factor.created_ms)
    return GotrueFactor(
        id=factor.factor_id,
        friendly_name=factor.name,
        status="verified" if factor.is_verified else "unverified",
        created_at=created,
        updated_at=created,
    )


def token_answer(signed: SignedIn, factors: Sequence[Factor], now_ms: int) -> TokenAnswer:
    """Return the tokens of a session; `now_ms`: UNIX milliseconds."""
    return TokenAnswer(
        access_token=signed.access_token,
        expires_in=max(0, ceil((signed.expires_ms - now_ms) / 1_000)),
        expires_at=signed.expires_ms // 1_000,
        refresh_token=signed.refresh_token,
        user=gotrue_user(signed.user, factors),
    )


FOR_EVER = "2200-01-01T00:00:00Z"
