"""What a Supabase project answers when it refuses, whatever it looks like."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.supabase.refusals import (
    MAX_RETRY_AFTER_S,
    Refusal,
    read_refusal,
    refresh_error,
    sign_in_error,
    sign_up_error,
    standing_error,
)
from config.auth_errors import (
    CredentialsError,
    DisabledError,
    JwksUnavailableError,
    RefreshTokenError,
    SessionRevokedError,
    UnconfirmedError,
)
from config.errors import ConflictError, ForbiddenError, NodeError, RateLimitedError, UnauthorizedError

ERRORS = [sign_in_error, sign_up_error, refresh_error, standing_error]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"x-sb-error-code": "user_banned"}, b""),
        ({}, b'{"code": "user_banned", "message": "x"}'),
        ({}, b'{"code": 400, "error_code": "user_banned", "msg": "x"}'),
    ],
)
def test_the_word_is_found_in_each_of_their_forms(headers, body):
    assert read_refusal(400, headers, body).code == "user_banned"


@pytest.mark.parametrize(
    ("make", "status", "code", "expected"),
    [
        (sign_in_error, 400, "invalid_credentials", CredentialsError),
        (sign_in_error, 400, "something_new", CredentialsError),
        (sign_in_error, 400, "email_not_confirmed", UnconfirmedError),
        (sign_in_error, 400, "user_banned", DisabledError),
        (sign_up_error, 422, "user_already_exists", ConflictError),
        (sign_up_error, 422, "signup_disabled", ForbiddenError),
        (refresh_error, 400, "refresh_token_already_used", RefreshTokenError),
        (refresh_error, 400, "something_new", RefreshTokenError),
        (standing_error, 403, "session_not_found", SessionRevokedError),
        (standing_error, 403, "bad_jwt", UnauthorizedError),
        (standing_error, 403, "", JwksUnavailableError),
        (standing_error, 404, "something_new", JwksUnavailableError),
    ],
)
def test_each_refusal_has_its_error(make, status, code, expected):
    assert type(make(Refusal(status=status, code=code))) in {expected, *expected.__subclasses__()}


@pytest.mark.parametrize("make", ERRORS)
def test_what_says_nothing_of_the_person_is_nobody_s_fault(make):
    assert isinstance(make(Refusal(status=429, code="over_request_rate_limit")), RateLimitedError)
    for status in (302, 401, 403, 500, 502, 503, 520, 530):
        assert isinstance(make(Refusal(status=status, code="")), JwksUnavailableError)


@pytest.mark.parametrize(("text", "seconds"), [("7", 7), ("999999", MAX_RETRY_AFTER_S), ("-1", None), ("soon", None)])
def test_a_wait_is_taken_over_within_reason(text, seconds):
    assert read_refusal(429, {"Retry-After": text}, b"").retry_after_s == seconds


def test_nothing_of_their_words_is_told():
    marker = "a-marker-of-theirs"
    body = json.dumps({"code": marker, "message": marker, "weak_password": {"reasons": [marker]}}).encode()
    for status in (400, 422, 429, 500):
        refusal = read_refusal(status, {"x-sb-error-code": "weak_password"}, body)
        for make in ERRORS:
            assert marker not in f"{make(refusal)} {vars(make(refusal))}"


@settings(max_examples=100)
@given(
    st.integers(100, 599),
    st.binary(max_size=200) | st.text(max_size=50).map(lambda t: json.dumps({"code": t}).encode()),
)
def test_any_answer_is_an_error_of_ours(status, body):
    for make in ERRORS:
        assert isinstance(make(read_refusal(status, {}, body)), NodeError)
