"""What all paths of the order predictor share: the switch, and how an error looks."""

from typing import override

from msgspec import Struct

from actors.bridge.rest.problems import ProblemAnswer, refusal_answer
from actors.bridge.rest.route import JSON, Route
from actors.ports.screening import Screening
from config.errors import ErrorCode, InvalidInputError, NodeError, NotFoundError
from config.signal_errors import ModelError

NOT_LOADED = "Model not loaded"


class FieldError(Struct, frozen=True, kw_only=True):
    """What is wrong with one field."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


class Magic8Error(Struct, frozen=True, kw_only=True):
    """Every error of these paths: a text, or of a body that breaks a rule the fields."""

    detail: str | tuple[FieldError, ...]
    code: ErrorCode
    request_id: str


class Magic8Route[Q: Struct](Route[Q]):
    """One verb on one path; answers 404 unless the dialect is switched on."""

    refusal = Magic8Error
    tag = "order predictor"

    @override
    @classmethod
    def refused(cls, error: NodeError, request_id: str) -> ProblemAnswer:
        body = Magic8Error(detail=_detail(error), code=error.code, request_id=request_id)
        return refusal_answer(error, body, content_type=JSON)

    def screening(self) -> Screening:
        """Return what judges orders.

        Raises:
            NotFoundError: If the dialect is off.
        """
        found = self.context.screening
        if not self.context.config.dialects.magic8 or found is None:
            raise NotFoundError("Not Found")
        return found

    def predictor(self) -> Screening:
        """Return what judges orders, with a model.

        Raises:
            NotFoundError: If the dialect is off.
            ModelError: If no model is promoted.
        """
        found = self.screening()
        if found.model is None:
            raise ModelError(NOT_LOADED)
        return found


def _detail(error: NodeError) -> str | tuple[FieldError, ...]:
    if not isinstance(error, InvalidInputError) or error.path is None:
        return str(error)
    parts = [part for part in error.path.removeprefix("$").replace("[", ".[").split(".") if part]
    places = [int(part[1:-1]) if part[1:-1].isdigit() and part.startswith("[") else part for part in parts]
    kind = "missing" if str(error) == "Field required" else "value_error"
    return (FieldError(loc=("body", *places), msg=str(error), type=kind),)
