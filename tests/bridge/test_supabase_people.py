"""Users of a Supabase project: signing in is passed through, and what they have here is ours."""

import asyncio
import inspect

import pytest

from actors.ports.people import People
from adapters.supabase.client import MAX_UNDER_WAY
from adapters.supabase.opening import open_supabase
from config.auth import AuthSection, SupabaseSection
from config.auth_errors import (
    CredentialsError,
    DisabledError,
    JwksUnavailableError,
    RefreshTokenError,
    WeakPasswordError,
)
from config.errors import ConfigError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError, RateLimitedError
from config.schema import NodeConfig
from tests.fresh_journal import journal_in
from tests.supabase_double import SupabaseDouble
from tests.supabase_world import ENVIRONMENT, ORIGIN, PASSWORD, supabase_in

pytestmark = pytest.mark.slow  # two seconds all together

EMAIL = "anna@example.org"
SIGN_IN = "POST /token"


@pytest.fixture
async def world(tmp_path):
    async with supabase_in(tmp_path, sign_up=True) as world:
        yield world


async def test_email_and_password_are_passed_through(world):
    user_id = world.project.add_user(EMAIL, PASSWORD, roles=["trader"])
    signed_in = await world.people.sign_in("  Anna@Example.org ", PASSWORD, ORIGIN)
    assert signed_in.user.user_id == user_id
    assert signed_in.user.roles == ("trader",)
    assert (await world.identity.verify(signed_in.access_token)).session_id == signed_in.session_id
    (session,) = world.people.sessions(user_id)
    assert (session.address, session.user_agent) == (ORIGIN.address, ORIGIN.user_agent)
    assert (await world.audit())[-1][0] == "auth.sign_in"
    assert (await world.audit())[-1][3]["address"] == ORIGIN.address


async def test_a_long_sign_in_gives_no_refresh_token(world):
    world.project.add_user(EMAIL, PASSWORD)
    assert (await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)).refresh_token
    assert not (await world.people.sign_in(EMAIL, PASSWORD, ORIGIN, is_long=True)).refresh_token


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org", "", "a\udcff@b.c", "x" * 5_000])
async def test_wrong_ones_are_refused_with_the_same_words(world, email):
    world.project.add_user(EMAIL, PASSWORD)
    with pytest.raises(CredentialsError, match="email or password is wrong"):
        await world.people.sign_in(email, "wrong password", ORIGIN)


async def test_a_password_that_is_too_long_is_passed_to_nobody(world):
    with pytest.raises(CredentialsError):
        await world.people.sign_in(EMAIL, "x" * 100_000, ORIGIN)
    assert not world.project.count(SIGN_IN)


async def test_guessing_gets_slow_before_the_project_is_asked(world):
    world.project.add_user(EMAIL, PASSWORD)
    for _ in range(5):
        with pytest.raises(CredentialsError):
            await world.people.sign_in(EMAIL, "wrong password", ORIGIN)
    asked = world.project.count(SIGN_IN)
    with pytest.raises(RateLimitedError):
        await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)
    assert world.project.count(SIGN_IN) == asked


@pytest.mark.parametrize("how", ["banned", "unconfirmed"])
async def test_who_may_not_sign_in_is_told_so(world, how):
    user_id = world.project.add_user(EMAIL, PASSWORD, confirmed=how != "unconfirmed")
    if how == "banned":
        world.project.ban(user_id)
    with pytest.raises(DisabledError):
        await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)


async def test_refresh_is_passed_through(world):
    world.project.add_user(EMAIL, PASSWORD)
    first = await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)
    second = await world.people.refresh(first.refresh_token, ORIGIN)
    assert (second.session_id, second.user) == (first.session_id, first.user)
    with pytest.raises(RefreshTokenError) as caught:
        await world.people.refresh(first.refresh_token, ORIGIN)
    assert caught.value.reason == "refresh_token_already_used"


