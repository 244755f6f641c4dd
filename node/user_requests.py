"""What can be asked about users at the computer that the node runs on: the same while it runs and while it does not."""

from typing import override

import msgspec
from msgspec import Struct

from actors.ports.identity import Origin, Role
from actors.ports.people import People, User
from config.errors import InvalidInputError, NodeError, NotFoundError

ACTOR = "console"
"""Who did it, in the audit log: somebody at the computer itself."""
ORIGIN = Origin(user_agent="run_node.py user")


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a request."""

    users: tuple[User, ...] = ()
    """Those that it concerned, as they are now."""
    password: str = ""
    """One that was made, shown once."""
    code: str = ""
    """Of the error, in the product's words; empty when all is well."""
    problem: str = ""

    def __repr__(self) -> str:
        return f"Outcome({len(self.users)} users, {self.code or 'done'})"


class _Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """Base of the requests."""

    async def run(self, people: People) -> Outcome:
        """Do it.

        Raises:
            NodeError: If it cannot be done.
        """
        raise NotImplementedError


class ListUsers(_Request, frozen=True, kw_only=True, tag="list"):
    """Tell all users."""

    @override
    async def run(self, people: People) -> Outcome:
        return Outcome(users=tuple(people.users()))


class AddUser(_Request, frozen=True, kw_only=True, tag="add"):
    """Make a user with a trader."""

    email: str
    roles: tuple[Role, ...]
    password: str | None = None
    """None: one is made."""
    must_change: bool = True

    def __repr__(self) -> str:
        return f"AddUser({self.email!r})"

    @override
    async def run(self, people: People) -> Outcome:
        user, made = await people.add(
            self.email, self.password, self.roles, ORIGIN, actor=ACTOR, must_change=self.must_change
        )
        return Outcome(users=(user,), password=made)


class SetRoles(_Request, frozen=True, kw_only=True, tag="role"):
    """Give a user other roles."""

    user: str
    """Email or id."""
    roles: tuple[Role, ...]

    @override
    async def run(self, people: People) -> Outcome:
        found = named(people, self.user)
        return Outcome(users=(await people.set_roles(found.user_id, self.roles, ORIGIN, actor=ACTOR),))


class SetDisabled(_Request, frozen=True, kw_only=True, tag="disable"):
    """Disable or enable a user."""

    user: str
    is_disabled: bool

    @override
    async def run(self, people: People) -> Outcome:
        found = named(people, self.user)
        changed = await people.set_disabled(found.user_id, ORIGIN, is_disabled=self.is_disabled, actor=ACTOR)
        return Outcome(users=(changed,))


class SetPassword(_Request, frozen=True, kw_only=True, tag="passwd"):
    """Give a user another password, to be changed at the next sign-in."""

    user: str
    password: str | None = None
    """None: one is made."""

    def __repr__(self) -> str:
        return f"SetPassword({self.user!r})"

    @override
    async def run(self, people: People) -> Outcome:
        found = named(people, self.user)
        made = await people.reset_password(found.user_id, self.password, ORIGIN, actor=ACTOR)
        return Outcome(users=(people.user(found.user_id),), password=made)


class RemoveUser(_Request, frozen=True, kw_only=True, tag="remove"):
    """Remove a user; orders, fills and the audit log stay."""

    user: str

    @override
    async def run(self, people: People) -> Outcome:
        found = named(people, self.user)
        await people.remove(found.user_id, ORIGIN, actor=ACTOR)
        return Outcome(users=(found,))


UserRequest = ListUsers | AddUser | SetRoles | SetDisabled | SetPassword | RemoveUser


async def answered(people: People, request: UserRequest) -> Outcome:
    """Do what is asked; what cannot be done is told, not raised."""
    try:
        return await request.run(people)
    except InvalidInputError as e:
        field = "" if e.path is None else e.path.removeprefix("$.")
        return Outcome(code=e.code, problem=f"{field}: {e}" if field else str(e))
    except NodeError as e:
        return Outcome(code=e.code, problem=str(e))


def named(people: People, name: str) -> User:
    """Return the user with an email or id.

    Raises:
        NotFoundError: If there is none.
    """
    wanted = name.strip().lower()
    for user in people.users():
        if wanted in {user.email, user.user_id}:
            return user
    raise NotFoundError(f"no user {name[:80]!r}")


def read_request(line: bytes) -> UserRequest:
    """Return a request from JSON.

    Raises:
        msgspec.DecodeError: If it is none.
    """
    return msgspec.json.decode(line, type=UserRequest)  # type: ignore[no-any-return]  # a union of structs
