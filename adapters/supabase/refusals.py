"""What a project answers when it refuses, as our errors; its own words go to nobody."""

import re
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from config.auth_errors import (
    CredentialsError,
    DisabledError,
    EmailTakenError,
    JwksUnavailableError,
    RefreshTokenError,
    SessionRevokedError,
    UnconfirmedError,
    WeakPasswordError,
)
from config.errors import (
    ForbiddenError,
    InvalidInputError,
    NodeError,
    RateLimitedError,
    UnauthorizedError,
)

RETRY_AFTER_S = 5.0
"""When to come again if the project does not say."""
MAX_RETRY_AFTER_S = 3_600.0
_CODE = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_REASONS = frozenset({"length", "characters", "pwned"})


class Refusal(Struct, frozen=True, kw_only=True):
    """An answer that is no success."""

    status: int
    code: str
    """GoTrue's word for it; empty when the answer has none."""
    reasons: tuple[str, ...] = ()
    """What makes a password weak."""
    retry_after_s: float | None = None


class _Weak(Struct):
    reasons: list[str] = []


class _Body(Struct):
    """Of the present API `code` is a word; of the old one it is a number, and the word stands beside it."""

    code: str | int | None = None
    error_code: str | None = None
    weak_password: _Weak | None = None


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """Read an answer that is no success, whatever it looks like."""
    try:
        read = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, RecursionError):
        read = _Body()
    words = (headers.get("x-sb-error-code"), read.error_code, read.code)
    code = next((word for word in words if isinstance(word, str) and _CODE.fullmatch(word)), "")
    reasons = read.weak_password.reasons if read.weak_password else []
    return Refusal(
        status=status,
        code=code,
        reasons=tuple(reason for reason in reasons if reason in _REASONS) or ("length",),
        retry_after_s=_seconds(headers.get("Retry-After", "")),
    )


def sign_in_error(refusal: Refusal) -> NodeError:
    """Return why nobody was signed in."""
    if refusal.code == "user_banned":
        return DisabledError("this user is disabled at Supabase")
    if refusal.code in {"email_not_confirmed", "phone_not_confirmed"}:
        return UnconfirmedError("the email has not been confirmed yet: follow the link that was sent to it")
    return _general(refusal) or CredentialsError("email or password is wrong")


def sign_up_error(refusal: Refusal) -> NodeError:
    """Return why no user was made."""
    make = _SIGN_UP.get(refusal.code)
    if make is not None:
        return make(refusal)
    return _general(refusal) or ForbiddenError("Supabase refuses to make this user")


def refresh_error(refusal: Refusal) -> NodeError:
    """Return why there are no new tokens."""
    words = {"refresh_token_not_found", "refresh_token_already_used", "session_expired", "user_banned"}
    reason = refusal.code if refusal.code in words else "refresh_token_not_found"
    return _general(refusal) or RefreshTokenError("the session has ended: sign in again", reason=reason)


def standing_error(refusal: Refusal) -> NodeError:
    """Return why the bearer of a token is nobody any more, or that nobody knows."""
    if refusal.code in {"session_not_found", "session_expired", "user_not_found", "user_banned"}:
        return SessionRevokedError("the session has ended at Supabase")
    if refusal.code == "bad_jwt":
        return UnauthorizedError("Supabase does not take the token")
    return _general(refusal) or _failed(refusal)


def _general(refusal: Refusal) -> NodeError | None:
    """Return what says nothing about the person who asks; None if it does."""
    if refusal.status == 429:  # noqa: PLR2004  # too many requests
        return RateLimitedError("Supabase takes no more of these now", retry_after_s=refusal.retry_after_s or 60.0)
    is_gateway = refusal.status in {401, 403} and not refusal.code
    if is_gateway or refusal.status not in range(400, 500):
        return _failed(refusal)
    return None


def _failed(refusal: Refusal) -> NodeError:
    wait_s = refusal.retry_after_s or RETRY_AFTER_S
    return JwksUnavailableError(f"Supabase answered with status {refusal.status}", retry_after_s=wait_s)


_SIGN_UP: Mapping[str, Callable[[Refusal], NodeError]] = {
    "user_already_exists": lambda _: EmailTakenError(),
    "email_exists": lambda _: EmailTakenError(),
    "weak_password": lambda refusal: WeakPasswordError("the password is too weak", reasons=refusal.reasons),
    "validation_failed": lambda _: InvalidInputError("Supabase cannot use this email or password", path="$.email"),
    "email_address_invalid": lambda _: InvalidInputError("expected an email that exists", path="$.email"),
}


def _seconds(text: str) -> float | None:
    return min(float(text), MAX_RETRY_AFTER_S) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004  # 30 years
