import json

import pytest

from actors.bridge.rest.problems import error_of_status, problem_answer
from config import errors
from config.errors import ERROR_CODES, InvalidInputError, NodeError, RateLimitedError, UnauthorizedError

ALL = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, NodeError)]


def test_a_problem_says_code_place_and_request():
    answer = problem_answer(InvalidInputError("limit must be positive, was -1", path="$.limit"), "r1")

    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.body) == {
        "type": "urn:whisperer:error:validation",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "limit must be positive, was -1",
        "code": "validation",
        "request_id": "r1",
        "errors": [{"path": "$.limit", "code": "validation", "message": "limit must be positive, was -1"}],
    }


def test_the_headers_that_belong_to_a_status_are_there():
    assert problem_answer(RateLimitedError("slow", retry_after_s=0.2), "r").headers["Retry-After"] == "1"
    assert problem_answer(UnauthorizedError("who"), "r").headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_a_code_of_the_list_and_a_status(kind):
    answer = problem_answer(kind("why"), "r")

    assert json.loads(answer.body)["code"] in ERROR_CODES
    assert 400 <= answer.status < 600


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad_request"), (404, "not_found"), (405, "method_not_allowed"), (413, "too_large"), (417, "bad_request")],
)
def test_what_the_server_finds_itself_has_our_codes(status, code):
    assert error_of_status(status, "why").code == code
