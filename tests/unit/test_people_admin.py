"""What admins do with users: roles, disabling, passwords, emails, removal; and who gets a trader."""

import pytest

from config.auth_errors import CredentialsError, SessionRevokedError, WeakPasswordError
from config.errors import ConflictError, InvalidInputError, NoCapacityError, NotFoundError, StoreUnavailableError
from tests.people_world import ADMIN, CAFE, HOME, PASSWORD, people_in


@pytest.fixture
async def world(tmp_path):
    async with people_in(tmp_path) as world:
        yield world


class Desk:
    """A `PeopleListener` with so many free slots for traders."""

    def __init__(self, slots=100):
        self.slots, self.made, self.changed = slots, [], []

    async def user_made(self, user):
        if len(self.made) >= self.slots:
            raise NoCapacityError("no slot is free")
        self.made.append(user)

    async def user_changed(self, user):
        self.changed.append(user)


def admin_of(world):
    return next(user for user in world.people.users() if user.email == ADMIN)


async def test_a_user_is_added_with_a_password_that_was_made_and_must_be_changed(world):
    user, made = await world.people.add("Bob@Example.org", None, ["viewer"], HOME, actor="an-admin")
    assert (user.email, user.roles, user.must_change, len(made)) == ("bob@example.org", ("viewer",), True, 24)
    await world.restart()
    assert (await world.who(await world.enter("bob@example.org", made))).pending == "password"


@pytest.mark.parametrize("email", ["", "no email", "a@b\nc", "@", "a@", "x" * 300 + "@x.org", "a\udcff@b.c", "a@b@c"])
async def test_what_is_no_email_makes_no_user(world, email):
    with pytest.raises(InvalidInputError):
        await world.people.add(email, PASSWORD, ["viewer"], HOME, actor="an-admin")
    assert [user.email for user in world.people.users()] == [ADMIN]


async def test_roles_that_do_not_exist_weak_passwords_and_taken_emails_make_no_user(world):
    add = world.people.add
    for roles in ([], ["root"], ["public"], ["person"]):
        with pytest.raises(InvalidInputError):
            await add("bob@example.org", PASSWORD, roles, HOME, actor="an-admin")
    with pytest.raises(WeakPasswordError):
        await add("bob@example.org", "bob@example.org!", ["viewer"], HOME, actor="an-admin")
    with pytest.raises(ConflictError):
        await add(ADMIN.upper(), PASSWORD, ["viewer"], HOME, actor="an-admin")
    assert [user.email for user in world.people.users()] == [ADMIN]


async def test_connections_of_api_keys_are_told_when_their_user_loses_a_role(world):
    user = await world.add(roles=("admin", "trader"))
    key, text = await world.people.make_api_key(user.user_id, "bot", ["read", "trade"], None, HOME)
    before = await world.identity.verify(text)
    await world.people.set_roles(user.user_id, ["admin", "trader", "viewer"], HOME, actor="an-admin")
    assert world.ended.keys == []
    assert world.identity.refusal(before) is None
    await world.people.set_roles(user.user_id, ["admin"], HOME, actor="an-admin")
    assert world.ended.keys == [(user.user_id, key.key_id)]
    assert isinstance(world.identity.refusal(before), SessionRevokedError)
    assert world.identity.refusal(await world.identity.verify(text)) is None
    assert [one.key_id for one in world.people.api_keys(user.user_id)] == [key.key_id]


async def test_demotion_counts_at_once_and_ends_sessions(world):
    principal, signed_in = await world.member(roles=("trader", "admin"))
    await world.people.set_roles(principal.user_id, ["viewer"], HOME, actor="an-admin")
    assert world.ended.sessions == [(principal.user_id, signed_in.session_id, "role")]
    assert isinstance(world.identity.refusal(principal), SessionRevokedError)
    with pytest.raises(SessionRevokedError):
        world.identity.known(signed_in.access_token)
    assert (await world.who(await world.enter())).roles == {"viewer"}


