"""`POST /api/v1/users` and a user's password: what an admin gives, and what is made and shown once."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.password import PasswordText
from actors.bridge.routes.session import TAG
from actors.bridge.routes.sessions import USER
from actors.bridge.routes.users import EmailText, RoleList
from actors.wire_people import Hidden, UserBody, user_body
from config.errors import ConflictError, InvalidInputError, NoCapacityError, NotFoundError, StoreUnavailableError


class NewUser(Hidden, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user to make; one with the role `trader` also gets a trader and an account."""

    email: EmailText
    password: PasswordText | None = None
    """Null: one is made."""
    roles: RoleList
    must_change: bool = True
    """Whether the password must be changed at the first sign-in."""


class UserMade(Hidden, frozen=True, kw_only=True):
    """A new user."""

    user: UserBody
    password: str | None
    """The one that was made, shown once; null when you gave one."""


class PasswordReset(Hidden, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password for a user."""

    password: PasswordText | None = None
    """Null: one is made."""


class PasswordMade(Hidden, frozen=True, kw_only=True):
    """A user has another password, to be changed at the next sign-in."""

    password: str | None
    """The one that was made, shown once; null when you gave one."""


@routes.register("POST /api/v1/users")
class MakeUser(Route[NoQuery]):
    """Make a user, with a trader and an account if it may trade."""

    body = NewUser
    reply: ClassVar[type[Struct]] = UserMade
    status = 201
    tag = TAG
    problems = (NotFoundError, ConflictError, InvalidInputError, NoCapacityError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, wish = Reception(self.context, call), body_of(call, NewUser)
        user, password = await here.people.add(
            wish.email, wish.password, wish.roles, here.origin, actor=here.user_id, must_change=wish.must_change
        )
        headers = {"Location": f"/api/v1/users/{user.user_id}"}
        return json_answer(
            UserMade(user=user_body(user), password=password or None), status=self.status, headers=headers
        )


@routes.register("POST /api/v1/users/{user_id}/password")
class ResetPassword(Route[NoQuery]):
    """Give a user another password, to be changed at the next sign-in; all sessions of the user end."""

    body = PasswordReset
    reply: ClassVar[type[Struct]] = PasswordMade
    parameters = USER
    tag = TAG
    problems = (NotFoundError, ConflictError, InvalidInputError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, wish = Reception(self.context, call), body_of(call, PasswordReset)
        user_id = here.somebody().user_id
        made = await here.people.reset_password(user_id, wish.password, here.origin, actor=here.user_id)
        return json_answer(PasswordMade(password=made or None))