async def test_a_refresh_token_of_nobody_opens_nothing(world):
    with pytest.raises(RefreshTokenError) as caught:
        await world.people.refresh("not-one", ORIGIN)
    assert caught.value.reason == "refresh_token_not_found"


async def test_a_session_that_was_ended_here_is_not_renewed(world):
    world.project.add_user(EMAIL, PASSWORD)
    signed_in = await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)
    await world.people.end_session(signed_in.user.user_id, signed_in.session_id, ORIGIN, actor="node")
    with pytest.raises(RefreshTokenError) as caught:
        await world.people.refresh(signed_in.refresh_token, ORIGIN)
    assert caught.value.reason == "session_expired"
    with pytest.raises(NotFoundError):
        await world.people.end_session(signed_in.user.user_id, signed_in.session_id, ORIGIN, actor="node")


# --- signing up


async def test_sign_up_makes_a_user_there_and_here(world):
    signed_in = await world.people.sign_up(EMAIL, PASSWORD, ORIGIN, profile={"full_name": "Anna"})
    assert signed_in.user.profile == {"full_name": "Anna"}
    assert world.project.users[signed_in.user.user_id]["shown"]["email"] == EMAIL
    with pytest.raises(ConflictError):
        await world.people.sign_up(EMAIL, PASSWORD, ORIGIN)


async def test_sign_up_is_off_unless_it_is_allowed(tmp_path):
    async with supabase_in(tmp_path) as world:
        with pytest.raises(ForbiddenError):
            await world.people.sign_up(EMAIL, PASSWORD, ORIGIN)
        assert not world.project.count("POST /signup")


async def test_what_the_project_says_of_a_sign_up_is_told(world):
    with pytest.raises(WeakPasswordError) as caught:
        await world.people.sign_up(EMAIL, "short", ORIGIN)
    assert caught.value.reasons == ("length", "pwned")
    with pytest.raises(InvalidInputError):
        await world.people.sign_up("no email", PASSWORD, ORIGIN)


async def test_an_email_that_must_be_confirmed_is_no_session_yet(tmp_path):
    project = SupabaseDouble(confirms_at_once=False)
    async with supabase_in(tmp_path, project=project, sign_up=True) as world:
        with pytest.raises(ConflictError, match="confirm the email"):
            await world.people.sign_up(EMAIL, PASSWORD, ORIGIN)


# --- the project fails


@pytest.mark.parametrize("status", [500, 502, 503, 520, 401, 302])
async def test_nobody_registers_or_signs_in_while_the_project_fails(world, status):
    world.project.failing = status
    for attempt in (
        world.people.sign_up(EMAIL, PASSWORD, ORIGIN),
        world.people.sign_in(EMAIL, PASSWORD, ORIGIN),
        world.people.refresh("token", ORIGIN),
    ):
        with pytest.raises(JwksUnavailableError) as caught:
            await attempt
        assert (caught.value.status, caught.value.is_retryable) == (503, True)


async def test_nor_while_it_is_down_and_both_can_as_soon_as_it_is_back(world):
    await world.project.stop()
    with pytest.raises(JwksUnavailableError):
        await world.people.sign_up(EMAIL, PASSWORD, ORIGIN)
    await world.project.start()
    assert await world.people.sign_up(EMAIL, PASSWORD, ORIGIN)
    assert await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)


async def test_failures_of_the_project_are_nobody_s_wrong_password(world):
    world.project.add_user(EMAIL, PASSWORD)
    world.project.failing = 503
    for _ in range(10):
        with pytest.raises(JwksUnavailableError):
            await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)
    world.project.failing = None
    assert await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)


async def test_a_flood_for_a_project_that_hangs_is_bounded_and_ends_in_time(tmp_path):
    async with supabase_in(tmp_path, supabase={"timeout_s": 0.5}, failures_free=1_000) as world:
        world.project.answers.clear()
        attempts = [world.people.sign_in(f"{number}@example.org", PASSWORD, ORIGIN) for number in range(200)]
        async with asyncio.timeout(20):
            outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} <= {JwksUnavailableError, RateLimitedError}
        assert world.project.count(SIGN_IN) <= MAX_UNDER_WAY


