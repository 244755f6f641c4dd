"""`GET /health`: is the process alive, and what in it is not well."""

from typing import ClassVar, Literal, override

from msgspec import UNSET, Struct, UnsetType

from actors.bridge.dialects.magic8.health import Components, magic8_health
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.guard import Fault
from actors.ports import CacheHealth, NodeStateName


class Health(Struct, frozen=True, kw_only=True):
    """A process that answers is alive, whatever else it says."""

    status: Literal["ok", "degraded"]
    state: NodeStateName
    version: str
    uptime_s: float
    degraded: tuple[str, ...]
    """What does not work as it should, in words."""
    faults: tuple[Fault, ...]
    """Exceptions that retired a component of the present node."""
    cache: CacheHealth
    broken_plugins: dict[str, str]
    """Plug-ins of third parties that could not be loaded: name and why."""
    timestamp: str | UnsetType = UNSET
    """With `dialects.magic8`, as what follows: market time, RFC 3339."""
    model_loaded: bool | UnsetType = UNSET
    components: Components | UnsetType = UNSET


@routes.register("GET /health")
class GetHealth(Route[NoQuery]):
    """Tell whether the process is alive.

    Always 200 while the process answers; whether the node can be used is said by `/ready`.
    """

    reply: ClassVar[type[Struct]] = Health
    tag = "operations"
    is_counted = False

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(self.health())

    def health(self) -> Health:
        """Return how the process does."""
        host, more = self.context.host, magic8_health(self.context)
        degraded, faults, broken = tuple(host.degraded()), tuple(host.faults()), dict(host.broken_plugins())
        return Health(
            status="degraded" if degraded or faults or broken else "ok",
            state=host.state,
            version=self.context.version,
            uptime_s=round(host.uptime_s, 1),
            degraded=degraded,
            faults=faults,
            cache=self.context.cache.health(),
            broken_plugins=broken,
            timestamp=UNSET if more is None else more.timestamp,
            model_loaded=UNSET if more is None else more.model_loaded,
            components=UNSET if more is None else more.components,
        )
