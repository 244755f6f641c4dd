"""`/auth/v1/signup` and `/auth/v1/token`: the beginning of a session, and its tokens renewed."""

import time
from typing import Annotated, Any, ClassVar, Literal, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.dialects.gotrue.answers import GotrueRoute, told
from actors.bridge.dialects.gotrue.bodies import TokenAnswer, token_answer
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, body_of, routes
from actors.bridge.routes.password import PasswordText
from actors.ports.people import SignedIn
from actors.wire_people import Hidden
from config.auth_errors import CredentialsError, DisabledError, EmailTakenError, RefreshTokenError, WeakPasswordError
from config.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, RateLimitedError

EmailText = Annotated[str, Meta(min_length=1, max_length=254)]
TokenText = Annotated[str, Meta(min_length=1, max_length=1_024)]
_WRONG = "Invalid login credentials"


class SignUpQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to sign up."""

    redirect_to: Annotated[str, Meta(max_length=2_048, description="passed over: nothing is mailed")] | UnsetType = (
        UNSET
    )


class TokenQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given for the tokens."""

    grant_type: Annotated[Literal["password", "refresh_token"], Meta(description="what is given for the tokens")]


class SignUpBody(Hidden, frozen=True, kw_only=True):
    """A user who wants to be one."""

    email: EmailText
    password: PasswordText
    data: dict[str, Any] | None = None
    """The user's own words."""


class TokenBody(Hidden, frozen=True, kw_only=True):
    """Email and password, or a refresh token."""

    email: EmailText | None = None
    password: PasswordText | None = None
    refresh_token: TokenText | None = None


class _Token[Q: Struct](GotrueRoute[Q]):
    """Answers with tokens; who asks is what this is for, no header says it."""

    reply: ClassVar[type[Struct]] = TokenAnswer
    is_identified = False

    def signed_in(self, here: Reception, signed: SignedIn) -> Answer:
        """Return the tokens of a session."""
        factors = here.people.factors(signed.user.user_id)
        return told(token_answer(signed, factors, time.time_ns() // 1_000_000))


@routes.register("POST /auth/v1/signup")
class GotrueSignUp(_Token[SignUpQuery]):
    """Make oneself a user, where that is allowed, and sign in."""

    query = SignUpQuery
    body = SignUpBody
    words = ((ForbiddenError, 422, "signup_disabled"), (EmailTakenError, 422, "user_already_exists"))
    problems = (NotFoundError, ForbiddenError, ConflictError, WeakPasswordError, RateLimitedError)

    @override
    async def answer(self, call: Call, query: SignUpQuery) -> Answer:
        here, wish = Reception(self.context, call), body_of(call, SignUpBody)
        signed = await here.people.sign_up(wish.email, wish.password, here.origin, profile=wish.data)
        return self.signed_in(here, signed)


@routes.register("POST /auth/v1/token")
class GotrueToken(_Token[TokenQuery]):
    """Sign in with email and password, or renew the tokens of a session.

    While the user's second factor is not given, or the password must be changed, the token opens nothing else.
    """

    query = TokenQuery
    body = TokenBody
    problems = (NotFoundError, CredentialsError, DisabledError, RefreshTokenError, RateLimitedError)

    @override
    async def answer(self, call: Call, query: TokenQuery) -> Answer:
        here, given = Reception(self.context, call), body_of(call, TokenBody)
        if query.grant_type == "refresh_token":
            if given.refresh_token is None:
                raise InvalidInputError("refresh_token is required", path="$.refresh_token")
            return self.signed_in(here, await here.people.refresh(given.refresh_token, here.origin))
        if given.email is None or given.password is None:
            raise InvalidInputError("email and password are required", path="$.email")
        try:
            return self.signed_in(here, await here.people.sign_in(given.email, given.password, here.origin))
        except CredentialsError as e:
            raise CredentialsError(_WRONG) from e