async def test_promotion_counts_at_once_and_ends_nothing(world):
    principal, signed_in = await world.member(roles=("viewer",))
    await world.people.set_roles(principal.user_id, ["viewer", "trader"], HOME, actor="an-admin")
    assert world.ended.sessions == []
    assert world.identity.known(signed_in.access_token).roles == {"viewer", "trader"}


async def test_disabling_ends_sessions_and_keys_and_enabling_brings_neither_back(world):
    principal, signed_in = await world.member()
    _, text = await world.people.make_api_key(principal.user_id, "bot", ["read"], None, HOME)
    await world.people.set_disabled(principal.user_id, HOME, is_disabled=True, actor="an-admin")
    assert [reason for _, _, reason in world.ended.sessions] == ["disabled"]
    assert len(world.ended.keys) == 1
    await world.people.set_disabled(principal.user_id, HOME, is_disabled=False, actor="an-admin")
    await world.restart()
    with pytest.raises(SessionRevokedError):
        await world.who(signed_in)
    with pytest.raises(Exception, match="API key"):
        world.identity.known(text)
    await world.enter()


async def test_a_reset_password_ends_all_sessions_and_must_be_changed(world):
    principal, _ = await world.member()
    made = await world.people.reset_password(principal.user_id, None, HOME, actor="an-admin")
    assert [reason for _, _, reason in world.ended.sessions] == ["password"]
    with pytest.raises(CredentialsError):
        await world.enter()
    assert (await world.who(await world.enter(password=made))).pending == "password"


async def test_an_email_is_changed_unless_somebody_has_it(world):
    user, other = await world.add(), await world.add("bob@example.org")
    await world.people.set_email(user.user_id, "Anna@New.org", HOME, actor="an-admin")
    with pytest.raises(ConflictError):
        await world.people.set_email(other.user_id, "anna@new.org", HOME, actor="an-admin")
    await world.restart()
    assert (await world.enter("anna@new.org")).user.user_id == user.user_id
    with pytest.raises(CredentialsError):
        await world.enter("anna@example.org")


async def test_a_removed_user_leaves_nothing_that_opens_and_the_email_is_free(world):
    principal, signed_in = await world.member()
    app, _ = await world.with_factor(principal)
    await world.people.remove(principal.user_id, HOME, actor="an-admin")
    with pytest.raises(SessionRevokedError):
        await world.who(signed_in)
    with pytest.raises(NotFoundError):
        world.people.user(principal.user_id)
    await world.restart()
    assert [user.email for user in world.people.users()] == [ADMIN]
    with pytest.raises(CredentialsError):
        await world.enter()
    again = await world.add()
    assert again.user_id != principal.user_id
    assert (await world.who(await world.enter())).pending is None
    assert world.people.factors(principal.user_id) == []
    assert app.factor_id not in {factor.factor_id for factor in world.people.factors(again.user_id)}


async def test_of_removed_users_no_sessions_are_kept_in_mind(world):
    directory = world.upkeep.directory
    before = len(directory._owned)
    for _ in range(2):
        principal, _ = await world.member()
        await world.people.remove(principal.user_id, HOME, actor="an-admin")

    assert len(directory._owned) == before


async def test_the_last_admin_stays_one(world):
    admin = admin_of(world)
    for change in (
        world.people.set_roles(admin.user_id, ["trader"], HOME, actor=admin.user_id),
        world.people.set_disabled(admin.user_id, HOME, is_disabled=True, actor=admin.user_id),
        world.people.remove(admin.user_id, HOME, actor=admin.user_id),
    ):
        with pytest.raises(ConflictError):
            await change
    other = await world.add(roles=("admin",))
    await world.people.set_disabled(other.user_id, HOME, is_disabled=True, actor=admin.user_id)
    with pytest.raises(ConflictError):
        await world.people.remove(admin.user_id, HOME, actor=admin.user_id)
    await world.people.set_disabled(other.user_id, HOME, is_disabled=False, actor=admin.user_id)
    await world.people.remove(admin.user_id, HOME, actor=other.user_id)


