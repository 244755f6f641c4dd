"""`/api/v1/users`: for admins the users of the node."""

from typing import Annotated, ClassVar, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.session import DONE, TAG
from actors.bridge.routes.sessions import USER
from actors.wire_people import UserBody, user_body
from config.auth import RoleName
from config.errors import ConflictError, InvalidInputError, NotFoundError, StoreUnavailableError

EmailText = Annotated[str, Meta(min_length=3, max_length=254)]
RoleList = Annotated[tuple[RoleName, ...], Meta(min_length=1, max_length=3)]
_CHANGE = (NotFoundError, ConflictError, InvalidInputError, StoreUnavailableError)


class UserList(Struct, frozen=True, kw_only=True):
    """All users of the node, by email."""

    items: tuple[UserBody, ...]
    next: None = None


class UserChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; the rest stays."""

    roles: RoleList | UnsetType = UNSET
    """Fewer of them end the user's sessions."""
    is_disabled: bool | UnsetType = UNSET
    """True ends sessions and API keys, cancels orders and halts the trader."""
    email: EmailText | UnsetType = UNSET


@routes.register("GET /api/v1/users")
class GetUsers(Route[NoQuery]):
    """List every user of the node."""

    reply: ClassVar[type[Struct]] = UserList
    tag = TAG
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(UserList(items=tuple(map(user_body, Reception(self.context, call).people.users()))))


@routes.register("GET /api/v1/users/{user_id}")
class GetUser(Route[NoQuery]):
    """Tell one user."""

    reply: ClassVar[type[Struct]] = UserBody
    parameters = USER
    tag = TAG
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(user_body(Reception(self.context, call).somebody()))


@routes.register("PATCH /api/v1/users/{user_id}")
class PatchUser(Route[NoQuery]):
    """Change a user's roles or email, disable or enable; at once, and in the audit log."""

    body = UserChange
    reply: ClassVar[type[Struct]] = UserBody
    parameters = USER
    tag = TAG
    problems = _CHANGE

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, change = Reception(self.context, call), body_of(call, UserChange)
        if change.roles is UNSET and change.is_disabled is UNSET and change.email is UNSET:
            raise InvalidInputError("expected `roles`, `is_disabled`, `email` or several of them")
        user_id, actor, origin = here.somebody().user_id, here.user_id, here.origin
        if change.email is not UNSET:
            await here.people.set_email(user_id, change.email, origin, actor=actor)
        if change.roles is not UNSET:
            await here.people.set_roles(user_id, change.roles, origin, actor=actor)
        if change.is_disabled is not UNSET:
            await here.people.set_disabled(user_id, origin, is_disabled=change.is_disabled, actor=actor)
        return json_answer(user_body(here.somebody()))


@routes.register("DELETE /api/v1/users/{user_id}")
class DeleteUser(Route[NoQuery]):
    """Remove a user: sessions, keys and second factor end; orders and the audit log stay."""

    status = 204
    parameters = USER
    tag = TAG
    problems = (NotFoundError, ConflictError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await here.people.remove(here.somebody().user_id, here.origin, actor=here.user_id)
        return DONE


@routes.register("DELETE /api/v1/users/{user_id}/two-factor")
class DeleteUserTwoFactor(Route[NoQuery]):
    """Remove a user's second factor, for somebody who has lost it."""

    status = 204
    parameters = USER
    tag = TAG
    problems = (NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        user_id = here.somebody().user_id
        found = here.people.factors(user_id)
        if not found:
            raise NotFoundError("the user has no second factor")
        for one in found:
            await here.people.remove_factor(user_id, one.factor_id, None, here.origin, actor=here.user_id)
        return DONE
