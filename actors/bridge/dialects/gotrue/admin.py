"""`/auth/v1/admin/users`: for admins the users of the node."""

from typing import Annotated, Any, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.dialects.gotrue.answers import GotrueRoute, told
from actors.bridge.dialects.gotrue.bodies import GotrueUser, gotrue_user
from actors.bridge.dialects.gotrue.signing_in import EmailText
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, routes
from actors.bridge.routes.password import PasswordText
from actors.bridge.routes.sessions import USER
from actors.ports.people import User
from actors.wire_people import Hidden
from config.auth import RoleName
from config.auth_errors import WeakPasswordError
from config.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NoCapacityError,
    NotFoundError,
    StoreUnavailableError,
)

_PER_PAGE = 50
_MOST = 1_000


class PagesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page; empty as if it were not given."""

    page: Annotated[str, Meta(pattern=r"\A([1-9][0-9]{0,5})?\Z", description="from 1")] = ""
    per_page: Annotated[str, Meta(pattern=r"\A([1-9][0-9]{0,3})?\Z", description="users of a page, 50 by default")] = ""

    def numbers(self) -> tuple[int, int]:
        """Return the page, from 1, and how many users stand on one."""
        return int(self.page or 1), min(int(self.per_page or _PER_PAGE), _MOST)


class GotrueUsers(Struct, frozen=True, kw_only=True):
    """A page of users."""

    users: tuple[GotrueUser, ...]
    aud: str = "authenticated"


class GivenMetadata(Struct, frozen=True, kw_only=True):
    """What an admin says of a user."""

    roles: Annotated[tuple[RoleName, ...], Meta(min_length=1, max_length=3)] | None = None


class NewGotrueUser(Hidden, frozen=True, kw_only=True):
    """A user to make; email and password count at once."""

    email: EmailText
    password: PasswordText
    user_metadata: dict[str, Any] | None = None
    app_metadata: GivenMetadata = GivenMetadata()
    """Without `roles`: a viewer."""


class GotrueUserPatch(Hidden, frozen=True, kw_only=True):
    """What to change of a user; the rest stays."""

    email: EmailText | None = None
    password: PasswordText | None = None
    """To be changed at the next sign-in."""
    user_metadata: dict[str, Any] | None = None
    app_metadata: GivenMetadata = GivenMetadata()
    ban_duration: Annotated[str, Meta(max_length=32)] | None = None
    """`none` enables, everything else disables until further notice."""


class Nothing(Struct, frozen=True):
    """Nothing to tell."""


class _AdminRoute[Q: Struct](GotrueRoute[Q]):
    """Base of what admins do with users."""

    def shown(self, here: Reception, user: User) -> GotrueUser:
        """Return a user."""
        return gotrue_user(user, here.people.factors(user.user_id))


@routes.register("GET /auth/v1/admin/users")
class GotrueListUsers(_AdminRoute[PagesQuery]):
    """List the users of the node."""

    query = PagesQuery
    reply: ClassVar[type[Struct]] = GotrueUsers
    problems = (NotFoundError, ForbiddenError)

    @override
    async def answer(self, call: Call, query: PagesQuery) -> Answer:
        here, (page, per_page) = Reception(self.context, call), query.numbers()
        every = here.people.users()
        shown = every[(page - 1) * per_page : page * per_page]
        headers = {"X-Total-Count": str(len(every)), "Link": _links(page, per_page, len(every))}
        return told(GotrueUsers(users=tuple(self.shown(here, one) for one in shown)), headers=headers)


@routes.register("POST /auth/v1/admin/users")
class GotrueMakeUser(_AdminRoute[NoQuery]):
    """Make a user, with a trader and an account if it may trade."""

    body = NewGotrueUser
    reply: ClassVar[type[Struct]] = GotrueUser
    problems = (NotFoundError, ForbiddenError, ConflictError, WeakPasswordError, NoCapacityError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, wish = Reception(self.context, call), body_of(call, NewGotrueUser)
        user, _ = await here.people.add(
            wish.email,
            wish.password,
            wish.app_metadata.roles or ("viewer",),
            here.origin,
            actor=here.user_id,
            must_change=False,
            profile=wish.user_metadata,
        )
        return told(self.shown(here, user))


@routes.register("GET /auth/v1/admin/users/{user_id}")
class GotrueGetOneUser(_AdminRoute[NoQuery]):
    """Tell one user."""

    reply: ClassVar[type[Struct]] = GotrueUser
    parameters = USER
    problems = (NotFoundError, ForbiddenError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        return told(self.shown(here, here.somebody()))


@routes.register("PUT /auth/v1/admin/users/{user_id}")
class GotruePutOneUser(_AdminRoute[NoQuery]):
    """Change a user; at once, and in the audit log."""

    body = GotrueUserPatch
    reply: ClassVar[type[Struct]] = GotrueUser
    parameters = USER
    problems = (NotFoundError, ForbiddenError, ConflictError, InvalidInputError, WeakPasswordError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await _change(here, here.somebody().user_id, body_of(call, GotrueUserPatch))
        return told(self.shown(here, here.somebody()))


@routes.register("DELETE /auth/v1/admin/users/{user_id}")
class GotrueDeleteUser(_AdminRoute[NoQuery]):
    """Remove a user: sessions, keys and second factor end; orders and the audit log stay."""

    reply: ClassVar[type[Struct]] = Nothing
    parameters = USER
    problems = (NotFoundError, ForbiddenError, ConflictError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await here.people.remove(here.somebody().user_id, here.origin, actor=here.user_id)
        return told(Nothing())


async def _change(here: Reception, user_id: str, change: GotrueUserPatch) -> None:
    people, actor, origin = here.people, here.user_id, here.origin
    if change.email is not None:
        await people.set_email(user_id, change.email, origin, actor=actor)
    if change.app_metadata.roles is not None:
        await people.set_roles(user_id, change.app_metadata.roles, origin, actor=actor)
    if change.user_metadata is not None:
        await people.change_profile(user_id, change.user_metadata, origin)
    if change.password is not None:
        await people.reset_password(user_id, change.password, origin, actor=actor)
    if change.ban_duration is not None:
        await people.set_disabled(user_id, origin, is_disabled=change.ban_duration != "none", actor=actor)


def _links(page: int, per_page: int, count: int) -> str:
    last = max(1, -(-count // per_page))
    found = [("next", page + 1)] if page < last else []
    return ", ".join(
        f'</admin/users?page={at}&per_page={per_page}>; rel="{name}"' for name, at in [*found, ("last", last)]
    )
