"""`/api/v1/two-factor`: a user's second factor: codes of an authenticator (TOTP) and recovery codes."""

from typing import Annotated, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.session import DONE, TAG
from actors.ports.people import Factor
from actors.wire import Millis
from actors.wire_people import Hidden
from config.auth_errors import CredentialsError
from config.errors import ConflictError, NotFoundError, RateLimitedError, StoreUnavailableError

CodeText = Annotated[str, Meta(min_length=1, max_length=32, description="6 digits, or a recovery code")]
FactorName = Annotated[str, Meta(max_length=64)]
FactorIdText = Annotated[str, Meta(min_length=1, max_length=64)]


class TwoFactor(Struct, frozen=True, kw_only=True):
    """Your second factor."""

    is_on: bool
    factor_id: str | None
    recovery_left: int
    """Recovery codes that were not used yet."""


class NewTwoFactor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second factor to begin."""

    name: FactorName = ""
    """For you, for example of the device."""


class TwoFactorSecret(Hidden, frozen=True, kw_only=True):
    """A second factor that waits for its first code; shown once."""

    factor_id: str
    secret: str
    """For typing into an authenticator, base32."""
    uri: str
    """`otpauth://…`, for a QR code."""


class TwoFactorCode(Hidden, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code for your second factor."""

    code: CodeText


class TwoFactorCheck(Hidden, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code that makes a new second factor count, or that your session waits for."""

    factor_id: FactorIdText | None = None
    """Null: the one that there is."""
    code: CodeText


class RecoveryCodes(Hidden, frozen=True, kw_only=True):
    """Codes that take the place of your authenticator, each once; shown once."""

    recovery_codes: tuple[str, ...]


class TwoFactorChecked(Hidden, frozen=True, kw_only=True):
    """The code was right: new tokens of your session."""

    recovery_codes: tuple[str, ...]
    """Of a new second factor, shown once; else empty."""
    access_token: str
    expires_ms: Millis
    refresh_token: str


@routes.register("GET /api/v1/two-factor")
class GetTwoFactor(Route[NoQuery]):
    """Tell whether you have a second factor, also while your session waits for it."""

    reply: ClassVar[type[Struct]] = TwoFactor
    tag = TAG
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        verified = _verified(Reception(self.context, call))
        return json_answer(
            TwoFactor(
                is_on=verified is not None,
                factor_id=None if verified is None else verified.factor_id,
                recovery_left=0 if verified is None else verified.recovery_left,
            )
        )


@routes.register("POST /api/v1/two-factor")
class AddTwoFactor(Route[NoQuery]):
    """Begin a second factor; it counts once a code of it was verified."""

    body = NewTwoFactor
    reply: ClassVar[type[Struct]] = TwoFactorSecret
    status = 201
    tag = TAG
    problems = (NotFoundError, ConflictError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, name = Reception(self.context, call), body_of(call, NewTwoFactor).name
        made = await here.people.enroll(here.user_id, name, here.origin)
        return json_answer(
            TwoFactorSecret(factor_id=made.factor_id, secret=made.secret, uri=made.uri), status=self.status
        )


@routes.register("POST /api/v1/two-factor/verify")
class VerifyTwoFactor(Route[NoQuery]):
    """Give a code: the first one of a new second factor, or the one that your session waits for."""

    body = TwoFactorCheck
    reply: ClassVar[type[Struct]] = TwoFactorChecked
    tag = TAG
    problems = (CredentialsError, NotFoundError, RateLimitedError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, check = Reception(self.context, call), body_of(call, TwoFactorCheck)
        factor_id = check.factor_id or _only(here)
        signed, codes = await here.people.verify_factor(here.principal, factor_id, check.code, here.origin)
        return json_answer(
            TwoFactorChecked(
                recovery_codes=codes,
                access_token=signed.access_token,
                expires_ms=signed.expires_ms,
                refresh_token=signed.refresh_token,
            )
        )


@routes.register("POST /api/v1/two-factor/recovery-codes")
class NewRecoveryCodes(Route[NoQuery]):
    """Replace your recovery codes."""

    body = TwoFactorCode
    reply: ClassVar[type[Struct]] = RecoveryCodes
    tag = TAG
    problems = (CredentialsError, NotFoundError, RateLimitedError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, code = Reception(self.context, call), body_of(call, TwoFactorCode).code
        codes = await here.people.new_recovery_codes(here.user_id, code, here.origin)
        return json_answer(RecoveryCodes(recovery_codes=codes))


@routes.register("DELETE /api/v1/two-factor")
class RemoveTwoFactor(Route[NoQuery]):
    """Remove your second factor; needs a code of it."""

    body = TwoFactorCode
    status = 204
    tag = TAG
    problems = (CredentialsError, NotFoundError, RateLimitedError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, code = Reception(self.context, call), body_of(call, TwoFactorCode).code
        await here.people.remove_factor(here.user_id, _only(here), code, here.origin, actor=here.user_id)
        return DONE


def _verified(here: Reception) -> Factor | None:
    return next((one for one in here.people.factors(here.user_id) if one.is_verified), None)


def _only(here: Reception) -> str:
    """Return the id of the verified second factor, else of the one that waits for its first code."""
    found = _verified(here) or next(iter(here.people.factors(here.user_id)), None)
    if found is None:
        raise NotFoundError("you have no second factor")
    return found.factor_id
