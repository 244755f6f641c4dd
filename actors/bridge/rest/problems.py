"""Errors as problem documents (RFC 9457), and the headers that belong to them."""

from http import HTTPStatus
from math import ceil

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
    headers = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store"}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(ceil(error.retry_after_s))
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RangeError):
        headers["Content-Range"] = f"bytes */{error.size}"
    return ProblemAnswer(error.status, msgspec.json.encode(problem), headers)


def error_of_status(status: int, reason: str) -> NodeError:
    """Return our error for one that the server itself found, such as a path that does not exist."""
    return _BY_STATUS.get(status, BadRequestError)(reason)
