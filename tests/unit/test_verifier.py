"""The verifier: which tokens open what, and each of those that open nothing."""

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.auth.jwks import OwnKeys
from actors.auth.verifier import FEW, Verifier
from config.auth_errors import TokenExpiredError
from config.errors import ConfigError, NodeError, UnauthorizedError
from tests.token_attacks import ATTACKS
from tests.token_mint import ISSUER, SECRET, Mint, key_set, segment

MINTS = {algorithm: Mint(algorithm) for algorithm in ("ES256", "RS256", "EdDSA", "HS256")}
PUBLISHED = key_set(*(mint for mint in MINTS.values() if mint.algorithm != "HS256"))


def verifier(*, published=PUBLISHED, secret=None, **others):
    return Verifier(ISSUER, keys=OwnKeys(lambda: published), secret=secret, **others)


async def refused(token, *, by=None):
    with pytest.raises(UnauthorizedError) as caught:
        await (by or verifier()).verify(token)
    return caught.value


@pytest.mark.parametrize("algorithm", MINTS)
async def test_a_token_says_who_its_bearer_is(algorithm):
    token = MINTS[algorithm].token(aal="aal2")
    claims = await verifier(secret=SECRET).verify(token)
    assert claims.sub == "11111111-2222-4333-8444-555555555555"
    assert claims.session_id == "99999999-8888-4777-a666-555555555555"
    assert claims.email == "ann@example.org"
    assert claims.roles == {"trader"}
    assert claims.is_verified
    assert claims.user_metadata == {"full_name": "Ann"}
    assert claims.kid == MINTS[algorithm].kid


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("secret", [None, SECRET])
async def test_an_attack_is_refused(name, secret):
    error = await refused(ATTACKS[name](MINTS["ES256"]), by=verifier(secret=secret))
    assert error.code == ("token_expired" if name == "expired" else "unauthorized")
    assert error.status == 401


@pytest.mark.parametrize("name", ["another_key", "more_rights", "expired", "anonymous", "service_role", "alg_none"])
async def test_the_same_attacks_are_refused_where_a_secret_signs(name):
    mint = MINTS["HS256"]
    token = mint.sign(mint.claims(), key="x" * 32) if name == "another_key" else ATTACKS[name](mint)
    await refused(token, by=verifier(secret=SECRET))


async def test_a_secret_counts_only_where_there_is_one():
    await refused(MINTS["HS256"].token())
    with pytest.raises(UnauthorizedError):
        await Verifier(ISSUER, secret=SECRET).verify(MINTS["ES256"].token())


async def test_a_key_verifies_only_with_its_own_algorithm():
    rsa = MINTS["RS256"]
    published = key_set(rsa).replace(b'"alg": "RS256"', b'"alg": "RS512"')
    await refused(rsa.token(), by=verifier(published=published))


@pytest.mark.parametrize(
    ("secret", "words"), [("x" * 31, "at least 32 bytes"), ("-----BEGIN PUBLIC KEY-----" + "x" * 32, "others know")]
)
def test_a_secret_that_is_none_is_refused(secret, words):
    with pytest.raises(ConfigError, match=words):
        Verifier(ISSUER, secret=secret)


async def test_an_audience_may_be_one_of_several():
    assert await verifier().verify(MINTS["ES256"].token(aud=["else", "authenticated"]))
    await refused(MINTS["ES256"].token(aud=["else"]))


@pytest.mark.parametrize(
    ("metadata", "roles"),
    [
        ({}, None),
        ({"roles": None}, None),
        ({"roles": []}, set()),
        ({"roles": "admin"}, set()),
        ({"roles": ["viewer", "trader", "admin"]}, {"viewer", "trader", "admin"}),
        ({"roles": ["Admin", "root", 7, None, ["admin"], {"admin": 1}, "public", "person", "viewer"]}, {"viewer"}),
    ],
)
async def test_roles_are_those_that_exist(metadata, roles):
    assert (await verifier().verify(MINTS["ES256"].token(app_metadata=metadata))).roles == roles


