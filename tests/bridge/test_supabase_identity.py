"""Who is asking, where a Supabase project issues the tokens."""

import asyncio
import time

import pytest

from config.auth_errors import JwksUnavailableError, SessionRevokedError, TokenExpiredError
from config.errors import NoCapacityError, UnauthorizedError
from tests.supabase_double import SupabaseDouble
from tests.supabase_world import DAY_S, ORIGIN, PASSWORD, SupabaseWorld, supabase_in

pytestmark = pytest.mark.slow  # two seconds all together

USER = "GET /user"


@pytest.fixture
async def world(tmp_path):
    async with supabase_in(tmp_path) as world:
        yield world


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "HS256"])
async def test_a_token_of_the_project_says_who_asks(tmp_path, algorithm):
    async with supabase_in(tmp_path, algorithm=algorithm) as world:
        token, principal = await world.enter("Anna@Example.org", ["trader"])
        assert principal.email == "anna@example.org"
        assert principal.roles == {"viewer", "trader"}
        assert principal.pending is None
        assert world.identity.known(token) == principal
        assert world.identity.refusal(principal) is None


async def test_a_user_who_is_seen_first_is_given_what_users_have(world):
    _, principal = await world.enter()
    assert [user.user_id for user in world.told.made] == [principal.user_id]
    assert [user.email for user in world.people.users()] == ["anna@example.org"]
    assert [row[0] for row in await world.audit()] == ["user.add", "auth.sign_in"]


async def test_a_first_token_brought_by_many_requests_makes_one_user(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD, roles=["trader"])
    token = world.project.sign_in(user_id)["access_token"]
    found = await asyncio.gather(*(world.identity.verify(token) for _ in range(20)))
    assert {principal.user_id for principal in found} == {user_id}
    assert len(world.told.made) == 1
    assert world.project.count(USER) == 1


async def test_two_first_tokens_of_a_user_at_once_make_one_user(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD, roles=["trader"])
    tokens = [world.project.sign_in(user_id)["access_token"] for _ in range(5)]
    await asyncio.gather(*(world.identity.verify(token) for token in tokens))
    assert len(world.told.made) == 1
    assert len(world.people.sessions(user_id)) == 5


async def test_a_known_token_asks_nobody(world):
    token, _ = await world.enter()
    asked = len(world.project.asked)
    for _ in range(50):
        assert world.identity.known(token) is not None
    assert len(world.project.asked) == asked


async def test_users_without_roles_have_the_configured_ones(tmp_path):
    async with supabase_in(tmp_path, supabase={"default_roles": ("viewer",)}) as world:
        assert (await world.enter("a@example.org", None))[1].roles == {"viewer"}
        assert (await world.enter("b@example.org", []))[1].roles == set()


async def test_without_them_they_have_none(world):
    assert (await world.enter(roles=None))[1].roles == set()


async def test_users_and_sessions_outlive_a_restart(world):
    token, principal = await world.enter()
    await world.restart()
    assert await world.identity.verify(token) == principal
    assert not world.told.made


# --- sessions that end


async def test_after_logout_there_a_token_that_is_new_here_opens_nothing(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD)
    granted = world.project.sign_in(user_id)
    world.project.sessions.clear()
    with pytest.raises(SessionRevokedError):
        await world.identity.verify(granted["access_token"])
    assert not world.people.users()


async def test_a_token_of_a_removed_user_opens_nothing(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD)
    granted = world.project.sign_in(user_id)
    world.project.remove(user_id)
    with pytest.raises(SessionRevokedError):
        await world.identity.verify(granted["access_token"])


async def test_after_signing_out_here_nothing_of_the_session_opens_anything_even_after_a_restart(world):
    token, principal = await world.enter()
    await world.people.sign_out(principal, "local", ORIGIN)
    assert world.told.sessions == [(principal.user_id, principal.session_id, "signed_out")]
    assert isinstance(world.identity.refusal(principal), SessionRevokedError)
    renewed = world.project.token(principal.session_id)
    for _ in range(2):
        for text in (token, renewed):
            with pytest.raises(SessionRevokedError):
                await world.identity.verify(text)
        await world.restart()


@pytest.mark.parametrize(("which", "left"), [("local", {1, 2}), ("others", {0}), ("global", set())])
async def test_signing_out_ends_the_sessions_it_says(world, which, left):
    user_id = world.project.add_user("anna@example.org", PASSWORD)
    tokens = [world.project.sign_in(user_id)["access_token"] for _ in range(3)]
    principals = [await world.identity.verify(token) for token in tokens]
    await world.people.sign_out(principals[0], which, ORIGIN)
    assert {number for number in range(3) if world.identity.refusal(principals[number]) is None} == left


async def test_a_session_without_use_ends_and_cannot_be_renewed(world):
    _, principal = await world.enter()
    world.passed_s += 61 * 60
    assert isinstance(world.identity.refusal(principal), TokenExpiredError | SessionRevokedError)
    await world.upkeep.turn()
    assert world.told.sessions == [(principal.user_id, principal.session_id, "idle")]
    renewed = world.project.mint.claims(now_s=world.wall(), sub=principal.user_id, session_id=principal.session_id)
    with pytest.raises(SessionRevokedError):
        await world.identity.verify(world.project.mint.sign(renewed))


