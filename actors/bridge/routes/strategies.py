"""`/api/v1/strategies`: the user's strategy instances: start, stop, configure, remove; and what kinds there are."""

from typing import Any, ClassVar, Literal, override

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from actors.bridge.desk import Desk
from actors.bridge.rest.json_schema import portable
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.bridge.routes.orders import UNAVAILABLE
from actors.ports import StrategyKind, StrategyState
from actors.wire_traders import StrategyBody, StrategyKindBody, strategy_body, strategy_kind_body
from config.errors import ConfigError, ConflictError, InvalidInputError, NoCapacityError, NotFoundError, NotReadyError
from config.fields import Name
from config.trading import StrategyConfigSection

PARAMETERS: dict[str, str] = {"name": "name of the instance"}


class StrategyList(Struct, frozen=True, kw_only=True):
    """Strategy instances of one trader."""

    items: tuple[StrategyBody, ...]
    next: None = None


class StrategyCatalogue(Struct, frozen=True, kw_only=True):
    """Every kind of strategy that can be started."""

    items: tuple[StrategyKindBody, ...]
    next: None = None


class StrategyWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new instance."""

    name: Name
    """Unique among yours."""
    kind: Name
    """One of the catalogue."""
    params: dict[str, Any] = field(default_factory=dict)
    """As the catalogue's schema of the kind says."""


class StrategyChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; the rest stays."""

    state: Literal["running", "stopped"] | UnsetType = UNSET
    params: dict[str, Any] | UnsetType = UNSET
    """All of them; a running instance is stopped and started with them."""


@routes.register("GET /api/v1/strategies")
class GetStrategies(Route[NoQuery]):
    """List your strategy instances."""

    reply: ClassVar[type[Struct]] = StrategyList
    tag = "strategies"
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        found = desk.traders.trader(desk.user_id).strategies
        return json_answer(StrategyList(items=tuple(map(strategy_body, found))))


@routes.register("GET /api/v1/strategies/catalogue")
class GetStrategyCatalogue(Route[NoQuery]):
    """List the kinds of strategies that can be started, with the JSON schema of their parameters."""

    reply: ClassVar[type[Struct]] = StrategyCatalogue
    tag = "strategies"
    problems = (NotReadyError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        found = Desk(self.context, call.principal).traders.catalogue()
        return json_answer(StrategyCatalogue(items=tuple(map(_kind, found))))


@routes.register("POST /api/v1/strategies")
class PostStrategy(Route[NoQuery]):
    """Make a new instance and start it; the same name and body again is the same instance, another body a 409."""

    body = StrategyWish
    reply: ClassVar[type[Struct]] = StrategyBody
    status = 201
    tag = "strategies"
    problems = (ConflictError, ConfigError, NoCapacityError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk, wish = Desk(self.context, call.principal), body_of(call, StrategyWish)
        section = StrategyConfigSection(name=wish.kind, params=wish.params)
        found = next((one for one in desk.traders.trader(desk.user_id).strategies if one.name == wish.name), None)
        if found is None or found.section != section:
            found = await desk.traders.strategy_start(desk.user_id, section, name=wish.name, actor=desk.user_id)
        return json_answer(strategy_body(found), status=201)


@routes.register("PATCH /api/v1/strategies/{name}")
class PatchStrategy(Route[NoQuery]):
    """Start, stop or configure an instance; one that stops cancels its orders, its position stays with the account."""

    body = StrategyChange
    reply: ClassVar[type[Struct]] = StrategyBody
    parameters = PARAMETERS
    tag = "strategies"
    problems = (ConflictError, ConfigError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        change = body_of(call, StrategyChange)
        if change.state is UNSET and change.params is UNSET:
            raise InvalidInputError("expected `state`, `params` or both")
        desk = Desk(self.context, call.principal)
        return json_answer(strategy_body(await _change(desk, strategy_named(call), change)))


@routes.register("DELETE /api/v1/strategies/{name}")
class DeleteStrategy(Route[NoQuery]):
    """Forget a stopped instance; the answer lists those that are left."""

    reply: ClassVar[type[Struct]] = StrategyList
    parameters = PARAMETERS
    tag = "strategies"
    problems = (ConflictError, *UNAVAILABLE)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = Desk(self.context, call.principal)
        await desk.traders.strategy_remove(desk.user_id, strategy_named(call), actor=desk.user_id)
        left = desk.traders.trader(desk.user_id).strategies
        return json_answer(StrategyList(items=tuple(map(strategy_body, left))))


def _kind(kind: StrategyKind) -> StrategyKindBody:
    """Return a kind with its schema in the words of JSON Schema, the object itself at the top."""
    top = str(kind.params.get("$ref", "")).rpartition("/")[2]
    definitions = kind.params.get("$defs")
    inner = definitions.get(top, {}) if isinstance(definitions, dict) else {}
    schema = {name: value for name, value in kind.params.items() if name != "$ref"} | inner
    return strategy_kind_body(msgspec.structs.replace(kind, params=portable(schema)))


async def _change(desk: Desk, name: str, change: StrategyChange) -> StrategyState:
    """Stop first and start last, so that nothing runs with what was to be changed."""
    traders, user_id = desk.traders, desk.user_id
    state: StrategyState | None = None
    if change.state == "stopped":
        state = await traders.strategy_stop(user_id, name, actor=user_id)
    if change.params is not UNSET:
        state = await traders.strategy_configure(user_id, name, change.params, actor=user_id)
    if change.state == "running" and (state is None or state.state != "running"):
        state = await traders.strategy_resume(user_id, name, actor=user_id)
    if state is None:
        raise NotFoundError(f"no strategy of yours is named {name!r}")
    return state


def strategy_named(call: Call) -> str:
    """Return the name of the path.

    Raises:
        NotFoundError: If no instance can have it.
    """
    text = call.path["name"]
    try:
        return msgspec.convert(text, Name)
    except msgspec.ValidationError:
        raise NotFoundError(f"no strategy of yours is named {text[:40]!r}") from None
