"""`/auth/v1/user` and `/auth/v1/logout`: oneself."""

from typing import Annotated, Any, ClassVar, Literal, override

from msgspec import Meta, Struct

from actors.bridge.dialects.gotrue.answers import VERSION, GotrueRoute, told
from actors.bridge.dialects.gotrue.bodies import GotrueUser, gotrue_user
from actors.bridge.dialects.gotrue.signing_in import SignUpQuery
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, routes
from actors.bridge.routes.password import PasswordText
from actors.wire_people import Hidden
from config.auth_errors import CredentialsError, WeakPasswordError
from config.errors import InvalidInputError, NotFoundError, RateLimitedError, StoreUnavailableError, UnauthorizedError


class GotrueUserChange(Hidden, frozen=True, kw_only=True):
    """What to change of oneself; the rest stays."""

    password: PasswordText | None = None
    current_password: PasswordText | None = None
    """Not needed within 10 minutes after signing in, nor when it must be changed."""
    data: dict[str, Any] | None = None
    """One's own words, key by key; null removes one."""
    email: str | None = None
    """Changed by an admin only."""
    phone: str | None = None
    """There are none here."""


class LogoutQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sessions to end."""

    scope: Annotated[Literal["local", "others", "global"], Meta(description="this one, all others, or all")] = "global"


@routes.register("GET /auth/v1/user")
class GotrueGetUser(GotrueRoute[NoQuery]):
    """Tell who is signed in."""

    reply: ClassVar[type[Struct]] = GotrueUser
    problems = (UnauthorizedError, NotFoundError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return oneself(Reception(self.context, call))


@routes.register("PUT /auth/v1/user")
class GotruePutUser(GotrueRoute[SignUpQuery]):
    """Change one's password or one's own words; a new password ends all other sessions."""

    query = SignUpQuery
    body = GotrueUserChange
    reply: ClassVar[type[Struct]] = GotrueUser
    problems = (UnauthorizedError, NotFoundError, CredentialsError, WeakPasswordError, RateLimitedError)

    @override
    async def answer(self, call: Call, query: SignUpQuery) -> Answer:
        here, change = Reception(self.context, call), body_of(call, GotrueUserChange)
        if change.email not in {None, here.me().email}:
            raise InvalidInputError("the email is changed by an admin", path="$.email")
        if change.phone:
            raise InvalidInputError("there are no phones here", path="$.phone")
        principal = here.past_second_factor()
        if change.password is not None:
            await here.people.change_password(principal, change.current_password, change.password, here.origin)
        if change.data is not None:
            await here.people.change_profile(here.user_id, change.data, here.origin)
        return oneself(here)


@routes.register("POST /auth/v1/logout")
class GotrueLogout(GotrueRoute[LogoutQuery]):
    """Sign out here, everywhere else, or everywhere."""

    query = LogoutQuery
    status = 204
    problems = (UnauthorizedError, NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: LogoutQuery) -> Answer:
        here = Reception(self.context, call)
        await here.people.sign_out(here.leaving(query.scope), query.scope, here.origin)
        return Answer(status=204, media_type="", headers=VERSION)


def oneself(here: Reception) -> Answer:
    """Return who asks."""
    return told(gotrue_user(here.me(), here.people.factors(here.user_id)))