async def test_a_session_ends_after_its_days_however_often_it_was_renewed(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD)
    session_id = world.project.sign_in(user_id) and next(iter(world.project.sessions))
    world.project.sessions[session_id]["at"] = int(time.time() - 31 * DAY_S)
    with pytest.raises(SessionRevokedError):
        await world.identity.verify(world.project.token(session_id))


async def test_the_oldest_session_makes_room(tmp_path):
    async with supabase_in(tmp_path, max_sessions_per_user=2) as world:
        user_id = world.project.add_user("anna@example.org", PASSWORD)
        principals = []
        for _ in range(3):
            world.passed_s += 1
            token = world.project.sign_in(user_id)["access_token"]
            principals.append(await world.identity.verify(token))
        assert [world.identity.refusal(principal) is None for principal in principals] == [False, True, True]


async def test_a_session_id_of_somebody_else_opens_nothing(world):
    _, anna = await world.enter()
    bob = world.project.add_user("bob@example.org", PASSWORD)
    session_id = anna.session_id
    world.project.sign_in(bob)
    stolen = world.project.mint.token(sub=bob, session_id=session_id)
    with pytest.raises(UnauthorizedError):
        await world.identity.verify(stolen)


# --- what changes


async def test_a_demotion_counts_as_soon_as_a_newer_token_tells_of_it(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD, roles=["trader", "admin"])
    first = world.project.sign_in(user_id)["access_token"]
    other = await world.identity.verify(world.project.sign_in(user_id)["access_token"])
    before = await world.identity.verify(first)
    world.project.set_roles(user_id, ["viewer"])
    after = await world.identity.verify(world.project.token(before.session_id))
    assert after.roles == {"viewer"}
    assert isinstance(world.identity.refusal(before), TokenExpiredError)
    with pytest.raises(TokenExpiredError):
        world.identity.known(first)
    assert world.told.sessions == [(user_id, other.session_id, "role")]
    assert [user.roles for user in world.told.changed] == [("viewer",)]


async def test_an_old_token_gives_no_role_back(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD, roles=["admin"])
    world.project.sign_in(user_id)
    session_id = next(iter(world.project.sessions))
    old = world.project.token(session_id, iat=int(time.time()) - 2)
    world.project.set_roles(user_id, ["viewer"])
    await world.identity.verify(world.project.token(session_id))
    with pytest.raises(TokenExpiredError):
        await world.identity.verify(old)
    await world.restart()
    with pytest.raises(TokenExpiredError):
        await world.identity.verify(old)


async def test_who_becomes_a_trader_is_given_one(world):
    _, principal = await world.enter(roles=["viewer"])
    world.project.set_roles(principal.user_id, ["trader"])
    after = await world.identity.verify(world.project.token(principal.session_id))
    assert after.roles == {"viewer", "trader"}
    assert [user.roles for user in world.told.made] == [("viewer",), ("trader",)]


async def test_without_room_for_a_trader_there_is_no_user_until_there_is(world):
    world.told.refusal = NoCapacityError("no slot is free")
    user_id = world.project.add_user("anna@example.org", PASSWORD, roles=["trader"])
    token = world.project.sign_in(user_id)["access_token"]
    for _ in range(2):
        with pytest.raises(NoCapacityError):
            await world.identity.verify(token)
    assert not world.people.users()
    world.told.refusal = None
    assert (await world.identity.verify(token)).user_id == user_id


async def test_an_email_that_went_to_another_user_is_theirs(world):
    _, first = await world.enter()
    world.project.remove(first.user_id)
    _, second = await world.enter()
    assert world.people.user(second.user_id).email == "anna@example.org"
    assert world.people.user(first.user_id).email == first.user_id
    await world.restart()
    assert len(world.people.users()) == 2


async def test_a_second_factor_that_was_not_given_is_waited_for(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD)
    world.project.add_factor(user_id)
    half = await world.identity.verify(world.project.sign_in(user_id)["access_token"])
    assert half.pending == "second_factor"
    whole = await world.identity.verify(world.project.sign_in(user_id, aal="aal2")["access_token"])
    assert whole.pending is None
    assert world.people.user(user_id).has_second_factor


async def test_a_session_that_gave_its_factor_goes_on(world):
    user_id = world.project.add_user("anna@example.org", PASSWORD)
    world.project.add_factor(user_id)
    half = await world.identity.verify(world.project.sign_in(user_id)["access_token"])
    world.project.sessions[half.session_id]["aal"] = "aal2"
    assert (await world.identity.verify(world.project.token(half.session_id))).pending is None


async def test_a_user_who_is_disabled_here_is_shut_out_at_once(world):
    token, principal = await world.enter()
    _, text = await world.people.make_api_key(principal.user_id, "bot", ["read"], None, ORIGIN)
    await world.people.set_disabled(principal.user_id, ORIGIN, is_disabled=True, actor="node")
    fresh = world.project.sign_in(principal.user_id)["access_token"]
    for each in (token, fresh, text):
        with pytest.raises(UnauthorizedError):
            await world.identity.verify(each)
    assert [user.is_disabled for user in world.told.changed] == [True]
    await world.people.set_disabled(principal.user_id, ORIGIN, is_disabled=False, actor="node")
    assert await world.identity.verify(world.project.sign_in(principal.user_id)["access_token"])


