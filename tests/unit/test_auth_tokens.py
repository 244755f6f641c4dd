"""Access tokens: the claims of GoTrue, signed, ended with their session, and readable with `atob` alone."""

import base64
import json

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.auth.signing import SigningKeys
from actors.auth.tokens import PROFILE_BYTES, Tokens
from tests.auth_keys import NOW_MS, HandClock, session_row, user_row, vault

ISSUER = "http://localhost:8080/auth/v1"
KEYS = SigningKeys(vault(), (), HandClock())
TOKENS = Tokens(KEYS, ISSUER)
PROFILES = st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=4)


def issued(user=None, session=None, *, now_ms=NOW_MS, lifetime_s=900, plain_atob=False):
    token, _ = TOKENS.issue(
        user or user_row(), session or session_row(), now_ms=now_ms, lifetime_s=lifetime_s, plain_atob=plain_atob
    )
    return token


def claims(token, keys=KEYS):
    key = jwt.PyJWKSet.from_json(keys.jwks().decode())[jwt.get_unverified_header(token)["kid"]]
    lasting = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, key, algorithms=["ES256"], audience="authenticated", issuer=ISSUER, options=lasting)


def payload_of(token):
    return token.split(".")[1]


def test_a_token_says_what_gotrues_say():
    said = claims(issued())

    assert len(said.pop("jti")) == 36
    assert said == {
        "iss": ISSUER,
        "sub": "anna",
        "aud": "authenticated",
        "exp": NOW_MS // 1_000 + 900,
        "iat": NOW_MS // 1_000,
        "email": "anna@example.org",
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"], "roles": ["trader"]},
        "user_metadata": {},
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": NOW_MS // 1_000}],
        "session_id": "6fb0d7d0-1111-4222-8333-444455556666",
        "is_anonymous": False,
    }


def test_a_second_factor_raises_the_level():
    said = claims(issued(session=session_row(is_verified=True)))

    assert said["aal"] == "aal2"
    assert [one["method"] for one in said["amr"]] == ["totp", "password"]


def test_the_end_that_is_told_is_the_one_in_the_token():
    token, expires_ms = TOKENS.issue(user_row(), session_row(), now_ms=NOW_MS + 999, lifetime_s=0.5)

    assert expires_ms == 1_000 * claims(token)["exp"] == NOW_MS + 1_000


def test_no_token_outlives_its_session():
    token, expires_ms = TOKENS.issue(
        user_row(), session_row(until_ms=NOW_MS + 60_500), now_ms=NOW_MS, lifetime_s=86_400
    )

    assert expires_ms == 1_000 * claims(token)["exp"] == NOW_MS + 60_000


def test_rights_come_from_the_user_and_never_from_the_users_own_data():
    said = claims(
        issued(user_row(roles=("viewer",), profile={"roles": ["admin"], "app_metadata": {"roles": ["admin"]}}))
    )

    assert said["app_metadata"]["roles"] == ["viewer"]
    assert said["user_metadata"]["roles"] == ["admin"]


def test_a_large_profile_stays_out_so_that_the_token_fits_in_a_header():
    small, large = {"name": "é" * 300}, {"name": "é" * (PROFILE_BYTES // 6 + 1)}

    assert claims(issued(user_row(profile=small)))["user_metadata"] == small
    assert claims(issued(user_row(profile=large)))["user_metadata"] == {}
    assert len(issued(user_row(email="a" * 250, profile=small))) < 4_096


def test_two_tokens_of_one_moment_differ():
    assert len({payload_of(issued()) for _ in range(5)}) == 5


def test_another_issuers_key_does_not_open_it():
    other, token = SigningKeys(vault(), (), HandClock()).current.private.public_key(), issued()

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, other, algorithms=["ES256"], audience="authenticated")


def test_a_token_signed_before_a_change_of_keys_stays_good():
    keys = SigningKeys(vault(), (), HandClock())
    before, _ = Tokens(keys, ISSUER).issue(user_row(), session_row(), now_ms=NOW_MS, lifetime_s=900)
    keys.rotate()
    after, _ = Tokens(keys, ISSUER).issue(user_row(), session_row(), now_ms=NOW_MS, lifetime_s=900)

    assert claims(before, keys)["sub"] == claims(after, keys)["sub"] == "anna"
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]


@settings(max_examples=100)
@given(name=st.text(st.sampled_from('?>~<ab\\"é😀\n'), max_size=40), profile=PROFILES)
def test_a_page_reads_any_token_with_atob_alone(name, profile):
    user = user_row(email=f"{name}@example.org", profile=profile | {"name": name})
    token = issued(user, plain_atob=True)
    payload = payload_of(token)

    assert not set(payload) & set("-_")
    read = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True).decode("ascii"))
    assert read == claims(token)
    assert read["email"] == user.email
    assert read["user_metadata"] == user.profile


def test_the_escaping_is_needed():
    """Without it a plain token of such a name cannot be read with `atob`: the test above would pass for nothing."""
    names = [f"{pad}???>>>~~~" for pad in ("", "a", "ab")]

    assert any(set(payload_of(issued(user_row(profile={"n": name})))) & set("-_") for name in names)
