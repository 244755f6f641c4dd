"""`/api/auth/login`, `register`, `verify`, `profile`, `change-password`: who uses the bot."""

from typing import Annotated, ClassVar, Literal, override

from msgspec import Meta, Struct

from actors.bridge.dialects.botcore.answers import BotcoreRoute, wall_text
from actors.bridge.dialects.botcore.person import BotcorePerson, person
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, person_of, routes
from actors.bridge.routes.password import PasswordText
from actors.ports.people import SignedIn, User
from actors.wire_people import Hidden
from config.auth_errors import CredentialsError, DisabledError, UnconfirmedError, WeakPasswordError
from config.errors import ConflictError, ForbiddenError, NotFoundError, RateLimitedError, UnauthorizedError

EmailText = Annotated[str, Meta(min_length=1, max_length=254)]
NameText = Annotated[str, Meta(max_length=128)]
CodeText = Annotated[str, Meta(min_length=1, max_length=32)]


class LoginBody(Hidden, frozen=True, kw_only=True):
    """Email and password."""

    email: EmailText
    password: PasswordText
    code: CodeText | None = None
    """Of a user with a second factor: 6 digits, or a recovery code."""


class RegisterBody(Hidden, frozen=True, kw_only=True):
    """A user who wants to be one."""

    email: EmailText
    password: PasswordText
    full_name: NameText | None = None


class ChangePasswordBody(Hidden, frozen=True, kw_only=True):
    """One's password."""

    current_password: PasswordText
    new_password: PasswordText


class LoggedIn(Hidden, frozen=True, kw_only=True):
    """A token of at most 24 hours, which ends with its session."""

    token: str
    user: BotcorePerson


class LoginAnswer(Hidden, frozen=True, kw_only=True):
    """Signed in; the two also stand at the top, where the documents have them."""

    success: Literal[True] = True
    data: LoggedIn
    error: None = None
    timestamp: str
    token: str
    user: BotcorePerson


class Verified(Struct, frozen=True, kw_only=True):
    """Whose token it is."""

    user_id: str
    email: str
    is_admin: bool
    exp: int
    """UNIX seconds."""


class VerifyAnswer(Struct, frozen=True, kw_only=True):
    """Whose token it is."""

    success: Literal[True] = True
    data: Verified
    error: None = None
    timestamp: str


class ProfileAnswer(Struct, frozen=True, kw_only=True):
    """A user."""

    success: Literal[True] = True
    data: BotcorePerson
    error: None = None
    timestamp: str


class Said(Struct, frozen=True, kw_only=True):
    """What was done, in words."""

    message: str


class SaidAnswer(Struct, frozen=True, kw_only=True):
    """It was done."""

    success: Literal[True] = True
    data: Said
    error: None = None
    timestamp: str


class PersonRoute(BotcoreRoute[NoQuery]):
    """Base of what tells of a user."""

    def person(self, user: User) -> BotcorePerson:
        """Return a user as their clients read one."""
        return person(user, is_trading=self._is_trading(user.user_id))

    def _is_trading(self, user_id: str) -> bool:
        try:
            traders = self.context.traders
            return traders is not None and traders.trader(user_id).trading_state == "active"
        except NotFoundError:
            return False


class _SignIn(PersonRoute):
    """Answers with a token; who asks is what this is for, no header says it."""

    reply: ClassVar[type[Struct]] = LoginAnswer
    is_identified = False

    def logged_in(self, signed: SignedIn) -> Answer:
        """Return the token, twice."""
        user = self.person(signed.user)
        data = LoggedIn(token=signed.access_token, user=user)
        answer = LoginAnswer(data=data, timestamp=wall_text(), token=signed.access_token, user=user)
        return json_answer(answer, status=self.status)


@routes.register("POST /api/auth/login")
class BotcoreLogin(_SignIn):
    """Sign in for at most 24 hours."""

    body = LoginBody
    problems = (NotFoundError, CredentialsError, DisabledError, RateLimitedError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, given = Reception(self.context, call), body_of(call, LoginBody)
        try:
            signed = await here.people.sign_in(given.email, given.password, here.origin, is_long=True)
        except CredentialsError as e:
            raise CredentialsError("Invalid email or password") from e
        except UnconfirmedError:
            raise
        except DisabledError as e:
            raise DisabledError("Account is deactivated") from e
        return self.logged_in(await self._verified(here, signed, given.code))

    async def _verified(self, here: Reception, signed: SignedIn, code: str | None) -> SignedIn:
        """Return the session with its second factor given; one that cannot be ends at once."""
        factor = next((one for one in here.people.factors(signed.user.user_id) if one.is_verified), None)
        if factor is None:
            return signed
        principal = await self.context.identity.verify(signed.access_token)
        if code is None:
            await here.people.sign_out(principal, "local", here.origin)
            raise CredentialsError("a second factor is needed, send its `code` too")
        try:
            verified, _ = await here.people.verify_factor(principal, factor.factor_id, code, here.origin)
        except BaseException:
            await here.people.sign_out(principal, "local", here.origin)
            raise
        return verified


@routes.register("POST /api/auth/register")
class BotcoreRegister(_SignIn):
    """Make oneself a user, where that is allowed, and sign in."""

    body = RegisterBody
    status = 201
    problems = (NotFoundError, ForbiddenError, ConflictError, WeakPasswordError, RateLimitedError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, wish = Reception(self.context, call), body_of(call, RegisterBody)
        profile: dict[str, object] | None = None if wish.full_name is None else {"full_name": wish.full_name}
        short = await here.people.sign_up(wish.email, wish.password, here.origin, profile=profile)
        signed = await here.people.sign_in(wish.email, wish.password, here.origin, is_long=True)
        user_id = signed.user.user_id
        await here.people.end_session(user_id, short.session_id, here.origin, actor=user_id)
        return self.logged_in(signed)


@routes.register("GET /api/auth/verify")
class BotcoreVerify(PersonRoute):
    """Tell whose token this is."""

    reply: ClassVar[type[Struct]] = VerifyAnswer
    problems = (UnauthorizedError, NotFoundError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        principal, user = person_of(call), Reception(self.context, call).me()
        data = Verified(
            user_id=user.user_id,
            email=user.email,
            is_admin="admin" in principal.roles,
            exp=(principal.expires_ms or 0) // 1_000,
        )
        return json_answer(VerifyAnswer(data=data, timestamp=wall_text()))


@routes.register("GET /api/auth/profile")
class BotcoreProfile(PersonRoute):
    """Tell who is signed in."""

    reply: ClassVar[type[Struct]] = ProfileAnswer
    problems = (UnauthorizedError, NotFoundError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(ProfileAnswer(data=self.person(Reception(self.context, call).me()), timestamp=wall_text()))


@routes.register("POST /api/auth/change-password")
class BotcoreChangePassword(PersonRoute):
    """Change one's password; all other sessions end."""

    body = ChangePasswordBody
    reply: ClassVar[type[Struct]] = SaidAnswer
    problems = (UnauthorizedError, NotFoundError, CredentialsError, WeakPasswordError, RateLimitedError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, change = Reception(self.context, call), body_of(call, ChangePasswordBody)
        await here.people.change_password(
            here.past_second_factor(), change.current_password, change.new_password, here.origin
        )
        return json_answer(SaidAnswer(data=Said(message="Password changed"), timestamp=wall_text()))
