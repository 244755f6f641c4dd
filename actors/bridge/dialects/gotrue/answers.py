"""What all paths of GoTrue share: how an error looks, and the header that says which version of the API speaks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, override

from msgspec import UNSET, Struct, UnsetType

from actors.bridge.rest.problems import ProblemAnswer, refusal_answer
from actors.bridge.rest.route import JSON, Answer, Route, json_answer
from config.auth_errors import (
    CredentialsError,
    DisabledError,
    EmailTakenError,
    JwksUnavailableError,
    KeptElsewhereError,
    PendingError,
    RefreshTokenError,
    SessionRevokedError,
    TokenExpiredError,
    TokenMissingError,
    UnconfirmedError,
    WeakPasswordError,
)
from config.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NodeError,
    NotFoundError,
    RateLimitedError,
    UnauthorizedError,
)

VERSION: Mapping[str, str] = MappingProxyType({"X-Supabase-Api-Version": "2024-01-01"})
"""On every answer: without it clients look for errors in other fields."""
TAG = "sign-in"

type Words = tuple[tuple[type[NodeError], int, str], ...]

_FIRST: Words = ((KeptElsewhereError, 409, "conflict"),)
"""Whatever it would mean on a path."""
_WORDS: Words = (
    (TokenMissingError, 401, "no_authorization"),
    (TokenExpiredError, 403, "bad_jwt"),
    (SessionRevokedError, 403, "session_not_found"),
    (CredentialsError, 400, "invalid_credentials"),
    (UnconfirmedError, 400, "email_not_confirmed"),
    (DisabledError, 400, "user_banned"),
    (UnauthorizedError, 403, "bad_jwt"),
    (PendingError, 403, "insufficient_aal"),
    (ForbiddenError, 403, "not_admin"),
    (WeakPasswordError, 422, "weak_password"),
    (InvalidInputError, 422, "validation_failed"),
    (BadRequestError, 400, "bad_json"),
    (EmailTakenError, 422, "email_exists"),
    (ConflictError, 409, "conflict"),
    (NotFoundError, 404, "user_not_found"),
    (RateLimitedError, 429, "over_request_rate_limit"),
    (JwksUnavailableError, 503, "jwks_unavailable"),
)
"""Our error -> their status and code; the first that fits."""


class WeakPassword(Struct, frozen=True, kw_only=True):
    """What a password lacks."""

    reasons: tuple[str, ...]


class GotrueError(Struct, frozen=True, kw_only=True):
    """Every error of GoTrue's paths."""

    code: str
    message: str
    weak_password: WeakPassword | UnsetType = UNSET
    request_id: str


class GotrueRoute[Q: Struct](Route[Q]):
    """One verb on one path of GoTrue."""

    refusal = GotrueError
    tag = TAG
    words: ClassVar[Words] = ()
    """What means something else here than on the other paths."""

    @override
    @classmethod
    def refused(cls, error: NodeError, request_id: str) -> ProblemAnswer:
        status, code = _named(error, (*_FIRST, *cls.words, *_WORDS))
        weak = WeakPassword(reasons=error.reasons) if isinstance(error, WeakPasswordError) else UNSET
        body = GotrueError(code=code, message=str(error), weak_password=weak, request_id=request_id)
        headers = {"x-sb-error-code": code, **VERSION}
        return refusal_answer(error, body, content_type=JSON, status=status, headers=headers)


def told(reply: object, *, status: int = 200, headers: Mapping[str, str] = VERSION) -> Answer:
    """Return an answer with the version of the API."""
    return json_answer(reply, status=status, headers={**VERSION, **headers})


def _named(error: NodeError, words: Words) -> tuple[int, str]:
    if isinstance(error, RefreshTokenError):
        return 400, error.reason
    found = ((status, code) for kind, status, code in words if isinstance(error, kind))
    return next(found, (error.status, "unexpected_failure"))
