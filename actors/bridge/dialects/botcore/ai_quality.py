"""`/ai/performance`: how good signals were; `/ai/feedback`: what callers say came of them, which is kept apart."""

import asyncio
from typing import Annotated, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.dialects.botcore.ai_asking import instrument_named
from actors.bridge.dialects.botcore.ai_bodies import SymbolText
from actors.bridge.dialects.botcore.answers import BotcoreRoute, wall_text
from actors.bridge.rest.accuracy import kept_analyses, pieces_of
from actors.bridge.rest.further_back import until_now
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, person_of, routes
from actors.bridge.words import named, time_text
from actors.ports.analyses import ALL_TOGETHER, Feedback, Span
from actors.signal.outcomes.scoring import accuracies
from actors.wire_predictions import AccuracyBody
from config.errors import InvalidInputError, NotFoundError, StoreUnavailableError, UnknownInstrumentError

_MS = 1_000_000
_LARGEST = 1e15
_Word = Annotated[str, Meta(min_length=1, max_length=64)]
_Amount = Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]
_Time = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]


class FeedbackWish(Struct, frozen=True, kw_only=True):
    """What came of a signal, as the caller says; fields it does not know are passed over."""

    signal_id: _Word
    """`metadata.analysis_id` of an analysis, or an id of the caller's own."""
    symbol: SymbolText
    predicted_signal: _Word
    actual_outcome: _Word
    profit_loss: _Amount
    confidence_was_accurate: bool
    timestamp: _Time
    """UNIX milliseconds."""


class FeedbackKept(Struct, frozen=True, kw_only=True):
    """It is on the disk."""

    message: str
    signal_id: str
    timestamp: str


class FeedbackTold(Struct, frozen=True, kw_only=True):
    """What the caller has told, summed: their word, not our measurement."""

    count: int
    accurate: int
    profit_loss: float


class PredictorPerformance(Struct, frozen=True, kw_only=True):
    """How good one predictor was on one stream, live; shares are 0 while `predictions` is 0."""

    model: str
    """A predictor, or `signal`: all together."""
    symbol: str
    timeframe: str
    predictions: int
    """Of a direction, with a known outcome."""
    accuracy: float
    accuracy_low: float
    """95 % interval."""
    accuracy_high: float
    baseline_accuracy: float
    """Of always saying what came more often."""
    verdict: str
    """`better`, `worse` or `unclear` against the baseline."""
    brier_score: float
    average_return: float
    """After fees, share of the price."""


class AiPerformance(Struct, frozen=True, kw_only=True):
    """How good signals of the last seven days of market time were, by barriers and after fees."""

    total_predictions: int
    """Of all together, with a known outcome."""
    accuracy: float
    """0..1; 0 while there are none."""
    start: str
    end: str
    models: tuple[PredictorPerformance, ...]
    feedback: FeedbackTold


@routes.register("GET /ai/performance")
class GetAiPerformance(BotcoreRoute[NoQuery]):
    """Tell how often signals were right, each beside its baseline; nothing computed from history counts."""

    reply: ClassVar[type[Struct]] = AiPerformance
    problems = (NotFoundError, StoreUnavailableError)
    tag = "bot core AI"
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        store = kept_analyses(self.context)
        span, bucket_ns = pieces_of(until_now(self.context, Span()), self.context.clock.now_ns)
        tallies = await store.tallies(span, None, bucket_ns)
        found = [one for one in await asyncio.to_thread(accuracies, tallies, bucket_ns) if one.sample == "live"]
        together = [one for one in found if one.predictor == ALL_TOGETHER]
        total = sum(one.count for one in together)
        right = sum(one.count * (one.accuracy or 0.0) for one in together)
        said = await store.feedback(person_of(call).user_id)
        return json_answer(
            AiPerformance(
                total_predictions=total,
                accuracy=right / total if total else 0.0,
                start=time_text((span.start or 0) // _MS),
                end=time_text((span.end or self.context.clock.now_ns) // _MS),
                models=tuple(_performance(one, named(self.context.symbols, one.instrument_id)) for one in found),
                feedback=FeedbackTold(count=said.count, accurate=said.accurate, profit_loss=said.profit_loss),
            )
        )


@routes.register("POST /ai/feedback")
class GiveFeedback(BotcoreRoute[NoQuery]):
    """Keep what the caller says came of a signal; a later word on the same signal takes its place.

    It is kept apart: neither accuracy nor models are made of it.
    """

    body = FeedbackWish
    reply: ClassVar[type[Struct]] = FeedbackKept
    problems = (NotFoundError, StoreUnavailableError, InvalidInputError, UnknownInstrumentError)
    tag = "bot core AI"

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        wish = body_of(call, FeedbackWish)
        row = Feedback(
            user_id=person_of(call).user_id,
            signal_id=wish.signal_id,
            instrument_id=instrument_named(self.context, wish.symbol).instrument_id,
            predicted=wish.predicted_signal,
            outcome=wish.actual_outcome,
            profit_loss=wish.profit_loss,
            was_accurate=wish.confidence_was_accurate,
            ts_ms=wish.timestamp,
        )
        await kept_analyses(self.context).keep_feedback(row)
        told = FeedbackKept(message="Feedback received", signal_id=wish.signal_id, timestamp=wall_text())
        return json_answer(told)


def _performance(one: AccuracyBody, symbol: str) -> PredictorPerformance:
    return PredictorPerformance(
        model=one.predictor,
        symbol=symbol,
        timeframe=one.interval,
        predictions=one.count,
        accuracy=one.accuracy or 0.0,
        accuracy_low=one.low or 0.0,
        accuracy_high=one.high or 0.0,
        baseline_accuracy=one.baseline or 0.0,
        verdict=one.verdict,
        brier_score=one.brier or 0.0,
        average_return=one.net_return or 0.0,
    )