async def test_an_api_key_opens_what_its_owner_may(world):
    _, principal = await world.enter()
    key, text = await world.people.make_api_key(principal.user_id, "bot", ["trade"], None, ORIGIN)
    found = await world.identity.verify(text)
    assert (found.user_id, found.key_id, found.scopes) == (principal.user_id, key.key_id, {"trade"})
    assert world.identity.refusal(found) is None


# --- the project fails


@pytest.mark.parametrize("how", ["down", "failing"])
async def test_valid_tokens_work_on_while_the_project_is_away(world, how):
    token, principal = await world.enter()
    renewed = world.project.token(principal.session_id)
    fresh = world.project.sign_in(principal.user_id)["access_token"]
    if how == "down":
        await world.project.stop()
    else:
        world.project.failing = 503
    world.passed_s += 700  # the keys are no longer fresh
    assert world.identity.known(token) == principal
    assert (await world.identity.verify(renewed)).session_id == principal.session_id
    assert (await world.identity.verify(fresh)).user_id == principal.user_id
    await world.project.start() if how == "down" else None


async def test_nobody_new_is_let_in_while_the_project_is_away(world):
    await world.enter()
    user_id = world.project.add_user("bob@example.org", PASSWORD)
    token = world.project.sign_in(user_id)["access_token"]
    world.project.failing = 500
    with pytest.raises(JwksUnavailableError) as caught:
        await world.identity.verify(token)
    assert (caught.value.status, caught.value.code) == (503, "jwks_unavailable")
    assert len(world.people.users()) == 1
    world.project.failing = None
    assert (await world.identity.verify(token)).user_id == user_id


async def test_an_unknown_key_fails_closed_while_the_project_is_away(world):
    _, principal = await world.enter()
    world.project.failing = 503
    world.project.rotate()
    world.passed_s += 31
    with pytest.raises(UnauthorizedError) as caught:
        await world.identity.verify(world.project.token(principal.session_id))
    assert caught.value.status == 401


async def test_keys_that_are_a_day_old_open_nothing(world):
    token, _ = await world.enter()
    world.project.failing = 503
    world.opened.keys._fetched -= DAY_S
    assert world.identity.known(token) is None
    with pytest.raises(JwksUnavailableError):
        await world.identity.verify(token)


async def test_a_restart_while_the_project_is_away_signs_nobody_out(world):
    token, principal = await world.enter()
    world.project.failing = 503
    await world.restart()
    assert await world.identity.verify(token) == principal


async def test_keys_of_a_day_ago_do_not_outlive_a_restart(world):
    token, _ = await world.enter()
    world.project.failing = 503
    world.passed_s += DAY_S
    await world.restart()
    with pytest.raises(JwksUnavailableError):
        await world.identity.verify(token)


async def test_keys_of_another_project_are_not_believed(tmp_path):
    async with supabase_in(tmp_path) as world:
        token, _ = await world.enter()
    async with supabase_in(tmp_path) as other:
        other.project.failing = 503
        other.project.mints = world.project.mints
        other.project.mint.issuer = other.project.issuer
        with pytest.raises(JwksUnavailableError):
            await other.identity.verify(other.project.mint.token())
        with pytest.raises(JwksUnavailableError):
            await other.identity.verify(token)


async def test_a_node_that_never_saw_the_keys_says_so(tmp_path):
    async with SupabaseDouble() as project:
        project.failing = 503
        world = await SupabaseWorld(tmp_path, project, {}, {}).open()
        user_id = world.project.add_user("anna@example.org", PASSWORD)
        with pytest.raises(JwksUnavailableError):
            await world.identity.verify(world.project.sign_in(user_id)["access_token"])
        await world.close()


async def test_a_project_that_hangs_holds_up_nobody_else(tmp_path):
    async with supabase_in(tmp_path, supabase={"timeout_s": 2.0}) as world:
        token, anna = await world.enter()
        other = world.project.sign_in(anna.user_id)["access_token"]
        bob = world.project.sign_in(world.project.add_user("bob@example.org", PASSWORD))["access_token"]
        world.project.answers.clear()
        waiting = [asyncio.create_task(world.identity.verify(text)) for text in (other, bob)]
        await asyncio.sleep(0)
        for _ in range(2):
            assert await world.identity.verify(token) == anna
        assert not any(one.done() for one in waiting)
        found, refused = await asyncio.gather(*waiting, return_exceptions=True)
        assert found.user_id == anna.user_id
        assert isinstance(refused, JwksUnavailableError)
        third = world.project.sign_in(anna.user_id)["access_token"]
        asked = world.project.count(USER)  # it failed a moment ago: who is known waits for it no more
        assert (await world.identity.verify(third)).user_id == anna.user_id
        assert world.project.count(USER) == asked
