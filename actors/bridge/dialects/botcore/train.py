"""`POST /train`: begin a training on the node, in the words of the bot core's model service."""

from itertools import pairwise
from typing import ClassVar, Literal, get_args, override

import msgspec
from msgspec import Struct

from actors.bridge.dialects.botcore.ai_asking import instrument_named
from actors.bridge.dialects.botcore.ai_bodies import GivenCandle, SymbolText
from actors.bridge.dialects.botcore.details import DetailRoute
from actors.bridge.dialects.botcore.model_answers import LEAST
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, person_of, routes
from actors.bridge.symbols import interval_named
from actors.market import INTERVALS
from actors.ports.jobs import TrainingWish
from actors.signal.asked.candles import Candle, rows_of
from config.errors import (
    BadRequestError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StoreUnavailableError,
    UnknownInstrumentError,
    UnsupportedIntervalError,
)
from config.signal_errors import TooFewCandlesError
from config.training import TrainedInterval, TrainedKind

_KINDS: tuple[TrainedKind, ...] = get_args(TrainedKind)
_SEED = 7
_MS = 1_000_000


class ModelWish(Struct, frozen=True, kw_only=True):
    """A model that is wanted; fields it does not know are passed over."""

    symbol: SymbolText
    model_type: str = "gbt"
    """`gbt` or `lstm`."""
    timeframe: str | None = None
    """By default the distance of the candles."""
    candles: tuple[GivenCandle, ...]
    """100 to 1,000: they are checked and tell the timeframe; the model learns from the node's own history."""


class TrainingStarted(Struct, frozen=True, kw_only=True):
    """It has begun; `/api/v1/jobs/{job_id}` tells how far it is."""

    message: Literal["Model training started"] = "Model training started"
    model_type: str
    training_samples: int
    """Candles that were sent and checked."""
    learns_from: Literal["history"] = "history"
    """What the model learns from: the node's own bars, of which there are more."""
    status: Literal["training_in_progress"] = "training_in_progress"
    job_id: str


@routes.register("POST /train")
class TrainModel(DetailRoute[NoQuery]):
    """Begin to train a model of an instrument on the node's own history; 409 while one is under way."""

    body = ModelWish
    reply: ClassVar[type[Struct]] = TrainingStarted
    problems = (
        BadRequestError,
        TooFewCandlesError,
        InvalidInputError,
        NotFoundError,
        UnknownInstrumentError,
        UnsupportedIntervalError,
        ConflictError,
        StoreUnavailableError,
    )

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        body, jobs = body_of(call, ModelWish), self.context.jobs
        wish = self._wish(body)
        if jobs is None:
            raise NotFoundError("this node trains no models")
        row = await jobs.start(wish, owner=person_of(call).user_id)
        told = TrainingStarted(model_type=wish.model, training_samples=len(body.candles), job_id=row.job_id)
        return json_answer(told)

    def _wish(self, body: ModelWish) -> TrainingWish:
        kind = next((one for one in _KINDS if one == body.model_type.lower()), None)
        if kind is None:
            raise BadRequestError(f"model_type must be one of {', '.join(_KINDS)}", path="$.model_type")
        if len(body.candles) < LEAST:
            why = f"Insufficient data. Minimum {LEAST} candles required, got {len(body.candles)}"
            raise TooFewCandlesError(why, path="$.candles")
        instrument = instrument_named(self.context, body.symbol)
        candles = [one.candle(f"$.candles[{index}]") for index, one in enumerate(body.candles)]
        interval = _interval(body.timeframe, candles)
        rows_of(candles, instrument, INTERVALS[interval], "$.candles")
        return TrainingWish(
            instrument_id=instrument.instrument_id, interval=interval, model=kind, days=None, seed=_SEED, promote=False
        )


def _interval(timeframe: str | None, candles: list[Candle]) -> TrainedInterval:
    """Return the interval that was named, or the one as long as the smallest distance of two candles.

    Raises:
        InvalidInputError: If the candles are out of order.
        UnsupportedIntervalError: If no model can be trained of it.
    """
    if timeframe is None:
        step = min(after.timestamp - before.timestamp for before, after in pairwise(candles))
        if step <= 0:
            raise InvalidInputError("candles must be oldest first, each once", path="$.candles")
        found = next((name for name, one in INTERVALS.items() if one.duration_ns == step * _MS), f"{step} ms")
    else:
        found = interval_named(timeframe)
    try:
        interval: TrainedInterval = msgspec.convert(found, TrainedInterval)
    except msgspec.ValidationError as e:
        known = ", ".join(get_args(TrainedInterval))
        raise UnsupportedIntervalError(f"models are trained of {known}, not of {found[:20]!r}") from e
    return interval
