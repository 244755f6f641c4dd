"""What users do with their own things: password, profile, second factor, API keys."""

import asyncio

import pytest

from actors.auth.passwords import MAX_WAITING
from actors.auth.throttle import PER_NAME
from actors.ports.identity import Origin
from config.auth_errors import CredentialsError, PendingError, SessionRevokedError, TokenExpiredError, WeakPasswordError
from config.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NoCapacityError,
    NotFoundError,
    RateLimitedError,
    StoreUnavailableError,
    UnauthorizedError,
)
from tests.people_world import ADMIN, CAFE, DAY_S, EVIL, HOME, HOUR_S, MINUTE_S, PASSWORD, people_in

NEW = "a quite different sentence"


@pytest.fixture
async def world(tmp_path):
    async with people_in(tmp_path) as world:
        yield world


# --- password


async def test_a_first_password_is_changed_before_anything_else(world):
    principal = await world.who(signed_in := await world.enter(ADMIN, world.first_password))
    with pytest.raises(PendingError):
        principal.require("viewer")
    await world.people.change_password(principal, None, NEW, HOME)
    assert (await world.who(signed_in)).pending is None
    await world.restart()
    await world.enter(ADMIN, NEW)
    with pytest.raises(CredentialsError):
        await world.enter(ADMIN, world.first_password)


async def test_a_new_password_ends_all_other_sessions_and_not_this_one(world):
    principal, mine = await world.member()
    other = await world.enter(origin=CAFE)
    await world.people.change_password(principal, PASSWORD, NEW, HOME)
    assert world.ended.sessions == [(principal.user_id, other.session_id, "password")]
    await world.people.refresh(mine.refresh_token, HOME)


async def test_the_current_password_is_needed_unless_the_session_is_fresh(world):
    principal, _ = await world.member()
    world.clock.pass_s(11 * MINUTE_S)
    with pytest.raises(CredentialsError, match="is needed"):
        await world.people.change_password(principal, None, NEW, HOME)
    with pytest.raises(CredentialsError, match="is wrong"):
        await world.people.change_password(principal, "not this one at all", NEW, HOME)
    with pytest.raises(WeakPasswordError):
        await world.people.change_password(principal, PASSWORD, PASSWORD, HOME)
    with pytest.raises(WeakPasswordError):
        await world.people.change_password(principal, PASSWORD, "short", HOME)
    await world.people.change_password(principal, PASSWORD, NEW, HOME)


async def test_a_clock_that_is_put_back_makes_no_session_fresh_again(world):
    principal, _ = await world.member()
    world.clock.wall_s -= DAY_S
    with pytest.raises(CredentialsError):
        await world.people.change_password(principal, None, NEW, HOME)
    await world.people.change_password(principal, PASSWORD, NEW, HOME)


async def test_the_same_password_is_no_new_one_also_without_the_current(world):
    principal, _ = await world.member()
    with pytest.raises(WeakPasswordError, match="another password than before"):
        await world.people.change_password(principal, None, PASSWORD, HOME)


async def test_guessing_the_current_password_gets_slow(world):
    principal, _ = await world.member()
    for number in range(5):
        with pytest.raises(CredentialsError):
            await world.people.change_password(principal, f"guess number {number}", NEW, EVIL)
    with pytest.raises(RateLimitedError):
        await world.people.change_password(principal, PASSWORD, NEW, EVIL)


async def test_who_changes_a_password_many_times_at_once_keeps_nobody_from_signing_in(world):
    principal, _ = await world.member()
    await world.add("ben@example.org")
    flood = [world.people.change_password(principal, None, PASSWORD, HOME) for _ in range(MAX_WAITING + 50)]
    flooding = asyncio.gather(*flood, return_exceptions=True)
    assert (await world.enter("ben@example.org", origin=CAFE)).user.email == "ben@example.org"
    outcomes = await flooding
    assert {type(one) for one in outcomes} == {WeakPasswordError, RateLimitedError}
    assert sum(isinstance(one, WeakPasswordError) for one in outcomes) < len(outcomes)
    await world.people.change_password(principal, None, "another long passphrase 7", HOME)  # the flood is over


