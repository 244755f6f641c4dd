"""`POST /predict`, `/predict/batch` and `/calculate_risk_reward`: will this order win, and what does it risk?"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, override

from msgspec import UNSET, Struct, UnsetType

from actors.bridge.dialects.magic8.answers import Magic8Route
from actors.bridge.dialects.magic8.bodies import BatchBody, PredictBody, RiskBody, read_orders
from actors.bridge.dialects.magic8.confidence import owner_of
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, person_of, routes
from actors.bridge.words import time_text
from actors.ports.screening import Screening
from actors.screening.candidate import Candidate
from actors.screening.verdict import Recommendation, ScreeningCounts, Verdict
from actors.screening.written import OF_LISTED, REQUIRED, candidate_of, side_of, type_of
from actors.signal.option_orders import OptionOrder, risk_reward, strategy_of
from config.errors import BadRequestError, ErrorCode, InvalidInputError, TooLargeError
from config.signal_errors import ModelError

Advice = Literal["STRONG BUY", "BUY", "HOLD", "AVOID"]
_ADVICE: tuple[tuple[float, Advice], ...] = ((0.70, "STRONG BUY"), (0.55, "BUY"), (0.45, "HOLD"))


class PlaceError(Struct, frozen=True, kw_only=True):
    """Why an order could not be read."""

    code: ErrorCode
    message: str


class ListedPrediction(Struct, frozen=True, kw_only=True):
    """One order of a list; of one that could not be read `error` alone."""

    order_id: str | UnsetType = UNSET
    prediction_id: str | UnsetType = UNSET
    """What its outcome is told of, at `/api/v1/screened-orders/{prediction_id}/outcome`."""
    symbol: str | UnsetType = UNSET
    strategy: str | UnsetType = UNSET
    win_probability: float | UnsetType = UNSET
    """0 of an abstention, which no threshold above 0 lets through."""
    confidence: float | UnsetType = UNSET
    """max(p, 1 - p); 0 of an abstention."""
    recommendation: Recommendation | UnsetType = UNSET
    abstained: bool | UnsetType = UNSET
    threshold: float | UnsetType = UNSET
    """Of its symbol and strategy."""
    reasons: tuple[str, ...] | UnsetType = UNSET
    error: PlaceError | UnsetType = UNSET


class FlatPrediction(Struct, frozen=True, kw_only=True):
    """One order; of one that could not be read `error` alone."""

    prediction_id: str | UnsetType = UNSET
    """What its outcome is told of, at `/api/v1/screened-orders/{prediction_id}/outcome`."""
    timestamp: str | UnsetType = UNSET
    """Market time, RFC 3339."""
    symbol: str | UnsetType = UNSET
    strategy: str | UnsetType = UNSET
    premium: float | UnsetType = UNSET
    predicted_price: float | UnsetType = UNSET
    win_probability: float | UnsetType = UNSET
    """0 of an abstention, which no threshold above 0 lets through."""
    prediction: Literal["WIN", "LOSS", "ABSTAIN"] | UnsetType = UNSET
    threshold: float | UnsetType = UNSET
    """Of its symbol and strategy."""
    confidence: float | UnsetType = UNSET
    """2 |p - 0.5|; 0 of an abstention."""
    recommendation: Advice | UnsetType = UNSET
    risk_score: float | UnsetType = UNSET
    """1 - p."""
    data_source: str | UnsetType = UNSET
    """`mock` for a simulated market; `none` when there were no prices."""
    model_type: str | UnsetType = UNSET
    n_features: int | UnsetType = UNSET
    processing_time_ms: float | UnsetType = UNSET
    abstained: bool | UnsetType = UNSET
    reasons: tuple[str, ...] | UnsetType = UNSET
    error: PlaceError | UnsetType = UNSET


class PredictAnswer(FlatPrediction, frozen=True, kw_only=True):
    """Of a flat order its fields; of a list `predictions` alone, in the places of the orders."""

    predictions: tuple[ListedPrediction, ...] | UnsetType = UNSET


class BatchAnswer(Struct, frozen=True, kw_only=True):
    """Answers in the places of their orders, and how the caches have done since the start."""

    predictions: tuple[FlatPrediction, ...]
    batch_metrics: ScreeningCounts


class RiskAnswer(Struct, frozen=True, kw_only=True):
    """What an order may lose and win at expiry."""

    symbol: str
    strategy: str
    risk: float
    """Zero or negative."""
    reward: float
    risk_reward_ratio: float
    """|reward / risk|; 0 when the risk is 0."""
    breakevens: dict[str, float]


class _Predicting(Magic8Route[NoQuery]):
    def _note(self, call: Call, verdicts: Sequence[Verdict]) -> None:
        """Have the caller's predictions kept for `/confidence`."""
        self.context.confidences.note(owner_of(self.context, person_of(call)), verdicts)


