"""Wire bodies of predictions: what was said, what became of it, how good that is, and whether the market is another."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from actors.market import decimal_text
from actors.ports.analyses import OutcomeName, PredictionRow, Stance
from actors.wire import DecimalText, Millis
from config.fields import IntervalName

_MS = 1_000_000

Share = Annotated[float, Meta(description="0..1")]
Outcome = Literal["open", "unjudged"] | OutcomeName
"""`open`: not known yet; `unjudged`: there was nothing to measure barriers by."""


class PredictionBody(Struct, frozen=True, kw_only=True):
    """One prediction: of a source, or of all together (`signal`), about one closed bar."""

    instrument_id: str
    interval: IntervalName
    predictor: str
    """`signal`: all sources together."""
    stance: Stance
    probability: float | None
    """Of the upper barrier first; null when it abstained."""
    confidence: float | None
    backfilled: bool
    """Computed from history: no evidence of a model that may have learnt from it."""
    model_version: str
    """Who spoke, by name and model, or by the program's version."""
    price: DecimalText
    """Close of the bar."""
    upper: DecimalText | None
    """Barrier: a prediction of a rise is right when it comes first."""
    lower: DecimalText | None
    horizon: int | None
    """Bars after which the close decides."""
    outcome: Outcome
    correct: bool | None
    """Null while open, when unresolved, and of those that say nothing."""
    net_return: float | None
    """What it would have earned, after the fees of both trades, share of the price."""
    bars: int | None
    """How many it took."""
    reason: str | None
    """Why it is unresolved."""
    ts_bar: Millis
    """Open time of the bar."""
    ts: Millis
    """Close time of the bar, market time."""
    ts_outcome: Millis | None


class CalibrationBin(Struct, frozen=True, kw_only=True):
    """Predictions of one tenth of the probabilities: what was said against what came."""

    low: Share
    high: Share
    count: int
    predicted: Share
    """Mean probability."""
    observed: Share
    """Share that came true."""
    observed_low: Share
    """95 % interval (Wilson)."""
    observed_high: Share


class AccuracyPoint(Struct, frozen=True, kw_only=True):
    """One piece of time."""

    ts: Millis
    """Its beginning."""
    count: int
    accuracy: Share
    low: Share
    high: Share


class AccuracyBody(Struct, frozen=True, kw_only=True):
    """How good one predictor was on one stream of bars; shares are null while nothing is known."""

    instrument_id: str
    interval: IntervalName
    predictor: str
    sample: Literal["live", "history"]
    """`history`: computed afterwards at a start; a model may have learnt from just these bars."""
    count: int
    """Predictions of a direction whose outcome is known."""
    effective_count: float
    """How many of them do not overlap, at most: the intervals rest on it."""
    accuracy: Share | None
    low: Share | None
    """95 % interval (Wilson)."""
    high: Share | None
    baseline: Share | None
    """Accuracy of always saying what came more often."""
    verdict: Literal["better", "worse", "unclear"]
    """Against the baseline, by the interval."""
    brier: float | None
    """Mean squared error of the probabilities, neutral ones included."""
    brier_baseline: float | None
    """Of always saying how often it rose."""
    net_return: float | None
    """Mean of what following it would have earned, after fees, share of the price."""
    neutral: int
    abstained: int
    open: int
    unresolved: int
    unjudged: int
    calibration: tuple[CalibrationBin, ...]
    over_time: tuple[AccuracyPoint, ...]


class DriftItem(Struct, frozen=True, kw_only=True):
    """How far one number has moved."""

    name: str
    psi: float
    """Population stability index."""
    verdict: Literal["stable", "moving", "drifted"]
    """Below 0.1, below 0.25, above."""


class ModelDrift(Struct, frozen=True, kw_only=True):
    """The last features against those that a promoted model has learnt from."""

    kind: str
    model: str
    features: tuple[DriftItem, ...]
    """The worst first."""


def prediction_body(row: PredictionRow, price_precision: int) -> PredictionBody:
    """Return the wire form of a prediction."""
    is_told = row.stance in {"up", "down"} and row.label is not None
    earned = row.long_return if row.stance == "up" else row.short_return
    return PredictionBody(
        instrument_id=row.instrument_id,
        interval=row.interval,  # type: ignore[arg-type]  # checked where it was made
        predictor=row.predictor,
        stance=row.stance,
        probability=row.probability,
        confidence=row.confidence,
        backfilled=row.backfilled,
        model_version=row.model_version,
        price=row.price,
        upper=_price(row.upper, price_precision),
        lower=_price(row.lower, price_precision),
        horizon=row.horizon,
        outcome="unjudged" if row.upper is None else "open" if row.outcome is None else row.outcome,
        correct=(row.stance == "up") == (row.label == 1) if is_told else None,
        net_return=earned if is_told else None,
        bars=row.bars,
        reason=row.outcome_reason,
        ts_bar=row.ts_bar // _MS,
        ts=row.ts_event // _MS,
        ts_outcome=None if row.ts_outcome is None else row.ts_outcome // _MS,
    )


def _price(value: float | None, precision: int) -> str | None:
    return None if value is None else decimal_text(round(value * 10**precision), precision)
