"""Signing in, going on and signing out, on a real journal."""

import asyncio
import time

import pytest

from actors.auth.passwords import MEMORY_KIB
from config.auth_errors import (
    CredentialsError,
    DisabledError,
    RefreshTokenError,
    SessionRevokedError,
    TokenExpiredError,
    WeakPasswordError,
)
from config.errors import ConflictError, ForbiddenError, RateLimitedError, StoreUnavailableError
from tests.people_world import ADMIN, CAFE, DAY_S, EVIL, HOME, HOUR_S, MINUTE_S, PASSWORD, people_in


@pytest.fixture
async def world(tmp_path):
    async with people_in(tmp_path) as world:
        yield world


async def test_a_first_start_makes_an_admin_who_must_change_the_password_and_a_second_start_none(world):
    signed_in = await world.enter(ADMIN, world.first_password)
    principal = await world.who(signed_in)

    assert principal.roles == {"viewer", "trader", "admin"}
    assert principal.pending == "password"
    await world.restart()
    assert world.opened.first_password is None
    assert [user.email for user in world.people.users()] == [ADMIN]


async def test_the_email_is_taken_in_any_case_and_with_blanks(world):
    principal, _ = await world.member()
    again = await world.who(await world.enter("  Anna@Example.ORG "))
    assert again.user_id == principal.user_id


@pytest.mark.parametrize("email", ["anna@example.org", "nobody@example.org", "", "x" * 5_000, "a\udcff@b.c", "'--"])
async def test_a_wrong_password_and_an_unknown_email_are_refused_with_the_same_words(world, email):
    await world.add()
    with pytest.raises(CredentialsError) as refused:
        await world.enter(email, "wrong password of mine")
    assert str(refused.value) == "email or password is wrong"
    assert refused.value.code == "credentials_rejected"


@pytest.mark.slow
async def test_an_unknown_email_takes_as_long_as_a_wrong_password(world):
    world.password_kib = MEMORY_KIB
    await world.restart()
    await world.add()

    async def took_s(email):
        began = time.perf_counter()
        with pytest.raises(CredentialsError):
            await world.enter(email, "wrong password of mine", HOME)
        world.clock.pass_s(2 * HOUR_S)
        return time.perf_counter() - began

    known, unknown = [], []
    for number in range(25):
        known.append(await took_s("anna@example.org"))
        unknown.append(await took_s(f"nobody{number}@example.org"))
    assert min(unknown) == pytest.approx(min(known), rel=0.5)  # the others tell how busy the machine was


async def test_a_disabled_user_is_told_so_only_with_the_right_password(world):
    user = await world.add()
    await world.people.set_disabled(user.user_id, HOME, is_disabled=True, actor="node")
    with pytest.raises(CredentialsError):
        await world.enter(password="wrong password of mine")
    with pytest.raises(DisabledError):
        await world.enter()


async def test_guessing_gets_slow_at_its_place_and_locks_nobody_out_elsewhere_also_after_a_restart(world):
    await world.add()
    for _ in range(5):
        with pytest.raises(CredentialsError):
            await world.enter(password="wrong password of mine", origin=EVIL)
    with pytest.raises(RateLimitedError) as refused:
        await world.enter(origin=EVIL)
    assert refused.value.retry_after_s > 0

    await world.restart()
    with pytest.raises(RateLimitedError):
        await world.enter(origin=EVIL)
    await world.enter(origin=CAFE)
    world.clock.pass_s(15 * MINUTE_S)
    await world.enter(origin=EVIL)


async def test_many_guesses_at_once_are_no_more_than_one_after_the_other(world):
    await world.add()
    guesses = [world.enter(password=f"guess number {number}", origin=EVIL) for number in range(40)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, CredentialsError) for outcome in outcomes) <= 5
    assert all(isinstance(outcome, CredentialsError | RateLimitedError) for outcome in outcomes)


async def test_refresh_tokens_rotate_and_the_newest_is_given_again_to_two_at_once(world):
    _, first = await world.member()
    one, other = await asyncio.gather(
        world.people.refresh(first.refresh_token, HOME), world.people.refresh(first.refresh_token, HOME)
    )
    assert one.refresh_token == other.refresh_token != first.refresh_token
    assert (await world.who(one)).session_id == (await world.who(other)).session_id == first.session_id


