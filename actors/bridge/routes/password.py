"""`POST /api/v1/password`: a user's own password."""

from typing import Annotated, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.session import TAG
from actors.wire_people import Hidden, UserBody, user_body
from config.auth_errors import CredentialsError, PendingError
from config.errors import InvalidInputError, NotFoundError, RateLimitedError, StoreUnavailableError

PasswordText = Annotated[str, Meta(min_length=1, max_length=1_024)]


class PasswordChange(Hidden, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your password."""

    current_password: PasswordText | None = None
    """Not needed within 10 minutes after signing in, nor when it must be changed."""
    new_password: PasswordText


@routes.register("POST /api/v1/password")
class ChangePassword(Route[NoQuery]):
    """Change your password; your other sessions end."""

    body = PasswordChange
    reply: ClassVar[type[Struct]] = UserBody
    tag = TAG
    problems = (
        CredentialsError,
        PendingError,
        NotFoundError,
        InvalidInputError,
        RateLimitedError,
        StoreUnavailableError,
    )

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, change = Reception(self.context, call), body_of(call, PasswordChange)
        changed = await here.people.change_password(
            here.past_second_factor(), change.current_password, change.new_password, here.origin
        )
        return json_answer(user_body(changed))
