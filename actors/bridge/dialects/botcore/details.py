"""Routes of the bot core's model service: every error is `{"detail": text, …}`."""

from http import HTTPStatus
from math import ceil
from typing import override

import msgspec
from msgspec import Struct

from actors.bridge.rest.problems import ProblemAnswer
from actors.bridge.rest.route import JSON, Route
from config.errors import ErrorCode, NodeError


class ModelServiceError(Struct, frozen=True, kw_only=True):
    """Every error of the model service's paths."""

    detail: str
    code: ErrorCode
    request_id: str


class DetailRoute[Q: Struct](Route[Q]):
    """One verb on one path of the model service."""

    refusal = ModelServiceError
    tag = "bot core models"

    @override
    @classmethod
    def refused(cls, error: NodeError, request_id: str) -> ProblemAnswer:
        headers = {"Content-Type": JSON, "Cache-Control": "no-store"}
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(ceil(error.retry_after_s))
        if error.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        body = ModelServiceError(detail=str(error), code=error.code, request_id=request_id)
        return ProblemAnswer(error.status, msgspec.json.encode(body), headers)
