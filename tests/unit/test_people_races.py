"""Several who change the same user or session at once: nothing is lost, nothing counts before it is on the disk."""

import asyncio

import pytest
from argon2 import PasswordHasher
from msgspec.structs import replace

from actors.ports.identity import Origin
from config.auth_errors import CredentialsError, DisabledError, RefreshTokenError, SessionRevokedError
from config.errors import ConflictError
from tests.people_world import CAFE, HOME, PASSWORD, people_in


@pytest.fixture
async def world(tmp_path):
    async with people_in(tmp_path) as world:
        yield world


def outcome_names(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


async def test_two_admins_who_demote_each_other_at_once_leave_one(world):
    first = next(iter(world.people.users()))
    second = await world.add(roles=("admin",))
    changes = [
        world.people.set_roles(first.user_id, ["viewer"], HOME, actor=second.user_id),
        world.people.set_disabled(second.user_id, HOME, is_disabled=True, actor=first.user_id),
        world.people.remove(second.user_id, HOME, actor=first.user_id),
    ]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) >= 1
    admins = [user for user in world.people.users() if "admin" in user.roles and not user.is_disabled]
    assert len(admins) == 1


async def test_one_email_is_taken_once(world):
    outcomes = await asyncio.gather(*(world.add() for _ in range(6)), return_exceptions=True)
    assert outcome_names(outcomes) == ["EmailTakenError"] * 5 + ["User"]
    await world.restart()
    assert len(world.people.users()) == 2


async def test_whoever_signs_in_while_being_disabled_is_out_in_the_end(world):
    user = await world.add()
    for _ in range(3):
        outcomes = await asyncio.gather(
            *(world.enter() for _ in range(4)),
            world.people.set_disabled(user.user_id, HOME, is_disabled=True, actor="an-admin"),
            *(world.enter(origin=CAFE) for _ in range(4)),
            return_exceptions=True,
        )
        for outcome in outcomes[:4] + outcomes[5:]:
            if isinstance(outcome, Exception):
                assert isinstance(outcome, DisabledError)
            else:
                with pytest.raises(SessionRevokedError):
                    await world.who(outcome)
        assert world.people.sessions(user.user_id) == []
        await world.people.set_disabled(user.user_id, HOME, is_disabled=False, actor="an-admin")


async def test_a_session_that_begins_while_its_user_is_being_disabled_is_not_seen_before_the_disk_has_it(world):
    user = await world.add()
    world.journal.may_write.clear()
    disabling = asyncio.create_task(world.people.set_disabled(user.user_id, HOME, is_disabled=True, actor="an-admin"))
    await world.journal.waiting.wait()
    entering = asyncio.create_task(world.enter())
    assert world.people.user(user.user_id).is_disabled is False
    world.journal.may_write.set()
    assert (await disabling).is_disabled
    with pytest.raises(DisabledError):
        await entering


async def test_a_refresh_while_signing_out_brings_nothing_back(world):
    principal, signed_in = await world.member()
    outcomes = await asyncio.gather(
        world.people.sign_out(principal, "local", HOME),
        *(world.people.refresh(signed_in.refresh_token, HOME) for _ in range(5)),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, RefreshTokenError) for outcome in outcomes[1:])
    await world.restart()
    assert world.people.sessions(principal.user_id) == []


async def test_many_refreshes_of_one_token_rotate_it_once(world):
    _, signed_in = await world.member()
    refreshed = await asyncio.gather(*(world.people.refresh(signed_in.refresh_token, HOME) for _ in range(10)))
    assert len({one.refresh_token for one in refreshed}) == 1
    assert len({one.session_id for one in refreshed}) == 1


async def test_a_change_is_brought_to_its_end_when_whoever_asked_goes_away(world):
    principal, signed_in = await world.member()
    world.journal.may_write.clear()
    asking = asyncio.create_task(world.people.sign_out(principal, "global", HOME))
    await world.journal.waiting.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert world.identity.known(signed_in.access_token) == principal
    world.journal.may_write.set()
    await world.upkeep.directory.settled()
    assert world.people.sessions(principal.user_id) == []
    await world.restart()
    assert world.people.sessions(principal.user_id) == []


async def test_a_use_that_is_written_down_does_not_bring_an_ending_session_back(world):
    principal, signed_in = await world.member()
    world.clock.pass_s(120)
    world.identity.note(principal)
    world.journal.may_write.clear()
    ending = asyncio.create_task(world.people.sign_out(principal, "local", HOME))
    await world.journal.waiting.wait()
    world.upkeep.directory.write_uses()
    world.journal.may_write.set()
    await ending
    await world.upkeep.turn()
    await world.restart()
    with pytest.raises(SessionRevokedError):
        await world.who(signed_in)


async def test_a_sign_in_with_the_old_password_does_not_outlive_its_change(world):
    principal, _ = await world.member()
    outcomes = await asyncio.gather(
        world.people.change_password(principal, PASSWORD, "a quite different sentence", HOME),
        *(world.enter(origin=CAFE) for _ in range(5)),
        return_exceptions=True,
    )
    entered = [outcome for outcome in outcomes[1:] if not isinstance(outcome, Exception)]
    assert all(isinstance(outcome, CredentialsError) for outcome in outcomes[1:] if isinstance(outcome, Exception))
    for signed_in in entered:
        with pytest.raises(SessionRevokedError):
            await world.who(signed_in)
    assert [one.session_id for one in world.people.sessions(principal.user_id)] == [principal.session_id]


async def test_no_session_limit_is_passed_by_many_at_once(tmp_path):
    (tmp_path / "few").mkdir()
    async with people_in(tmp_path / "few", max_sessions_per_user=3) as world:
        user = await world.add()
        places = [Origin(address=f"192.0.2.{number}") for number in range(9)]
        await asyncio.gather(*(world.enter(origin=place) for place in places))
        assert len(world.people.sessions(user.user_id)) == 3
        await world.restart()
        assert len(world.people.sessions(user.user_id)) == 3


async def test_a_password_hashed_long_ago_is_hashed_anew_also_by_two_who_sign_in_at_once(world):
    user = await world.add()
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    directory = world.upkeep.directory
    await directory.commit(replace(directory.user(user.user_id), password=weak))
    await asyncio.gather(world.enter(), world.enter(origin=CAFE))
    hashed = directory.user(user.user_id).password
    assert hashed != weak
    await world.restart()
    await world.enter()
    assert world.upkeep.directory.user(user.user_id).password == hashed