async def test_an_old_refresh_token_ends_its_session_and_only_that(world):
    _, first = await world.member()
    elsewhere = await world.enter(origin=CAFE)
    second = await world.people.refresh(first.refresh_token, HOME)
    await world.people.refresh(second.refresh_token, HOME)
    world.clock.pass_s(60)

    with pytest.raises(RefreshTokenError) as refused:
        await world.people.refresh(first.refresh_token, EVIL)

    assert refused.value.reason == "refresh_token_already_used"
    assert [(session, why) for _, session, why in world.ended.sessions] == [(first.session_id, "reused")]
    with pytest.raises(SessionRevokedError):
        world.identity.known(first.access_token) or await world.who(first)
    assert (await world.who(elsewhere)).session_id == elsewhere.session_id


@pytest.mark.parametrize("text", ["", "AAAA", "x" * 10_000, "ü", "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_refresh_token_opens_nothing(world, text):
    with pytest.raises(RefreshTokenError) as refused:
        await world.people.refresh(text, HOME)
    assert refused.value.reason == "refresh_token_not_found"


async def test_a_refresh_token_is_no_access_token_and_the_other_way_round(world):
    _, signed_in = await world.member()
    with pytest.raises(RefreshTokenError):
        await world.people.refresh(signed_in.access_token, HOME)
    with pytest.raises(Exception, match="token"):
        await world.identity.verify(signed_in.refresh_token)


async def test_sessions_and_tokens_go_on_after_a_restart(world):
    _, signed_in = await world.member()
    await world.restart()
    assert (await world.who(signed_in)).session_id == signed_in.session_id
    refreshed = await world.people.refresh(signed_in.refresh_token, HOME)
    await world.restart()
    await world.people.refresh(refreshed.refresh_token, HOME)


async def test_a_session_ends_after_an_hour_without_use_and_not_while_it_is_used(world):
    principal, signed_in = await world.member()
    other = await world.enter(origin=CAFE)
    for _ in range(3):
        world.clock.pass_s(40 * MINUTE_S)
        world.identity.note(principal)

    assert world.identity.refusal(principal).code == "token_expired"
    assert (await world.people.refresh(signed_in.refresh_token, HOME)).session_id == signed_in.session_id
    with pytest.raises(RefreshTokenError) as refused:
        await world.people.refresh(other.refresh_token, CAFE)
    assert refused.value.reason == "session_expired"
    assert (other.user.user_id, other.session_id, "idle") in world.ended.sessions


async def test_upkeep_ends_what_is_over_and_writes_uses_down(world):
    principal, signed_in = await world.member()
    world.clock.pass_s(50 * MINUTE_S)
    world.identity.note(principal)
    await world.upkeep.turn()
    await world.restart()
    world.clock.pass_s(50 * MINUTE_S)
    await world.upkeep.turn()
    assert world.ended.sessions == []

    world.clock.pass_s(11 * MINUTE_S)
    await world.upkeep.turn()
    assert world.ended.sessions == [(principal.user_id, signed_in.session_id, "idle")]
    await world.restart()
    assert world.people.sessions(principal.user_id) == []


async def test_a_jump_of_the_wall_clock_ends_no_session(world):
    principal, signed_in = await world.member()
    world.clock.wall_s += HOUR_S
    await world.upkeep.turn()
    world.clock.wall_s -= 2 * HOUR_S
    await world.upkeep.turn()
    assert [one.session_id for one in world.people.sessions(principal.user_id)] == [signed_in.session_id]


async def test_a_session_ends_after_thirty_days_however_much_it_is_used(world):
    principal, signed_in = await world.member()
    token = signed_in.refresh_token
    for _ in range(30 * 24 * 60 // 50 - 1):
        world.clock.pass_s(50 * MINUTE_S)
        world.identity.note(principal)
    token = (await world.people.refresh(token, HOME)).refresh_token
    world.clock.pass_s(50 * MINUTE_S)
    with pytest.raises(RefreshTokenError):
        await world.people.refresh(token, HOME)
    assert world.ended.sessions[-1][2] == "expired"


async def test_a_long_token_needs_no_refresh_and_ends_with_its_session(world):
    await world.add()
    signed_in = await world.enter(is_long=True)
    principal = await world.who(signed_in)
    assert signed_in.refresh_token == ""
    assert principal.expires_ms == (world.clock.wall_s + DAY_S) * 1_000
    await world.people.end_session(principal.user_id, signed_in.session_id, HOME, actor=principal.user_id)
    with pytest.raises(SessionRevokedError):
        world.identity.known(signed_in.access_token)


async def test_an_access_token_ends_after_its_time(world):
    principal, signed_in = await world.member()
    world.clock.pass_s(15 * MINUTE_S + 6)
    with pytest.raises(TokenExpiredError):
        world.identity.known(signed_in.access_token)
    assert isinstance(world.identity.refusal(principal), TokenExpiredError)


async def test_one_session_more_than_may_be_ends_the_one_used_longest_ago(tmp_path):
    async with people_in(tmp_path, max_sessions_per_user=2) as world:
        principal, first = await world.member()
        world.clock.pass_s(10)
        second = await world.enter()
        world.clock.pass_s(10)
        world.identity.note(principal)
        third = await world.enter()
        living = {session.session_id for session in world.people.sessions(principal.user_id)}
        assert living == {first.session_id, third.session_id}
        assert world.ended.sessions == [(principal.user_id, second.session_id, "ended")]


@pytest.mark.parametrize(("which", "left"), [("local", [1]), ("others", [0]), ("global", [])])
async def test_signing_out_ends_this_session_the_others_or_all(world, which, left):
    principal, mine = await world.member()
    others = await world.enter(origin=CAFE)
    await world.people.sign_out(principal, which, HOME)
    tokens = [mine, others]
    alive = {session.session_id for session in world.people.sessions(principal.user_id)}
    assert alive == {tokens[number].session_id for number in left}
    await world.restart()
    assert {session.session_id for session in world.people.sessions(principal.user_id)} == alive


async def test_nothing_begins_when_the_journal_refuses(world):
    principal, signed_in = await world.member()
    world.journal.is_down = True
    with pytest.raises(StoreUnavailableError):
        await world.enter()
    with pytest.raises(StoreUnavailableError):
        await world.people.refresh(signed_in.refresh_token, HOME)
    with pytest.raises(StoreUnavailableError):
        await world.people.sign_out(principal, "global", HOME)
    assert len(world.people.sessions(principal.user_id)) == 1
    assert world.identity.known(signed_in.access_token) == principal
    assert world.ended.sessions == []
    world.journal.is_down = False
    assert (await world.people.refresh(signed_in.refresh_token, HOME)).session_id == signed_in.session_id


async def test_strangers_make_themselves_users_only_where_that_is_on(tmp_path, world):
    with pytest.raises(ForbiddenError):
        await world.people.sign_up("eve@example.org", PASSWORD, EVIL)
    (tmp_path / "open").mkdir()
    async with people_in(tmp_path / "open", sign_up=True) as opened:
        signed_in = await opened.people.sign_up("Eve@example.org", PASSWORD, EVIL, profile={"name": "Eve"})
        principal = await opened.who(signed_in)
        assert (principal.roles, principal.pending, principal.email) == ({"viewer", "trader"}, None, "eve@example.org")
        assert signed_in.user.profile == {"name": "Eve"}
        with pytest.raises(ConflictError):
            await opened.people.sign_up("eve@example.org", PASSWORD, EVIL)
        with pytest.raises(WeakPasswordError):
            await opened.people.sign_up("mallory@example.org", "short", EVIL)


async def test_one_place_takes_not_every_account_by_signing_up(tmp_path):
    async with people_in(tmp_path, sign_up=True, failures_free=3) as opened:
        for number in range(3):
            await opened.people.sign_up(f"eve{number}@example.org", PASSWORD, EVIL)
        with pytest.raises(RateLimitedError):
            await opened.people.sign_up("eve3@example.org", PASSWORD, EVIL)
        await opened.people.sign_up("anna@example.org", PASSWORD, HOME)
        await opened.enter("eve0@example.org", origin=EVIL)
        opened.clock.pass_s(1)
        await opened.people.sign_up("eve3@example.org", PASSWORD, EVIL)
