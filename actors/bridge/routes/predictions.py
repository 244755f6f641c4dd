"""`GET /api/v1/predictions`: what was said and what became of it; `/accuracy`: how good that is; `/drift`."""

import asyncio
from typing import Annotated, ClassVar, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.rest.accuracy import kept_analyses, pieces_of, span_asked
from actors.bridge.rest.query import (
    CursorParam,
    EndParam,
    InstrumentIdParam,
    IntervalParam,
    Limit,
    StartParam,
    cursor_of,
    position_of,
)
from actors.bridge.rest.route import Answer, Call, Route, json_answer, routes
from actors.ports.analyses import PredictionRow, Sampled, Span
from actors.signal.outcomes.drift import drift_from_training, drift_of
from actors.signal.outcomes.scoring import accuracies
from actors.wire import Millis
from actors.wire_predictions import AccuracyBody, DriftItem, ModelDrift, PredictionBody, prediction_body
from config.errors import NotFoundError, StoreUnavailableError, UnknownInstrumentError, UnsupportedIntervalError

PredictorParam = Annotated[str, Meta(max_length=64, description="a predictor's name, or `signal`: all together")]
_PROBLEMS = (NotFoundError, StoreUnavailableError, UnknownInstrumentError, UnsupportedIntervalError)
_MS = 1_000_000


class PredictionList(Struct, frozen=True, kw_only=True):
    """Predictions, newest bar first."""

    items: tuple[PredictionBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class AccuracyQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which predictions, by the open time of their bars; without a start those of seven days."""

    instrument_id: InstrumentIdParam | UnsetType = UNSET
    interval: IntervalParam | UnsetType = UNSET
    predictor: PredictorParam | UnsetType = UNSET
    start: StartParam | UnsetType = UNSET
    end: EndParam | UnsetType = UNSET


class PredictionsQuery(AccuracyQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which predictions, by the open time of their bars."""

    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


class AccuracyList(Struct, frozen=True, kw_only=True):
    """How good each predictor was on each stream, live ones first."""

    items: tuple[AccuracyBody, ...]
    start: Millis
    """What was summed, by the open times of bars."""
    end: Millis
    bucket_ms: int
    """Width of the pieces of time."""


class DriftQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stream."""

    instrument_id: InstrumentIdParam
    interval: IntervalParam = "1m"
    count: Annotated[int, Meta(ge=100, le=5_000, description="how many of the first and of the last are compared")] = (
        1_000
    )


class Compared(Struct, frozen=True, kw_only=True):
    """Analyses of one time."""

    count: int
    start: Millis
    end: Millis


class Drift(Struct, frozen=True, kw_only=True):
    """The last analyses of a stream against the first ones that are kept."""

    feature_schema: str | None
    """Null while there are too few to compare: the rest is empty then."""
    reference: Compared | None
    recent: Compared | None
    score: DriftItem | None
    """Of the signals."""
    features: tuple[DriftItem, ...]
    """The worst first."""
    models: tuple[ModelDrift, ...]
    """The last analyses against what each promoted model has learnt from."""


_TOO_FEW = Drift(feature_schema=None, reference=None, recent=None, score=None, features=(), models=())


@routes.register("GET /api/v1/predictions")
class GetPredictions(Route[PredictionsQuery]):
    """List predictions with what became of them, newest first, as far back as they are kept.

    One row per bar and source, and one for all together (`signal`).
    """

    query = PredictionsQuery
    reply: ClassVar[type[Struct]] = PredictionList
    problems = _PROBLEMS
    is_costly = True

    @override
    async def answer(self, call: Call, query: PredictionsQuery) -> Answer:
        span = span_asked(self.context, query.instrument_id, query.interval, query.start, query.end)
        predictor = query.predictor or None
        question = f"predictions {query.instrument_id} {query.interval} {predictor} {query.start} {query.end}"
        before, skip = None, 0
        if query.cursor is not UNSET:
            before, skip = position_of(query.cursor, question, 2)
            span = Span(instrument_id=span.instrument_id, interval=span.interval, start=span.start, end=before + 1)
        rows, has_older = await kept_analyses(self.context).predictions(span, predictor, query.limit, skip)
        following = cursor_of(question, *_position_after(rows, before, skip)) if has_older else None
        return json_answer(PredictionList(items=tuple(self._body(row) for row in rows), next=following))

    def _body(self, row: PredictionRow) -> PredictionBody:
        instrument = self.context.bars.instruments().get(row.instrument_id)
        places = len(row.price.partition(".")[2]) if instrument is None else instrument.price_precision
        return prediction_body(row, places)


@routes.register("GET /api/v1/predictions/accuracy")
class GetAccuracy(Route[AccuracyQuery]):
    """Sum up how good predictions were: accuracy, Brier score, calibration, each beside its baseline.

    A prediction is right when the barrier on its side comes first (`analyses.barriers`). Intervals count how many
    outcomes do not overlap. What was computed from history stands apart.
    """

    query = AccuracyQuery
    reply: ClassVar[type[Struct]] = AccuracyList
    problems = _PROBLEMS
    is_costly = True

    @override
    async def answer(self, call: Call, query: AccuracyQuery) -> Answer:
        asked = span_asked(self.context, query.instrument_id, query.interval, query.start, query.end)
        span, bucket_ns = pieces_of(asked, self.context.clock.now_ns)
        tallies = await kept_analyses(self.context).tallies(span, query.predictor or None, bucket_ns)
        body = AccuracyList(
            items=tuple(await asyncio.to_thread(accuracies, tallies, bucket_ns)),
            start=(span.start or 0) // _MS,
            end=(span.end or 0) // _MS,
            bucket_ms=bucket_ns // _MS,
        )
        return json_answer(body)


@routes.register("GET /api/v1/predictions/drift")
class GetDrift(Route[DriftQuery]):
    """Compare the features and scores of the last analyses of a stream with those of the first that are kept.

    The features also with those that the promoted models have learnt from.
    """

    query = DriftQuery
    reply: ClassVar[type[Struct]] = Drift
    problems = _PROBLEMS
    is_costly = True

    @override
    async def answer(self, call: Call, query: DriftQuery) -> Answer:
        span_asked(self.context, query.instrument_id, query.interval, UNSET, UNSET)
        found = await kept_analyses(self.context).samples(query.instrument_id, query.interval, query.count)
        if found is None:
            return json_answer(_TOO_FEW)
        score, features = await asyncio.to_thread(drift_of, *found)
        models = await asyncio.to_thread(self._from_training, query, found[1])
        first, last = (
            Compared(count=len(one.scores), start=one.first_ns // _MS, end=one.last_ns // _MS) for one in found
        )
        body = Drift(
            feature_schema=found[1].feature_schema,
            reference=first,
            recent=last,
            score=score,
            features=tuple(features),
            models=tuple(models),
        )
        return json_answer(body)

    def _from_training(self, query: DriftQuery, recent: Sampled) -> list[ModelDrift]:
        models = self.context.models
        return [] if models is None else drift_from_training(models, query.instrument_id, query.interval, recent)


def _position_after(rows: list[PredictionRow], before: int | None, skip: int) -> tuple[int, int]:
    """Return where the next page begins: a bar time, and how many predictions of that time were seen already."""
    last = rows[-1].ts_bar
    return last, sum(1 for row in rows if row.ts_bar == last) + (skip if last == before else 0)
