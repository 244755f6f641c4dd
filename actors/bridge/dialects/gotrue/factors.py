"""`/auth/v1/factors`: a user's second factor."""

import time
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, override

from msgspec import Meta, Struct

from actors.bridge.dialects.gotrue.answers import GotrueRoute, Words, told
from actors.bridge.dialects.gotrue.bodies import TokenAnswer, token_answer
from actors.bridge.dialects.gotrue.challenge import CHALLENGES
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, routes
from actors.bridge.routes.two_factor import CodeText
from actors.ports.people import Factor
from actors.wire_people import Hidden
from config.auth_errors import CredentialsError, PendingError
from config.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RateLimitedError,
    StoreUnavailableError,
    UnauthorizedError,
)

FACTOR: Mapping[str, str] = {"factor_id": "id of the second factor"}


class NewGotrueFactor(Struct, frozen=True, kw_only=True):
    """A second factor to begin."""

    factor_type: Literal["totp"]
    friendly_name: Annotated[str, Meta(max_length=64)] | None = None
    issuer: str | None = None
    """Passed over: it is the node's name."""


class TotpSecret(Hidden, frozen=True, kw_only=True):
    """What an authenticator needs to know."""

    qr_code: Literal[""] = ""
    """Make it of `uri`."""
    secret: str
    uri: str


class GotrueFactorMade(Hidden, frozen=True, kw_only=True):
    """A second factor that waits for its first code; shown once."""

    id: str
    type: Literal["totp"] = "totp"
    friendly_name: str
    totp: TotpSecret


class GotrueChallenge(Struct, frozen=True, kw_only=True):
    """A code is expected."""

    id: str
    type: Literal["totp"] = "totp"
    expires_at: int
    """UNIX seconds."""


class GotrueVerification(Hidden, frozen=True, kw_only=True):
    """A code."""

    challenge_id: Annotated[str, Meta(max_length=64)]
    code: CodeText


class GotrueFactorGone(Struct, frozen=True, kw_only=True):
    """A second factor was removed."""

    id: str


class _FactorRoute(GotrueRoute[NoQuery]):
    """Base of what is done with one's second factor."""

    words: ClassVar[Words] = (
        (NotFoundError, 404, "mfa_factor_not_found"),
        (ConflictError, 422, "mfa_verified_factor_exists"),
    )

    def factor(self, here: Reception, call: Call) -> Factor:
        """Return the caller's factor of the path.

        Raises:
            NotFoundError: If there is none such.
        """
        for one in here.people.factors(here.user_id):
            if one.factor_id == call.path["factor_id"]:
                return one
        raise NotFoundError("Factor not found")


@routes.register("POST /auth/v1/factors")
class GotrueEnroll(_FactorRoute):
    """Begin a second factor; it counts once a code of it was verified."""

    body = NewGotrueFactor
    reply: ClassVar[type[Struct]] = GotrueFactorMade
    problems = (UnauthorizedError, NotFoundError, ConflictError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, name = Reception(self.context, call), body_of(call, NewGotrueFactor).friendly_name or ""
        made = await here.people.enroll(here.user_id, name, here.origin)
        totp = TotpSecret(secret=made.secret, uri=made.uri)
        return told(GotrueFactorMade(id=made.factor_id, friendly_name=name, totp=totp))


@routes.register("POST /auth/v1/factors/{factor_id}/challenge")
class GotrueChallengeFactor(_FactorRoute):
    """Ask for a code of a second factor."""

    reply: ClassVar[type[Struct]] = GotrueChallenge
    parameters = FACTOR
    problems = (UnauthorizedError, NotFoundError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        made, until = CHALLENGES.make(here.user_id, self.factor(here, call).factor_id)
        return told(GotrueChallenge(id=made, expires_at=until))


@routes.register("POST /auth/v1/factors/{factor_id}/verify")
class GotrueVerifyFactor(_FactorRoute):
    """Give a code: the first one of a new second factor, or the one that the session waits for."""

    body = GotrueVerification
    reply: ClassVar[type[Struct]] = TokenAnswer
    parameters = FACTOR
    words = (
        *_FactorRoute.words,
        (CredentialsError, 422, "mfa_verification_failed"),
        (InvalidInputError, 422, "mfa_challenge_expired"),
    )
    problems = (UnauthorizedError, NotFoundError, CredentialsError, RateLimitedError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, given = Reception(self.context, call), body_of(call, GotrueVerification)
        factor = self.factor(here, call)
        if not CHALLENGES.is_good(given.challenge_id, here.user_id, factor.factor_id):
            raise InvalidInputError("the challenge has ended, ask for another", path="$.challenge_id")
        signed, _ = await here.people.verify_factor(here.principal, factor.factor_id, given.code, here.origin)
        return told(token_answer(signed, here.people.factors(here.user_id), time.time_ns() // 1_000_000))


@routes.register("DELETE /auth/v1/factors/{factor_id}")
class GotrueUnenroll(_FactorRoute):
    """Remove a second factor that was never verified; one that counts goes with a code, `DELETE /api/v1/two-factor`."""

    reply: ClassVar[type[Struct]] = GotrueFactorGone
    parameters = FACTOR
    problems = (UnauthorizedError, NotFoundError, PendingError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        factor = self.factor(here, call)
        if factor.is_verified:
            raise PendingError("a verified factor goes with a code: DELETE /api/v1/two-factor")
        await here.people.remove_factor(here.user_id, factor.factor_id, None, here.origin, actor=here.user_id)
        return told(GotrueFactorGone(id=factor.factor_id))