@routes.register("POST /predict")
class Predict(_Predicting):
    """Judge one flat order, or a list of orders with ids; the body tells which."""

    body = PredictBody
    reply: ClassVar[type[Struct]] = PredictAnswer
    problems = (InvalidInputError, TooLargeError, ModelError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        screening, body = self.predictor(), body_of(call, PredictBody)
        if isinstance(body.orders, tuple):
            read = read_orders(body.orders, OF_LISTED)
            verdicts = await _judged(screening, read, call)
            self._note(call, verdicts)
            rows = _placed(read, verdicts, _listed, lambda error: ListedPrediction(error=error))
            return json_answer(PredictAnswer(predictions=tuple(rows)))
        [verdict] = await screening.screen([candidate_of(body)], person_of(call).user_id)
        self._note(call, [verdict])
        return json_answer(_flat(verdict))


@routes.register("POST /predict/batch")
class PredictBatch(_Predicting):
    """Judge flat orders together; one that cannot be read has its reason in its place, and shifts no other."""

    body = BatchBody
    reply: ClassVar[type[Struct]] = BatchAnswer
    problems = (InvalidInputError, TooLargeError, ModelError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        screening = self.predictor()
        read = read_orders(body_of(call, BatchBody).requests, REQUIRED)
        verdicts = await _judged(screening, read, call)
        self._note(call, verdicts)
        rows = _placed(read, verdicts, _flat, lambda error: FlatPrediction(error=error))
        return json_answer(BatchAnswer(predictions=tuple(rows), batch_metrics=screening.counts()))


@routes.register("POST /calculate_risk_reward")
class CalculateRiskReward(Magic8Route[NoQuery]):
    """Work out risk, reward and breakevens, 100 units a contract."""

    body = RiskBody
    reply: ClassVar[type[Struct]] = RiskAnswer
    problems = (BadRequestError, InvalidInputError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        self.screening()
        body = body_of(call, RiskBody)
        strategy = strategy_of(body.strategy)
        if strategy == "unknown":
            raise BadRequestError(f"Unknown strategy: {body.strategy}")
        order = OptionOrder(
            strategy=strategy,
            premium=body.premium,
            predicted_price=0.0,
            ts=0,
            strikes=body.strikes,
            side=side_of(body.action),
            option_type=type_of(body.option_type),
            quantity=body.quantity,
        )
        try:
            found = risk_reward(order)
        except InvalidInputError as e:
            raise InvalidInputError(str(e), path="$.strikes") from e
        return json_answer(
            RiskAnswer(
                symbol=body.symbol,
                strategy=body.strategy,
                risk=found.risk,
                reward=found.reward,
                risk_reward_ratio=found.ratio,
                breakevens=found.breakevens,
            )
        )


async def _judged(screening: Screening, read: Sequence[Candidate | InvalidInputError], call: Call) -> list[Verdict]:
    candidates = [one for one in read if isinstance(one, Candidate)]
    return await screening.screen(candidates, person_of(call).user_id)


def _placed[A](
    read: Sequence[Candidate | InvalidInputError],
    verdicts: Sequence[Verdict],
    shown: Callable[[Verdict], A],
    refused: Callable[[PlaceError], A],
) -> list[A]:
    """Return answers and reasons in the places of their orders."""
    rest = iter(verdicts)
    return [shown(next(rest)) if isinstance(one, Candidate) else refused(_place_error(one)) for one in read]


def _place_error(error: InvalidInputError) -> PlaceError:
    where = (error.path or "$").removeprefix("$").removeprefix(".")
    return PlaceError(code=error.code, message=f"{where}: {error}" if where else str(error))


def _listed(verdict: Verdict) -> ListedPrediction:
    candidate, p = verdict.candidate, verdict.probability
    return ListedPrediction(
        order_id=candidate.order_id,
        prediction_id=verdict.prediction_id,
        symbol=candidate.symbol,
        strategy=candidate.strategy,
        win_probability=p or 0.0,
        confidence=verdict.confidence,
        recommendation=verdict.recommendation,
        abstained=p is None,
        threshold=verdict.threshold,
        reasons=verdict.reasons,
    )


def _flat(verdict: Verdict) -> FlatPrediction:
    candidate, p = verdict.candidate, verdict.probability
    won: Literal["WIN", "LOSS", "ABSTAIN"] = "WIN" if verdict.is_winner else "LOSS"
    return FlatPrediction(
        prediction_id=verdict.prediction_id,
        timestamp=time_text(verdict.ts // 1_000_000),
        symbol=candidate.symbol,
        strategy=candidate.strategy,
        premium=candidate.premium or 0.0,
        predicted_price=candidate.predicted_price or 0.0,
        win_probability=p or 0.0,
        prediction="ABSTAIN" if p is None else won,
        threshold=verdict.threshold,
        confidence=0.0 if p is None else abs(p - 0.5) * 2.0,
        recommendation=_advice(p),
        risk_score=1.0 - (p or 0.0),
        data_source="none" if verdict.snapshot is None else verdict.snapshot.source,
        model_type="order_gbt",
        n_features=verdict.features,
        processing_time_ms=round(verdict.seconds * 1_000, 3),
        abstained=p is None,
        reasons=verdict.reasons,
    )


def _advice(p: float | None) -> Advice:
    if p is None:
        return "AVOID"
    return next((word for least, word in _ADVICE if p >= least), "AVOID")
