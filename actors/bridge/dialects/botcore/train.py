"""`POST /train`: begin a training on the node, in the words of the bot core's model service."""

import asyncio
from collections.abc import Sequence
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
from actors.market import INTERVALS, BarRow, Instrument
from actors.ports.jobs import TrainingWish
from actors.signal.asked.candles import Candle, rows_of
from actors.signal.training.least import least_bars
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
from config.training import TrainedInterval, TrainedKind, TrainingSection

_KINDS: tuple[TrainedKind, ...] = get_args(TrainedKind)
_SEED = 7
MOST_LEARNT = 10_000
"""Candles of one training."""
_MS = 1_000_000


class ModelWish(Struct, frozen=True, kw_only=True):
    """A model that is wanted; fields it does not know are passed over."""

    symbol: SymbolText
    model_type: str = "gbt"
    """`gbt` or `lstm`."""
    timeframe: str | None = None
    """By default the distance of the candles; without candles `training.interval`."""
    candles: tuple[GivenCandle, ...] | None = None
    """What the model learns from, oldest first, up to 10,000; left out: the node's own history."""


class TrainingStarted(Struct, frozen=True, kw_only=True):
    """It has begun; `/api/v1/jobs/{job_id}` tells how far it is."""

    message: Literal["Model training started"] = "Model training started"
    model_type: str
    training_samples: int
    """Candles that were sent and checked; 0: it learns from history."""
    learns_from: Literal["candles", "history"]
    """The candles that were sent, or the node's own bars where there were none."""
    status: Literal["training_in_progress"] = "training_in_progress"
    job_id: str


@routes.register("POST /train")
class TrainModel(DetailRoute[NoQuery]):
    """Begin to train a model of an instrument on the candles that are sent; 409 while one is under way."""

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
        kind = next((one for one in _KINDS if one == body.model_type.lower()), None)
        if kind is None:
            raise BadRequestError(f"model_type must be one of {', '.join(_KINDS)}", path="$.model_type")
        instrument = instrument_named(self.context, body.symbol)
        interval, rows = await asyncio.to_thread(self._learnt, body, kind, instrument)
        wish = TrainingWish(
            instrument_id=instrument.instrument_id,
            interval=interval,
            model=kind,
            days=None,
            seed=_SEED,
            promote=False,
            candles=len(rows),
        )
        if jobs is None:
            raise NotFoundError("this node trains no models")
        row = await jobs.start(wish, owner=person_of(call).user_id, rows=rows)
        told = TrainingStarted(
            model_type=wish.model,
            training_samples=len(rows),
            learns_from="candles" if rows else "history",
            job_id=row.job_id,
        )
        return json_answer(told)

    def _learnt(
        self, body: ModelWish, kind: TrainedKind, instrument: Instrument
    ) -> tuple[TrainedInterval, Sequence[BarRow]]:
        """Return what is learnt from, which may be ten thousand candles; none: history."""
        section = self.context.config.training
        if body.candles is None:
            return (section.interval if body.timeframe is None else _interval(body.timeframe, [])), ()
        _check(len(body.candles), kind, section)
        candles = [one.candle(f"$.candles[{index}]") for index, one in enumerate(body.candles)]
        interval = _interval(body.timeframe, candles)
        return interval, rows_of(candles, instrument, INTERVALS[interval], "$.candles", most=MOST_LEARNT)


def _check(count: int, kind: TrainedKind, section: TrainingSection) -> None:
    """Refuse candles that are too few, before anything begins."""
    if count < LEAST:
        why = f"Insufficient data. Minimum {LEAST} candles required, got {count}"
        raise TooFewCandlesError(why, path="$.candles")
    least = least_bars(section, kind)
    if count < least:
        why = f"Insufficient data. To learn and to be judged a {kind} model needs {least} candles, got {count}"
        raise TooFewCandlesError(f"{why}; without candles it learns from the node's history", path="$.candles")


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
