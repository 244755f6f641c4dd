"""`/api/v1/api-keys`: keys for a user's programs."""

from typing import Annotated, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.reception import Reception
from actors.bridge.rest.query import LAST_MS
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.session import DONE, TAG
from actors.ports.identity import Scope
from actors.wire_people import ApiKeyBody, Hidden, api_key_body
from config.errors import InvalidInputError, NoCapacityError, NotFoundError, StoreUnavailableError


class ApiKeyList(Struct, frozen=True, kw_only=True):
    """Your API keys that have not ended."""

    items: tuple[ApiKeyBody, ...]
    next: None = None


class NewApiKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An API key to make."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    """For you: what uses it."""
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=3)]
    """`read`: looking; `trade`: orders and strategies; `admin`: administration. Never more than your roles."""
    expires_ms: Annotated[int, Meta(ge=0, le=LAST_MS)] | None = None
    """UNIX milliseconds; null: it ends when you take it back."""


class ApiKeyMade(Hidden, frozen=True, kw_only=True):
    """An API key, with its text."""

    key: ApiKeyBody
    text: str
    """Shown once; sent as `Authorization: Bearer wk_…`."""


@routes.register("GET /api/v1/api-keys")
class GetApiKeys(Route[NoQuery]):
    """List your API keys."""

    reply: ClassVar[type[Struct]] = ApiKeyList
    tag = TAG
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        return json_answer(ApiKeyList(items=tuple(map(api_key_body, here.people.api_keys(here.user_id)))))


@routes.register("POST /api/v1/api-keys")
class MakeApiKey(Route[NoQuery]):
    """Make an API key for a program of yours; its text is shown once."""

    body = NewApiKey
    reply: ClassVar[type[Struct]] = ApiKeyMade
    status = 201
    tag = TAG
    problems = (NotFoundError, InvalidInputError, NoCapacityError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here, wish = Reception(self.context, call), body_of(call, NewApiKey)
        key, text = await here.people.make_api_key(
            here.user_id, wish.name, tuple(dict.fromkeys(wish.scopes)), wish.expires_ms, here.origin
        )
        return json_answer(ApiKeyMade(key=api_key_body(key), text=text), status=self.status)


@routes.register("DELETE /api/v1/api-keys/{key_id}")
class EndApiKey(Route[NoQuery]):
    """Take an API key back; what it has open is closed at once."""

    status = 204
    parameters: ClassVar[dict[str, str]] = {"key_id": "id of the key, the part after `wk_`"}
    tag = TAG
    problems = (NotFoundError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        here = Reception(self.context, call)
        await here.people.end_api_key(here.user_id, call.path["key_id"], here.origin, actor=here.user_id)
        return DONE