async def test_of_two_password_changes_at_once_one_counts(world):
    principal, _ = await world.member()
    changes = [world.people.change_password(principal, PASSWORD, f"{NEW} {number}", HOME) for number in range(2)]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    won = [number for number, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [RateLimitedError]
    await world.enter(password=f"{NEW} {won[0]}")


async def test_a_password_that_an_admin_gives_meanwhile_counts(world):
    principal, _ = await world.member()
    outcomes = await asyncio.gather(
        world.people.reset_password(principal.user_id, NEW, HOME, actor="an-admin"),
        world.people.change_password(principal, PASSWORD, f"{NEW} 2", HOME),
        return_exceptions=True,
    )
    assert outcomes[0] == ""
    assert isinstance(outcomes[1], ConflictError)
    assert (await world.enter(password=NEW)).user.must_change


# --- profile


async def test_a_profile_changes_key_by_key_and_is_kept(world):
    user = await world.add()
    await world.people.change_profile(user.user_id, {"name": "Anna", "theme": "dark"}, HOME)
    changes = [world.people.change_profile(user.user_id, {f"key{n}": n}, HOME) for n in range(5)]
    await asyncio.gather(*changes, world.people.change_profile(user.user_id, {"theme": None}, HOME))
    await world.restart()
    assert world.people.user(user.user_id).profile == {"name": "Anna"} | {f"key{n}": n for n in range(5)}


async def test_a_profile_holds_no_rights_and_no_books(world):
    principal, signed_in = await world.member(roles=("viewer",))
    await world.people.change_profile(
        principal.user_id, {"roles": ["admin"], "app_metadata": {"roles": ["admin"]}}, HOME
    )
    refreshed = await world.people.refresh(signed_in.refresh_token, HOME)
    assert (await world.who(refreshed)).roles == {"viewer"}
    with pytest.raises(InvalidInputError):
        await world.people.change_profile(principal.user_id, {"book": "x" * 5_000}, HOME)


# --- second factor


async def test_with_a_second_factor_a_password_alone_opens_nothing(world):
    principal, _ = await world.member()
    app, codes = await world.with_factor(principal)
    assert len(set(codes)) == 10

    await world.restart()
    waiting = await world.who(await world.enter())
    assert waiting.pending == "second_factor"
    with pytest.raises(PendingError):
        waiting.require("viewer")
    with pytest.raises(PendingError):
        await world.people.change_password(waiting, PASSWORD, NEW, HOME)
    signed_in, none = await world.people.verify_factor(waiting, app.factor_id, app.code(), HOME)
    assert ((await world.who(signed_in)).pending, none) == (None, ())
    assert (await world.people.refresh(signed_in.refresh_token, HOME)).session_id == waiting.session_id


async def test_no_code_counts_twice_also_not_at_once_or_after_a_restart(world):
    principal, _ = await world.member()
    app, _ = await world.with_factor(principal)
    waiting = [await world.who(await world.enter()) for _ in range(3)]
    code = app.code()
    tries = [world.people.verify_factor(one, app.factor_id, code, HOME) for one in waiting[:2]]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CredentialsError", "tuple"]
    await world.restart()
    with pytest.raises(CredentialsError):
        await world.people.verify_factor(waiting[2], app.factor_id, code, HOME)


async def test_a_code_counts_only_for_the_factor_s_owner(world):
    anna, _ = await world.member()
    app, codes = await world.with_factor(anna)
    bob, _ = await world.member("bob@example.org")
    for factor_id in (app.factor_id, "no-such-factor"):
        with pytest.raises(NotFoundError):
            await world.people.verify_factor(bob, factor_id, app.code(), HOME)
        with pytest.raises(NotFoundError):
            await world.people.remove_factor(bob.user_id, factor_id, codes[0], HOME, actor=bob.user_id)


async def test_a_recovery_code_opens_once_and_new_ones_replace_the_old(world):
    principal, _ = await world.member()
    app, codes = await world.with_factor(principal)
    waiting = await world.who(await world.enter())
    await world.people.verify_factor(waiting, app.factor_id, codes[3].upper(), HOME)
    again = await world.who(await world.enter())
    with pytest.raises(CredentialsError):
        await world.people.verify_factor(again, app.factor_id, codes[3], HOME)
    assert world.people.factors(principal.user_id)[0].recovery_left == 9

    fresh = await world.people.new_recovery_codes(principal.user_id, app.code(), HOME)
    with pytest.raises(CredentialsError):
        await world.people.verify_factor(again, app.factor_id, codes[0], HOME)
    await world.people.verify_factor(again, app.factor_id, fresh[0], HOME)


async def test_a_second_factor_ends_sessions_that_never_gave_one(world):
    principal, _ = await world.member()
    other = await world.enter(origin=CAFE)
    await world.with_factor(principal)
    assert world.ended.sessions == [(principal.user_id, other.session_id, "ended")]


async def test_a_session_that_waits_cannot_put_its_own_factor_in_place(world):
    principal, _ = await world.member()
    await world.with_factor(principal)
    waiting = await world.who(await world.enter())
    with pytest.raises(ConflictError):
        await world.people.enroll(waiting.user_id, "mine", EVIL)


async def test_guessing_codes_gets_slow_from_however_many_places_and_not_where_one_was_right(world):
    principal, _ = await world.member()
    app, codes = await world.with_factor(principal)
    waiting = await world.who(await world.enter(origin=EVIL))
    for number in range(PER_NAME):
        place = Origin(address=f"192.0.2.{number // 5}")
        with pytest.raises(CredentialsError):
            await world.people.verify_factor(waiting, app.factor_id, f"{number:06}", place)
        world.clock.pass_s(2)
    with pytest.raises(RateLimitedError):
        await world.people.verify_factor(waiting, app.factor_id, codes[0], CAFE)
    await world.restart()
    with pytest.raises(RateLimitedError):
        await world.people.verify_factor(waiting, app.factor_id, codes[0], CAFE)
    await world.people.verify_factor(waiting, app.factor_id, codes[0], HOME)


async def test_a_factor_is_removed_with_a_code_by_its_owner_and_without_by_an_admin(world):
    principal, _ = await world.member()
    app, _ = await world.with_factor(principal)
    with pytest.raises(CredentialsError):
        await world.people.remove_factor(principal.user_id, app.factor_id, None, HOME, actor=principal.user_id)
    await world.people.remove_factor(principal.user_id, app.factor_id, app.code(), HOME, actor=principal.user_id)
    app, _ = await world.with_factor(principal)
    await world.people.remove_factor(principal.user_id, app.factor_id, None, HOME, actor="an-admin")
    await world.restart()
    assert world.people.factors(principal.user_id) == []
    assert (await world.who(await world.enter())).pending is None


async def test_a_factor_that_was_never_verified_changes_nothing_and_is_replaced(world):
    principal, _ = await world.member()
    first = await world.people.enroll(principal.user_id, "phone", HOME)
    await world.people.enroll(principal.user_id, "tablet", HOME)
    assert (await world.who(await world.enter())).pending is None
    assert [factor.name for factor in world.people.factors(principal.user_id)] == ["tablet"]
    with pytest.raises(NotFoundError):
        await world.people.verify_factor(principal, first.factor_id, "000000", HOME)


async def test_a_password_alone_drives_no_session_out_that_gave_the_second_factor(tmp_path):
    (tmp_path / "few").mkdir()
    async with people_in(tmp_path / "few", max_sessions_per_user=2) as world:
        principal, _ = await world.member()
        await world.with_factor(principal)
        for _ in range(4):
            world.clock.pass_s(10)
            await world.enter(origin=EVIL)
        assert world.identity.refusal(principal) is None or world.identity.refusal(principal).code == "token_expired"
        assert principal.session_id in {one.session_id for one in world.people.sessions(principal.user_id)}


async def test_with_room_for_no_more_only_a_second_factor_drives_one_out(tmp_path):
    (tmp_path / "few").mkdir()
    async with people_in(tmp_path / "few", max_sessions_per_user=2) as world:
        principal, _ = await world.member()
        app, _ = await world.with_factor(principal)

        async def enter_verified():
            world.clock.pass_s(60)  # a code counts once
            waiting = await world.who(await world.enter())
            await world.people.verify_factor(waiting, app.factor_id, app.code(), HOME)
            return waiting.session_id

        second = await enter_verified()
        await world.enter(origin=EVIL)
        verified = {one.session_id for one in world.people.sessions(principal.user_id) if one.is_verified}
        assert verified == {principal.session_id, second}

        third = await enter_verified()
        verified = {one.session_id for one in world.people.sessions(principal.user_id) if one.is_verified}
        assert verified == {second, third}


async def test_a_long_token_waits_for_the_second_factor_too(world):
    principal, _ = await world.member()
    app, _ = await world.with_factor(principal)
    waiting = await world.who(await world.enter(is_long=True))
    assert waiting.pending == "second_factor"
    signed_in, _ = await world.people.verify_factor(waiting, app.factor_id, app.code(), HOME)
    assert signed_in.refresh_token == ""
    assert (await world.who(signed_in)).pending is None


# --- API keys


async def test_an_api_key_opens_what_its_scopes_allow_also_after_a_restart(world):
    principal, _ = await world.member()
    key, text = await world.people.make_api_key(principal.user_id, "grafana", ["read"], None, HOME)
    await world.restart()
    program = world.identity.known(text)
    assert program == await world.identity.verify(text)
    assert (program.user_id, program.key_id, program.scopes) == (principal.user_id, key.key_id, {"read"})
    program.require("trader", need="read")
    for role, need in (("trader", "trade"), ("viewer", "self"), ("admin", "admin"), ("person", "self")):
        with pytest.raises(ForbiddenError):
            program.require(role, need=need)


async def test_an_api_key_is_nowhere_in_the_journal_or_a_repr(world, tmp_path):
    principal, _ = await world.member()
    key, text = await world.people.make_api_key(principal.user_id, "grafana", ["read"], None, HOME)
    await world.journal.settled()
    secret = text.rsplit("_", 1)[0][-8:] and text[16:]
    for path in tmp_path.glob("journal.db*"):
        assert secret.encode() not in path.read_bytes()
    assert secret not in repr(key)


@pytest.mark.parametrize(
    "text", ["wk_", "wk_aaaaaaaaaaaa_", "wk_aaaaaaaaaaaa_" + "b" * 43, "wk_" + "ü" * 50, "wk_\udcff"]
)
async def test_what_is_no_api_key_opens_nothing(world, text):
    with pytest.raises(UnauthorizedError):
        world.identity.known(text)


async def test_an_api_key_that_was_changed_ended_or_expired_opens_nothing(world):
    principal, _ = await world.member()
    end = int(world.clock.wall_s + HOUR_S) * 1_000
    key, text = await world.people.make_api_key(principal.user_id, "one", ["read"], None, HOME)
    _, brief = await world.people.make_api_key(principal.user_id, "brief", ["trade", "read"], end, HOME)
    program, other = world.identity.known(text), world.identity.known(brief)
    with pytest.raises(UnauthorizedError):
        world.identity.known(text[:-1] + ("a" if text[-1] != "a" else "b"))

    with pytest.raises(NotFoundError):
        await world.people.end_api_key("somebody-else", key.key_id, EVIL, actor="somebody-else")
    await world.people.end_api_key(principal.user_id, key.key_id, HOME, actor=principal.user_id)
    assert world.ended.keys == [(principal.user_id, key.key_id)]
    assert isinstance(world.identity.refusal(program), SessionRevokedError)
    with pytest.raises(UnauthorizedError):
        world.identity.known(text)

    world.clock.pass_s(HOUR_S + 6)
    assert isinstance(world.identity.refusal(other), TokenExpiredError)
    with pytest.raises(TokenExpiredError):
        world.identity.known(brief)
    await world.upkeep.turn()
    assert world.ended.keys == [(principal.user_id, key.key_id), (principal.user_id, other.key_id)]
    assert world.people.api_keys(principal.user_id) == []


async def test_an_api_key_is_for_no_more_than_its_owner_may(world):
    principal, _ = await world.member(roles=("viewer",))
    made = world.people.make_api_key
    past = int(world.clock.wall_s - DAY_S) * 1_000
    for name, scopes, end in (
        ("bot", ["trade"], None),
        ("bot", [], None),
        ("", ["read"], None),
        ("bot", ["read"], past),
        ("bot", ["read"], 10**30),
        ("line\nbreak", ["read"], None),
        ("bot", ["root"], None),
    ):
        with pytest.raises(InvalidInputError):
            await made(principal.user_id, name, scopes, end, HOME)


async def test_a_user_has_so_many_api_keys_and_no_more_at_once(tmp_path):
    async with people_in(tmp_path, max_api_keys_per_user=3) as world:
        principal, _ = await world.member()
        made = [world.people.make_api_key(principal.user_id, f"key {n}", ["read"], None, HOME) for n in range(8)]
        outcomes = await asyncio.gather(*made, return_exceptions=True)
        assert sum(isinstance(outcome, NoCapacityError) for outcome in outcomes) == 5
        assert len(world.people.api_keys(principal.user_id)) == 3


async def test_the_last_use_of_an_api_key_is_shown_and_kept(world):
    principal, _ = await world.member()
    _, text = await world.people.make_api_key(principal.user_id, "bot", ["read"], None, HOME)
    assert world.people.api_keys(principal.user_id)[0].used_ms is None
    world.clock.pass_s(2 * MINUTE_S)
    world.identity.note(world.identity.known(text))
    await world.upkeep.turn()
    await world.restart()
    assert world.people.api_keys(principal.user_id)[0].used_ms == world.clock.wall_s * 1_000


async def test_nothing_of_ones_own_changes_when_the_journal_refuses(world):
    principal, _ = await world.member()
    app, _ = await world.with_factor(principal)
    key, text = await world.people.make_api_key(principal.user_id, "bot", ["read"], None, HOME)
    user_id = principal.user_id
    world.journal.is_down = True
    for change in (
        world.people.change_password(principal, PASSWORD, NEW, HOME),
        world.people.change_profile(user_id, {"name": "x"}, HOME),
        world.people.make_api_key(user_id, "other", ["read"], None, HOME),
        world.people.end_api_key(user_id, key.key_id, HOME, actor=user_id),
        world.people.remove_factor(user_id, app.factor_id, None, HOME, actor="an-admin"),
        world.people.new_recovery_codes(user_id, app.code(), HOME),
    ):
        with pytest.raises(StoreUnavailableError):
            await change
    world.journal.is_down = False
    assert [one.key_id for one in world.people.api_keys(user_id)] == [key.key_id]
    assert world.identity.known(text).key_id == key.key_id
    assert world.people.factors(user_id)[0].recovery_left == 10
    await world.enter()