async def test_who_is_nobody_cannot_be_changed(world):
    people = world.people
    for change in (
        people.set_roles("nobody", ["viewer"], HOME, actor="an-admin"),
        people.set_disabled("nobody", HOME, is_disabled=True, actor="an-admin"),
        people.reset_password("nobody", None, HOME, actor="an-admin"),
        people.set_email("nobody", "x@y.org", HOME, actor="an-admin"),
        people.remove("nobody", HOME, actor="an-admin"),
        people.end_session("nobody", "no-session", HOME, actor="an-admin"),
        people.change_profile("nobody", {"a": 1}, HOME),
        people.enroll("nobody", "phone", HOME),
        people.new_recovery_codes("nobody", "000000", HOME),
        people.make_api_key("nobody", "bot", ["read"], None, HOME),
    ):
        with pytest.raises(NotFoundError):
            await change


async def test_somebody_else_s_session_is_not_there(world):
    anna, signed_in = await world.member()
    bob, _ = await world.member("bob@example.org")
    for session_id in (signed_in.session_id, "no-such-session"):
        with pytest.raises(NotFoundError, match="no such session"):
            await world.people.end_session(bob.user_id, session_id, HOME, actor=bob.user_id)
    assert world.identity.refusal(anna) is None


async def test_a_trader_is_given_to_whoever_is_made_or_gets_the_role(world):
    desk = Desk()
    world.people.listen(desk)
    user = await world.add(roles=("viewer",))
    await world.people.set_roles(user.user_id, ["trader"], HOME, actor="an-admin")
    await world.people.set_disabled(user.user_id, HOME, is_disabled=True, actor="an-admin")
    await world.people.remove(user.user_id, HOME, actor="an-admin")
    assert [(one.user_id, one.roles) for one in desk.made] == [(user.user_id, ("viewer",)), (user.user_id, ("trader",))]
    assert [(one.roles, one.is_disabled) for one in desk.changed] == [
        (("trader",), False),
        (("trader",), True),
        ((), True),
    ]


async def test_without_room_for_a_trader_there_is_no_user_and_no_role(world):
    viewer = await world.add("bob@example.org", roles=("viewer",))
    world.people.listen(Desk(slots=0))
    with pytest.raises(NoCapacityError):
        await world.add()
    with pytest.raises(NoCapacityError):
        await world.people.set_roles(viewer.user_id, ["trader"], CAFE, actor="an-admin")
    await world.restart()
    assert [(user.email, user.roles) for user in world.people.users()] == [
        (ADMIN, ("trader", "admin")),
        ("bob@example.org", ("viewer",)),
    ]
    await world.add()


async def test_no_user_changes_when_the_journal_refuses(world):
    desk = Desk()
    user, _ = await world.member()
    world.people.listen(desk)
    before = world.people.user(user.user_id)
    world.journal.is_down = True
    for change in (
        world.people.add("bob@example.org", PASSWORD, ["trader"], HOME, actor="an-admin"),
        world.people.set_roles(user.user_id, ["viewer"], HOME, actor="an-admin"),
        world.people.set_disabled(user.user_id, HOME, is_disabled=True, actor="an-admin"),
        world.people.reset_password(user.user_id, None, HOME, actor="an-admin"),
        world.people.set_email(user.user_id, "new@example.org", HOME, actor="an-admin"),
        world.people.remove(user.user_id, HOME, actor="an-admin"),
    ):
        with pytest.raises(StoreUnavailableError):
            await change
    world.journal.is_down = False
    assert world.people.user(user.user_id) == before
    assert (desk.made, desk.changed, world.ended.sessions) == ([], [], [])
    assert world.identity.refusal(user) is None
    app, _ = await world.with_factor(user)
    await world.people.remove_factor(user.user_id, app.factor_id, app.code(), HOME, actor=user.user_id)
