"""What a signed token says of its bearer, read so strictly that no two programs could read it in two ways."""

import json
import re
from typing import Annotated, Never, get_args

from msgspec import Meta, MsgspecError, Struct, ValidationError
from msgspec.json import decode

from actors.ports.identity import Role
from config.auth import RoleName
from config.auth_errors import TokenExpiredError
from config.errors import UnauthorizedError

LEEWAY_S = 5
"""Seconds by which clocks may differ."""
MAX_LIFETIME_S = 7 * 86_400
"""Longest life of a token, the longest that Supabase lets anybody configure."""
_MAX_DEPTH = 16
_UUID = r"\A[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"
_ROLES: tuple[RoleName, ...] = get_args(RoleName)

Uuid = Annotated[str, Meta(pattern=_UUID)]


class Claims(Struct, frozen=True, kw_only=True):
    """What a verified token says; times in UNIX seconds."""

    sub: str
    """The user: a UUID."""
    session_id: str
    """A UUID."""
    iat: int
    exp: int
    signed_in_s: int
    """When the session began: the earliest time of `amr`, else `iat`; a renewed token says the same."""
    email: str
    """Lower case; may be empty."""
    roles: frozenset[Role] | None
    """Of `app_metadata`, names that are none left out; None when it says nothing of roles."""
    is_verified: bool
    """Whether the second factor was given (`aal2`)."""
    user_metadata: dict[str, object]
    """The user's own words, never looked at for rights."""
    kid: str | None = None
    """Of the public key that it was verified with; None: with the secret."""

    def __repr__(self) -> str:
        return f"Claims({self.sub})"


class _Payload(Struct, kw_only=True):
    iss: str
    aud: str | list[str]
    sub: Uuid
    session_id: Uuid
    exp: int
    iat: int
    nbf: int | None = None
    role: str
    is_anonymous: bool = False
    email: Annotated[str, Meta(max_length=320)] | None = None
    aal: str = "aal1"
    amr: list[object] = []
    app_metadata: dict[str, object] = {}
    user_metadata: dict[str, object] | None = None


def read_object(text: bytes, what: str) -> dict[str, object]:
    """Parse a JSON object.

    Raises:
        UnauthorizedError: If it is not one, names a key twice, has a number that is none, or is nested deeply.
    """
    try:
        value = json.loads(text.decode(), object_pairs_hook=_each_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as e:
        raise UnauthorizedError(f"the {what} of the token cannot be read") from e
    if not isinstance(value, dict) or _is_deeper(value, _MAX_DEPTH):
        raise UnauthorizedError(f"the {what} of the token cannot be read")
    return value


def read_claims(text: bytes, *, issuer: str, audience: str, now_s: float, kid: str | None) -> Claims:
    """Read the payload of a token whose signature is right.

    Args:
        text: JSON.
        issuer: Who must have issued it.
        audience: Whom it must be for.
        now_s: UNIX seconds.
        kid: Of the key that signed it; None: the secret.

    Raises:
        TokenExpiredError: If it has ended and is right otherwise.
        UnauthorizedError: If anything else is wrong.
    """
    read_object(text, "payload")
    try:
        payload = decode(text, type=_Payload)
    except ValidationError as e:
        raise UnauthorizedError(f"a claim of the token cannot be used: {e}") from e
    except (MsgspecError, RecursionError) as e:
        raise UnauthorizedError("the payload of the token cannot be read") from e
    _check_whose(payload, issuer, audience)
    _check_times(payload, now_s)
    return Claims(
        sub=payload.sub,
        session_id=payload.session_id,
        iat=payload.iat,
        exp=payload.exp,
        signed_in_s=_began(payload),
        email=(payload.email or "").lower(),
        roles=_roles(payload.app_metadata),
        is_verified=payload.aal == "aal2",
        user_metadata=payload.user_metadata or {},
        kid=kid,
    )


def check_living(exp: int, now_s: float) -> None:
    """Do nothing while a token lives.

    Raises:
        TokenExpiredError: If it has ended.
    """
    if now_s >= exp + LEEWAY_S:
        raise TokenExpiredError("the token has expired")


def _check_whose(payload: _Payload, issuer: str, audience: str) -> None:
    audiences = [payload.aud] if isinstance(payload.aud, str) else payload.aud
    if payload.iss != issuer:
        raise UnauthorizedError("the token was issued by somebody else")
    if audience not in audiences:
        raise UnauthorizedError("the token is for somebody else")
    if payload.role != "authenticated":
        raise UnauthorizedError("the token is not a user's")
    if payload.is_anonymous:
        raise UnauthorizedError("anonymous users cannot be used here")


def _check_times(payload: _Payload, now_s: float) -> None:
    latest = now_s + LEEWAY_S
    if payload.iat > latest or (payload.nbf is not None and payload.nbf > latest):
        raise UnauthorizedError("the token is not valid yet")
    if not 0 < payload.exp - payload.iat <= MAX_LIFETIME_S or payload.iat < 0:
        raise UnauthorizedError("the token must live for at most seven days")
    check_living(payload.exp, now_s)


def _began(payload: _Payload) -> int:
    stamps = (entry.get("timestamp") for entry in payload.amr if isinstance(entry, dict))
    return min((at for at in stamps if type(at) is int and 0 < at <= payload.iat), default=payload.iat)


def _roles(app_metadata: dict[str, object]) -> frozenset[Role] | None:
    named = app_metadata.get("roles")
    if named is None:
        return None
    return frozenset(role for role in _ROLES if isinstance(named, list) and role in named)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a key stands twice")
    return read


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is no number")


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    inner = value.values() if isinstance(value, dict) else value
    return any(_is_deeper(each, levels - 1) for each in inner)


UUID = re.compile(_UUID)
"""How ids of users and sessions look."""
