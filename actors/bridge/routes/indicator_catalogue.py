"""`GET /api/v1/indicators/catalogue`: which indicators there are, for people who choose one."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.indicators.indicator import IndicatorKind


class IndicatorCatalogue(Struct, frozen=True, kw_only=True):
    """Every indicator that can be asked for, by name."""

    items: tuple[IndicatorKind, ...]


@routes.register("GET /api/v1/indicators/catalogue")
class GetIndicatorCatalogue(Route[NoQuery]):
    """List the indicators with their parameters, bounds, defaults and outputs; installed packages may add some."""

    reply: ClassVar[type[Struct]] = IndicatorCatalogue

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(IndicatorCatalogue(items=tuple(self.context.indicators.kinds())))
