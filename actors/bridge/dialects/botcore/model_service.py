"""`/model/*`: trained models in the words of the bot core's model service; a path of theirs is an id of ours."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, override

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.dialects.botcore.ai_asking import instrument_named
from actors.bridge.dialects.botcore.details import DetailRoute
from actors.bridge.rest.route import Answer, Call, json_answer, person_of, routes
from actors.bridge.routes.models import keeper_of
from actors.bridge.symbols import interval_named
from actors.market import interval_of
from actors.ports.model_keeper import KeptModel
from actors.signal.models.meta import ModelId, Numbers
from config.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnknownInstrumentError,
    UnsupportedIntervalError,
)
from config.signal_errors import ModelError

_NAME = Annotated[str, Meta(max_length=256)]


class InfoQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model; by default the newest that predictors use, else the newest that is kept."""

    symbol: Annotated[str, Meta(min_length=1, max_length=64, description="for example `BTCUSDT`")] | UnsetType = UNSET
    timeframe: Annotated[str, Meta(max_length=8, description="for example `1h`")] | UnsetType = UNSET
    model_type: Annotated[str, Meta(max_length=16, description="for example `gbt` or `lstm`")] | UnsetType = UNSET


class LoadQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model."""

    model_path: Annotated[_NAME, Meta(description="id of a kept model; never a path")]


class SaveQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which name; ids are given when a model is trained, so it is only looked at."""

    model_name: Annotated[_NAME, Meta(description="a name like an id; never a path")] | UnsetType = UNSET


class KeepQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stays."""

    keep_count: Annotated[int, Meta(ge=1, le=100, description="models to keep beside the promoted one")] = 5


class ModelInfo(Struct, frozen=True, kw_only=True):
    """One model; null is what nobody has measured. Only what is out of sample says how good it is."""

    model_type: str | None
    model_loaded: bool
    """Whether predictors use it."""
    model_id: str | None
    symbol: str | None
    timeframe: str | None
    training_samples: int | None
    validation_samples: int | None
    out_of_sample_samples: int | None
    feature_count: int | None
    training_accuracy: float | None
    """On what it was fitted to: no evidence of anything."""
    validation_accuracy: float | None
    """On what its probabilities were calibrated with."""
    out_of_sample_accuracy: float | None
    """On what came later and nothing of it has seen."""
    training: Numbers | None
    validation: Numbers | None
    out_of_sample: Numbers | None
    trained_timestamp: str | None


class ModelTold(Struct, frozen=True, kw_only=True):
    """What became of a model."""

    message: str
    model_path: str
    """Its id."""
    model_type: str


class ModelsCleaned(Struct, frozen=True, kw_only=True):
    """What a cleanup has deleted."""

    message: str
    deleted_models: int
    kept_models: int
    deleted: tuple[str, ...]
    """Ids."""


@routes.register("GET /model/info")
class GetModelInfo(DetailRoute[InfoQuery]):
    """Tell of a model, its figures in training, validation and out of sample apart; all null without one."""

    query = InfoQuery
    reply: ClassVar[type[Struct]] = ModelInfo
    problems = (NotFoundError, UnknownInstrumentError, UnsupportedIntervalError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: InfoQuery) -> Answer:
        instrument_id = None if query.symbol is UNSET else instrument_named(self.context, query.symbol).instrument_id
        interval = None if query.timeframe is UNSET else interval_of(interval_named(query.timeframe)).name
        found = await keeper_of(self.context).models(instrument_id, interval, query.model_type or None)
        kept = next((one for one in found if one.state == "promoted"), found[0] if found else None)
        return json_answer(_info(kept))


@routes.register("POST /model/load")
class LoadModel(DetailRoute[LoadQuery]):
    """Have predictors use a kept model from their next bar on; 409 says why one is not to be used."""

    query = LoadQuery
    reply: ClassVar[type[Struct]] = ModelTold
    problems = (BadRequestError, NotFoundError, ConflictError, ModelError)

    @override
    async def answer(self, call: Call, query: LoadQuery) -> Answer:
        model_id = _id(query.model_path, "model_path")
        kept = await keeper_of(self.context).promote(model_id, actor=person_of(call).user_id)
        return json_answer(_told("Model loaded successfully", kept))


@routes.register("POST /model/save")
class SaveModel(DetailRoute[SaveQuery]):
    """Tell under which id the model that predictors use is kept: it was written when it was trained."""

    query = SaveQuery
    reply: ClassVar[type[Struct]] = ModelTold
    problems = (BadRequestError, NotFoundError, ModelError)

    @override
    async def answer(self, call: Call, query: SaveQuery) -> Answer:
        if query.model_name is not UNSET:
            _id(query.model_name, "model_name")
        found = await keeper_of(self.context).models()
        kept = next((one for one in found if one.state == "promoted"), None)
        if kept is None:
            raise NotFoundError("No model is loaded: there is nothing to save")
        return json_answer(_told("Model is kept since it was trained", kept))


@routes.register("DELETE /model/cleanup")
class CleanModels(DetailRoute[KeepQuery]):
    """Delete what is not needed: of each kind the promoted model and `keep_count` others stay."""

    query = KeepQuery
    reply: ClassVar[type[Struct]] = ModelsCleaned
    problems = (NotFoundError, ModelError)

    @override
    async def answer(self, call: Call, query: KeepQuery) -> Answer:
        keeper = keeper_of(self.context)
        deleted = await keeper.cleanup(query.keep_count, actor=person_of(call).user_id)
        told = ModelsCleaned(
            message=f"Deleted {len(deleted)} models",
            deleted_models=len(deleted),
            kept_models=len(await keeper.models()),
            deleted=tuple(deleted),
        )
        return json_answer(told)


def _id(given: str, name: str) -> str:
    """Return an id as it is, before anybody looks for it.

    Raises:
        BadRequestError: If it is none.
    """
    try:
        return msgspec.convert(given, ModelId)
    except msgspec.ValidationError as e:
        raise BadRequestError(f"{name} must be the id of a model, as `/api/v1/models` lists them", path=name) from e


def _told(message: str, kept: KeptModel) -> ModelTold:
    return ModelTold(message=message, model_path=kept.meta.id, model_type=kept.meta.kind)


def _info(kept: KeptModel | None) -> ModelInfo:
    meta = None if kept is None else kept.meta
    scores = {} if meta is None else meta.scores
    training, validation, out = scores.get("training"), scores.get("validation"), scores.get("out_of_sample")
    return ModelInfo(
        model_type=None if meta is None else meta.kind,
        model_loaded=kept is not None and kept.state == "promoted",
        model_id=None if meta is None else meta.id,
        symbol=None if meta is None else meta.instrument_id,
        timeframe=None if meta is None else meta.interval,
        training_samples=None if meta is None else meta.rows,
        validation_samples=_count(validation),
        out_of_sample_samples=_count(out),
        feature_count=None if meta is None else len(meta.feature_names),
        training_accuracy=_accuracy(training),
        validation_accuracy=_accuracy(validation),
        out_of_sample_accuracy=_accuracy(out),
        training=training,
        validation=validation,
        out_of_sample=out,
        trained_timestamp=None if meta is None else datetime.fromtimestamp(meta.created_ms / 1_000, UTC).isoformat(),
    )


def _accuracy(figures: Numbers | None) -> float | None:
    value = None if figures is None else figures.get("accuracy")
    return value if isinstance(value, float) else None


def _count(figures: Numbers | None) -> int | None:
    value = None if figures is None else figures.get("count")
    return value if isinstance(value, int) and not isinstance(value, bool) else None