async def test_no_role_comes_from_what_the_user_says_of_himself():
    token = MINTS["ES256"].token(app_metadata={}, user_metadata={"roles": ["admin"]}, roles=["admin"])
    assert (await verifier().verify(token)).roles is None


async def test_clocks_may_differ_by_five_seconds():
    mint, now = MINTS["ES256"], int(time.time())
    await verifier(now_s=lambda: now).verify(mint.token(now_s=now + 5))
    await refused(mint.token(now_s=now + 6), by=verifier(now_s=lambda: now))
    await verifier(now_s=lambda: now).verify(mint.token(now_s=now - 60, exp=now - 4))
    with pytest.raises(TokenExpiredError):
        await verifier(now_s=lambda: now).verify(mint.token(now_s=now - 60, exp=now - 5))


async def test_a_verified_token_is_known_until_it_ends():
    now = [time.time()]
    judge = verifier(now_s=lambda: now[0])
    token = MINTS["ES256"].token(now_s=now[0])
    assert judge.known(token) is None
    claims = await judge.verify(token)
    assert judge.known(token) is claims
    assert await judge.verify(token) is claims
    now[0] += 3_606
    with pytest.raises(TokenExpiredError):
        judge.known(token)


async def test_a_token_lives_no_longer_than_its_key():
    published = [key_set(MINTS["ES256"])]
    judge = Verifier(ISSUER, keys=OwnKeys(lambda: published[0]))
    token = MINTS["ES256"].token()
    await judge.verify(token)
    published[0] = key_set(MINTS["RS256"])
    assert judge.known(token) is None
    await refused(token, by=judge)


async def test_what_is_remembered_is_bounded():
    judge = Verifier(ISSUER, secret=SECRET, max_known=3)
    tokens = [MINTS["HS256"].token(jti=str(number)) for number in range(5)]
    for token in tokens:
        await judge.verify(token)
    assert [judge.known(token) is not None for token in tokens] == [False, False, True, True, True]


async def test_ended_tokens_make_room_first():
    now = [time.time()]
    judge = Verifier(ISSUER, secret=SECRET, now_s=lambda: now[0], max_known=3)
    mint = MINTS["HS256"]
    living = mint.token(exp=int(now[0]) + 86_400)
    for token in (living, mint.token(jti="1"), mint.token(jti="2")):
        await judge.verify(token)
    now[0] += 4_000
    await judge.verify(mint.token(now_s=now[0]))
    assert judge.known(living) is not None
    assert len(judge._known) == 2


async def test_tokens_that_have_ended_are_not_kept_until_there_is_no_room():
    now = [time.time()]
    judge, mint = Verifier(ISSUER, secret=SECRET, now_s=lambda: now[0]), MINTS["HS256"]
    for number in range(4 * FEW):
        await judge.verify(mint.token(jti=str(number), now_s=now[0], exp=int(now[0]) + 60))
        now[0] += 1
    assert len(judge._known) <= FEW + 1


async def test_no_refusal_tells_what_is_in_a_token():
    mint = MINTS["ES256"]
    marker = "marker-of-a-secret"
    for changes in ({"email": marker * 40}, {"role": marker}, {"aud": marker}, {"iss": marker}, {"sub": marker}):
        assert marker not in str(await refused(mint.token(**changes)))


async def test_claims_show_no_email():
    claims = await verifier().verify(MINTS["ES256"].token())
    assert "ann" not in repr(claims)


@settings(max_examples=100)
@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: f"{segment(raw)}.{segment(raw)}.{segment(raw)}"))
def test_whatever_text_it_is_only_our_errors_come(text):
    with pytest.raises(NodeError):
        asyncio.run(verifier(secret=SECRET).verify(text))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100)
@given(st.sampled_from([*sorted(MINTS["HS256"].claims()), "nbf"]), _json)
def test_whatever_a_signed_claim_is_it_is_taken_whole_or_refused(name, value):
    mint = MINTS["HS256"]
    try:
        claims = asyncio.run(verifier(secret=SECRET).verify(mint.token(**{name: value})))
    except UnauthorizedError:
        return
    assert claims.sub == mint.claims()["sub"]
    assert claims.roles in (None, {"trader"}, set())
