"""What goes over the wire of users: who they are, their sessions, API keys and what the audit log says of them."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from actors.agents import browser_of, system_of
from actors.ports import AuditEntry
from actors.ports.identity import Pending, Scope
from actors.ports.people import ApiKey, Session, User
from actors.wire import Millis
from config.auth import RoleName

OTHER = "other"
"""In place of the id of a user who may not be named."""

_MS = 1_000_000
_THEIRS = frozenset({"address", "user_agent"})
"""Of a detail: where an actor was who may not be named."""
_USER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Hidden(Struct, frozen=True):
    """Base of what holds a password, code or token: its `repr` shows none of it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class UserBody(Struct, frozen=True, kw_only=True):
    """One user."""

    user_id: str
    email: str
    roles: tuple[RoleName, ...]
    """`trader` and `admin` may also do what a viewer may."""
    is_disabled: bool
    must_change: bool
    """Whether the password must be changed at the next sign-in."""
    has_second_factor: bool
    profile: dict[str, Any]
    """The user's own words; no right comes from them."""
    created_ms: Millis
    updated_ms: Millis
    signed_in_ms: Millis | None
    """Of the newest sign-in; null before the first."""


class SessionBody(Struct, frozen=True, kw_only=True):
    """One session of a user."""

    session_id: str
    address: str
    """Where it was used from last."""
    user_agent: str
    browser: str
    """Read from the user agent, for people; empty when it is none that is known."""
    os: str
    """Likewise."""
    created_ms: Millis
    active_ms: Millis
    """Of its last use, to the minute."""
    until_ms: Millis
    """It ends then however much it is used."""
    is_current: bool
    """Whether it is the one that asks."""
    is_verified: bool
    """Whether the second factor was given."""


class CurrentSession(Struct, frozen=True, kw_only=True):
    """Who is signed in here."""

    user: UserBody | None
    """Null on a node without users."""
    session_id: str | None
    expires_ms: Millis | None
    """The access token must be renewed before; null: never."""
    until_ms: Millis | None
    """The session ends then, however much it is used."""
    pending: Pending | None
    """What must be done before anything else."""
    roles: tuple[RoleName, ...]
    """In force, those that others imply included."""
    scopes: tuple[Scope, ...] | None
    """Null: everything that the roles allow."""


class ApiKeyBody(Struct, frozen=True, kw_only=True):
    """One API key of a user, without its text."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    created_ms: Millis
    expires_ms: Millis | None
    """Null: never."""
    used_ms: Millis | None
    """Of its last use, to the minute."""


class AuditBody(Struct, frozen=True, kw_only=True):
    """One row of the audit log."""

    seq: int
    """Its number; grows with time."""
    ts: Millis
    """Wall time."""
    actor: str
    """Who did it: a user id, `anonymous`, or a part of the node; to others than admins every other user is `other`."""
    actor_email: str
    """Empty when it is no user, or not told."""
    action: str
    """For example `auth.sign_in`."""
    target: str
    """What it was done to: a user id, or something of the user's."""
    target_email: str
    detail: dict[str, Any]
    trace_id: str
    """Of the request, also in the log."""


def user_body(user: User) -> UserBody:
    """Return the wire form of a user."""
    return UserBody(
        user_id=user.user_id,
        email=user.email,
        roles=role_names(user.roles),
        is_disabled=user.is_disabled,
        must_change=user.must_change,
        has_second_factor=user.has_second_factor,
        profile=user.profile,
        created_ms=user.created_ms,
        updated_ms=user.updated_ms,
        signed_in_ms=user.signed_in_ms,
    )


def role_names(roles: Any) -> tuple[RoleName, ...]:  # noqa: ANN401  # any collection of roles
    """Return those roles that a user can hold, the least first."""
    names: tuple[RoleName, ...] = ("viewer", "trader", "admin")
    return tuple(name for name in names if name in roles)


def session_body(session: Session, current_id: str | None) -> SessionBody:
    """Return the wire form of a session; `current_id`: of the one that asks."""
    return SessionBody(
        session_id=session.session_id,
        address=session.address,
        user_agent=session.user_agent,
        browser=browser_of(session.user_agent),
        os=system_of(session.user_agent),
        created_ms=session.created_ms,
        active_ms=session.active_ms,
        until_ms=session.until_ms,
        is_current=session.session_id == current_id,
        is_verified=session.is_verified,
    )


def api_key_body(key: ApiKey) -> ApiKeyBody:
    """Return the wire form of an API key."""
    return ApiKeyBody(
        key_id=key.key_id,
        name=key.name,
        scopes=key.scopes,
        created_ms=key.created_ms,
        expires_ms=key.expires_ms,
        used_ms=key.used_ms,
    )


def audit_body(entry: AuditEntry, emails: Mapping[str, str], *, are_others_told: bool) -> AuditBody:
    """Return the wire form of a row of the audit log.

    Args:
        entry: The row.
        emails: User id -> email of those who may be named.
        are_others_told: Whether the ids of other users are shown.
    """
    actor, target = (_shown(text, emails, are_others_told=are_others_told) for text in (entry.actor, entry.target))
    detail = msgspec.json.decode(entry.detail) if entry.detail else {}
    if actor == OTHER:
        detail = {name: value for name, value in detail.items() if name not in _THEIRS}
    return AuditBody(
        seq=entry.seq,
        ts=entry.ts // _MS,
        actor=actor,
        actor_email=emails.get(actor, ""),
        action=entry.action,
        target=target,
        target_email=emails.get(target, ""),
        detail=detail,
        trace_id=entry.trace_id,
    )


def _shown(text: str, emails: Mapping[str, str], *, are_others_told: bool) -> str:
    return text if are_others_told or text in emails or not _USER_ID.fullmatch(text) else OTHER