async def test_tokens_that_cannot_be_verified_sign_nobody_in(world):
    world.project.add_user(EMAIL, PASSWORD)
    world.project.mint.issuer = "https://elsewhere.example/auth/v1"
    with pytest.raises(JwksUnavailableError, match="cannot verify"):
        await world.people.sign_in(EMAIL, PASSWORD, ORIGIN)
    assert not world.people.users()


# --- what is ours and what is theirs

OWN = {
    "listen", "sign_in", "sign_up", "refresh", "sign_out", "user", "users", "sessions", "end_session", "set_disabled",
    "factors", "api_keys", "make_api_key", "end_api_key", "jwks",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(name for name in vars(People) if not name.startswith("_") and name not in OWN))
async def test_what_supabase_keeps_is_refused_with_where_it_is_done(world, name):
    method = getattr(world.people, name)
    required = [one for one in inspect.signature(method).parameters.values() if one.default is inspect.Parameter.empty]
    given = [None for one in required if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    named = {one.name: None for one in required if one.kind is inspect.Parameter.KEYWORD_ONLY}
    with pytest.raises(ConflictError, match="Supabase"):
        await method(*given, **named)


async def test_a_node_that_signs_nothing_publishes_no_key(world):
    assert world.people.jwks() == b'{"keys":[]}'


async def test_nobody_disables_themselves(world):
    _, principal = await world.enter()
    with pytest.raises(ConflictError):
        await world.people.set_disabled(principal.user_id, ORIGIN, is_disabled=True, actor=principal.user_id)


async def test_no_password_or_token_is_kept_or_logged(world, tmp_path, capfd):
    marker = "a-marker-that-is-a-password"
    world.project.add_user(EMAIL, marker)
    signed_in = await world.people.sign_in(EMAIL, marker, ORIGIN)
    with pytest.raises(CredentialsError):
        await world.people.sign_in(EMAIL, marker + "x", ORIGIN)
    world.project.failing = 500
    with pytest.raises(JwksUnavailableError):
        await world.people.refresh(signed_in.refresh_token, ORIGIN)
    await world.journal.settled()
    told = capfd.readouterr()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    for secret in (marker, signed_in.access_token, signed_in.refresh_token):
        assert secret not in told.out + told.err
        assert secret.encode() not in kept
        assert secret not in repr(signed_in)


@pytest.mark.parametrize(
    ("section", "environment", "words"),
    [
        (SupabaseSection(), ENVIRONMENT, "auth.supabase.url"),
        (SupabaseSection(url="http://a.example"), ENVIRONMENT, "expected https"),
        (SupabaseSection(url="https://me:secret@a.example"), ENVIRONMENT, "nobody's name"),
        (SupabaseSection(url="https://[a.example"), ENVIRONMENT, "expected an address"),
        (SupabaseSection(url="https://a.example:99999"), ENVIRONMENT, "expected an address"),
        (SupabaseSection(url="https://a.example"), {}, "SUPABASE_PUBLISHABLE_KEY"),
        (SupabaseSection(url="https://a.example"), {"SUPABASE_PUBLISHABLE_KEY": "a\nb"}, "SUPABASE_PUBLISHABLE_KEY"),
        (SupabaseSection(url="https://a.example", jwt_secret_env="NONE"), ENVIRONMENT, "NONE"),
        (SupabaseSection(url="https://a.example", jwt_secret_env="SHORT"), ENVIRONMENT | {"SHORT": "x"}, "32 bytes"),
    ],
)
async def test_a_section_that_cannot_work_ends_the_start(tmp_path, section, environment, words):
    journal = journal_in(tmp_path)
    config = NodeConfig(auth=AuthSection(mode="supabase", supabase=section))
    with pytest.raises(ConfigError, match=words) as caught:
        await open_supabase(config, journal, environ=environment)
    assert "secret@" not in str(caught.value)
    await journal.close()
