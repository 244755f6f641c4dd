"""Routes of the bot core's model service: every error is `{"detail": text, …}`."""

from typing import override

from msgspec import Struct

from actors.bridge.rest.problems import ProblemAnswer, refusal_answer
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
        body = ModelServiceError(detail=str(error), code=error.code, request_id=request_id)
        return refusal_answer(error, body, content_type=JSON)
