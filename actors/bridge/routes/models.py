"""`/api/v1/models`: trained models: what is known of each, its report, promotion, rollback, cleanup."""

from typing import Annotated, ClassVar, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.context import Context
from actors.bridge.rest.pages import page_of
from actors.bridge.rest.query import CursorParam, InstrumentIdParam, IntervalParam, Limit
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, person_of, routes
from actors.market import interval_of
from actors.ports.model_keeper import ModelKeeper
from actors.signal.models.meta import KindName
from actors.wire_models import REPORT, ModelBody, model_body
from config.errors import ConflictError, NotFoundError, UnsupportedIntervalError
from config.fields import InstrumentName, IntervalName
from config.signal_errors import ModelError

TAG = "models"
_PARAMETERS = {"model_id": "id of the model"}
_REPORT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
}
"""The page was written by another process and needs nothing but its own styles."""
KindParam = Annotated[str, Meta(max_length=16, description="kind of model, for example `gbt`")]
KeepParam = Annotated[int, Meta(ge=1, le=100, description="models to keep beside the promoted one; else `models.keep`")]


class ModelsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which models."""

    instrument_id: InstrumentIdParam | UnsetType = UNSET
    interval: IntervalParam | UnsetType = UNSET
    kind: KindParam | UnsetType = UNSET
    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


class CleanupQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stays."""

    keep: KeepParam | UnsetType = UNSET


class ModelList(Struct, frozen=True, kw_only=True):
    """Models, newest first."""

    items: tuple[ModelBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class RollbackWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose promoted model is to be the one before."""

    instrument_id: InstrumentName
    interval: IntervalName
    kind: KindName


class Removed(Struct, frozen=True, kw_only=True):
    """What a cleanup has deleted."""

    removed: tuple[str, ...]
    """Ids of models."""


@routes.register("GET /api/v1/models")
class GetModels(Route[ModelsQuery]):
    """List trained models, newest first, those that cannot be trusted left out.

    Each with its figures in training, validation and out of sample apart.
    """

    query = ModelsQuery
    reply: ClassVar[type[Struct]] = ModelList
    tag = TAG
    problems = (NotFoundError, UnsupportedIntervalError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: ModelsQuery) -> Answer:
        if query.interval is not UNSET:
            interval_of(query.interval)
        wanted = (query.instrument_id or None, query.interval or None, query.kind or None)
        question = f"models {wanted}"
        found = await keeper_of(self.context).models(*wanted)
        shown, following = page_of(
            found, lambda kept: kept.meta.created_ms, limit=query.limit, cursor=query.cursor, question=question
        )
        return json_answer(ModelList(items=tuple(map(model_body, shown)), next=following))


@routes.register("GET /api/v1/models/{model_id}")
class GetModel(Route[NoQuery]):
    """Tell what is known of one model."""

    reply: ClassVar[type[Struct]] = ModelBody
    parameters = _PARAMETERS
    tag = TAG
    problems = (NotFoundError, ModelError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(model_body(await keeper_of(self.context).model(call.path["model_id"])))


@routes.register("GET /api/v1/models/{model_id}/report")
class GetModelReport(Route[NoQuery]):
    """Give the report of a model's training: a page without scripts or anything from elsewhere."""

    media_type = "text/html"
    parameters = _PARAMETERS
    tag = TAG
    problems = (NotFoundError, ModelError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        page = await keeper_of(self.context).file(call.path["model_id"], REPORT)
        return Answer(body=page, media_type="text/html; charset=utf-8", headers=_REPORT_HEADERS)


@routes.register("POST /api/v1/models/{model_id}/promote")
class PromoteModel(Route[NoQuery]):
    """Have predictors use a model from their next bar on; 409 says why one is not to be promoted."""

    reply: ClassVar[type[Struct]] = ModelBody
    parameters = _PARAMETERS
    tag = TAG
    problems = (NotFoundError, ConflictError, ModelError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        actor = person_of(call).user_id
        return json_answer(model_body(await keeper_of(self.context).promote(call.path["model_id"], actor=actor)))


@routes.register("POST /api/v1/models/rollback")
class RollBackModel(Route[NoQuery]):
    """Have predictors use again the model that was promoted before; the answer is that model."""

    body = RollbackWish
    reply: ClassVar[type[Struct]] = ModelBody
    tag = TAG
    problems = (NotFoundError, ModelError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        wish, actor = body_of(call, RollbackWish), person_of(call).user_id
        kept = await keeper_of(self.context).rollback(wish.instrument_id, wish.interval, wish.kind, actor=actor)
        return json_answer(model_body(kept))


@routes.register("DELETE /api/v1/models")
class CleanUpModels(Route[CleanupQuery]):
    """Delete what is not needed.

    Of each instrument, interval and kind stay the promoted model, `keep` promoted before it, and the `keep` newest that
    never were.
    """

    query = CleanupQuery
    reply: ClassVar[type[Struct]] = Removed
    tag = TAG
    problems = (NotFoundError, ModelError)

    @override
    async def answer(self, call: Call, query: CleanupQuery) -> Answer:
        keep = None if query.keep is UNSET else query.keep
        removed = await keeper_of(self.context).cleanup(keep, actor=person_of(call).user_id)
        return json_answer(Removed(removed=tuple(removed)))


def keeper_of(context: Context) -> ModelKeeper:
    """Return who keeps the models.

    Raises:
        NotFoundError: If nobody does.
    """
    if context.keeper is None:
        raise NotFoundError("this node keeps no models")
    return context.keeper
