"""`/auth/v1/settings`, `/auth/v1/health` and the public keys: what can be known without signing in."""

from typing import ClassVar, Literal, override

import msgspec
from msgspec import Struct

from actors.bridge.dialects.gotrue.answers import VERSION, GotrueRoute, told
from actors.bridge.reception import Reception
from actors.bridge.rest.route import Answer, Call, NoQuery, routes
from config.errors import NotFoundError

_KEYS_CACHED = {"Cache-Control": "public, max-age=600"}


class Externals(Struct, frozen=True, kw_only=True):
    """Ways of signing in."""

    email: Literal[True] = True
    phone: Literal[False] = False
    anonymous_users: Literal[False] = False


class GotrueSettings(Struct, frozen=True, kw_only=True):
    """How one signs in here."""

    external: Externals
    disable_signup: bool
    mailer_autoconfirm: Literal[True] = True
    phone_autoconfirm: Literal[False] = False
    sms_provider: Literal[""] = ""
    saml_enabled: Literal[False] = False


class GotrueHealth(Struct, frozen=True, kw_only=True):
    """That it is there."""

    name: Literal["GoTrue"] = "GoTrue"
    version: str
    """Of this node."""
    description: str


class PublicKey(Struct, frozen=True, omit_defaults=True):
    """One key that tokens are verified with."""

    kty: str
    kid: str
    alg: str = ""
    use: str = ""
    key_ops: tuple[str, ...] = ()
    crv: str = ""
    x: str = ""
    y: str = ""
    n: str = ""
    e: str = ""
    ext: bool = False


class KeySet(Struct, frozen=True, kw_only=True):
    """The keys that tokens are verified with (JSON Web Key Set)."""

    keys: tuple[PublicKey, ...]


@routes.register("GET /auth/v1/settings")
class GotrueGetSettings(GotrueRoute[NoQuery]):
    """Tell how one signs in here."""

    reply: ClassVar[type[Struct]] = GotrueSettings
    is_identified = False
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        Reception(self.context, call)
        return told(GotrueSettings(external=Externals(), disable_signup=not self.context.config.auth.sign_up))


@routes.register("GET /auth/v1/health")
class GotrueGetHealth(GotrueRoute[NoQuery]):
    """Tell that users can sign in here."""

    reply: ClassVar[type[Struct]] = GotrueHealth
    is_counted = False
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        Reception(self.context, call)
        return told(GotrueHealth(version=self.context.version, description="users of a trading node"))


@routes.register("GET /auth/v1/.well-known/jwks.json")
class GotrueKeys(GotrueRoute[NoQuery]):
    """Give the public keys that tokens of this node are verified with."""

    reply: ClassVar[type[Struct]] = KeySet
    is_identified = False
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        keys = msgspec.json.decode(Reception(self.context, call).people.jwks(), type=KeySet)
        return told(keys, headers={**VERSION, **_KEYS_CACHED})
