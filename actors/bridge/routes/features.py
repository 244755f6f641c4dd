"""`GET /api/v1/signals/features`: what each place of a signal's feature vector means."""

from typing import ClassVar, override

from msgspec import Struct

from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.signal.features import NAMES, SCHEMA, WARMUP


class FeatureSchema(Struct, frozen=True, kw_only=True):
    """One version of the features."""

    feature_schema: str
    """Name and version, as signals carry it, for example `bars-v2`."""
    names: tuple[str, ...]
    """What each place of the vector means, in order."""
    warmup: int
    """Bars before the first vector: signals of earlier bars carry an empty one."""


class FeatureSchemas(Struct, frozen=True, kw_only=True):
    """Every schema that signals of this node may carry."""

    items: tuple[FeatureSchema, ...]
    next: None = None


@routes.register("GET /api/v1/signals/features")
class GetFeatures(Route[NoQuery]):
    """Name the features of signals; `/api/v1/signals?include_features=true` gives their values."""

    reply: ClassVar[type[Struct]] = FeatureSchemas

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(FeatureSchemas(items=(FeatureSchema(feature_schema=SCHEMA, names=NAMES, warmup=WARMUP),)))
