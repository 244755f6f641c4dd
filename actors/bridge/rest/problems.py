"""Errors as problem documents (RFC 9457), and the headers that belong to them."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from types import MappingProxyType

import msgspec
from msgspec import Struct

from actors.wire import Problem
from actors.wire_traders import error_items
from config.errors import (
    BadRequestError,
    MethodNotAllowedError,
    NodeError,
    NotFoundError,
    RangeError,
    TooLargeError,
    UnsupportedMediaTypeError,
)

PROBLEM_JSON = "application/problem+json"
_NONE: Mapping[str, str] = MappingProxyType({})
_BY_STATUS: dict[int, type[NodeError]] = {
    one.status: one
    for one in (BadRequestError, NotFoundError, MethodNotAllowedError, TooLargeError, UnsupportedMediaTypeError)
}


class ProblemAnswer(Struct, frozen=True):
    """A problem document, ready to be sent."""

    status: int
    body: bytes
    headers: dict[str, str]


def problem_answer(error: NodeError, request_id: str) -> ProblemAnswer:
    """Return what the caller gets for an error."""
    problem = Problem(
        type=f"urn:whisperer:error:{error.code}",
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=str(error),
        code=error.code,
        request_id=request_id,
        errors=error_items(error),
    )
    headers = {"Content-Range": f"bytes */{error.size}"} if isinstance(error, RangeError) else {}
    return refusal_answer(error, problem, content_type=PROBLEM_JSON, headers=headers)


def refusal_answer(
    error: NodeError, body: Struct, *, content_type: str, status: int | None = None, headers: Mapping[str, str] = _NONE
) -> ProblemAnswer:
    """Return a body that says what an error is, with the headers that belong to every refusal.

    Args:
        error: What happened.
        body: What the caller reads of it.
        content_type: Of the body.
        status: None: the error's own.
        headers: Further ones.
    """
    status = error.status if status is None else status
    sent = {"Content-Type": content_type, "Cache-Control": "no-store", **headers}
    if error.retry_after_s is not None:
        sent["Retry-After"] = str(ceil(error.retry_after_s))
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    return ProblemAnswer(status, msgspec.json.encode(body), sent)


def error_of_status(status: int, reason: str) -> NodeError:
    """Return our error for one that the server itself found, such as a path that does not exist."""
    return _BY_STATUS.get(status, BadRequestError)(reason)
