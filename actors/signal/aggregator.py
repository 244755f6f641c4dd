"""Predictions of several sources -> one weighted opinion, with a quorum; an abstention says why."""

from collections.abc import Iterable
from typing import Literal

import structlog
from msgspec import Struct
from prometheus_client import Counter

from actors.market import SECOND_NS
from actors.messages import Prediction, SignalSide, SignalSource
from actors.signal.predictor import MarketView, Predictor, PredictorContext, build_predictor
from config.signals import PredictorConfig, SignalConfig

log = structlog.get_logger(__name__)

FAILURES = Counter(
    "whisperer_predictor_failures_total", "Predictions dropped: exception or out of range", ["predictor"]
)

SourceState = Literal["voted", "warming_up", "abstained", "failed", "disabled"]


class Verdict(Struct, frozen=True, gc=False):
    """What the sources together say of one bar."""

    signal: SignalSide
    score: float
    """-1..1; 0.0 for an abstention."""
    probability: float
    confidence: float
    """0..1."""
    sources: tuple[SignalSource, ...]
    reasons: tuple[str, ...]
    degraded: bool


class Voter:
    """One source with its weight; what it does wrong stays with it."""

    def __init__(self, predictor: Predictor, weight: float) -> None:
        self.predictor = predictor
        self.name = predictor.name
        self.weight = weight
        self.state: SourceState = "voted"
        """How the last question was answered."""
        self._warmup = predictor.warmup
        self._can_be_unable = type(predictor).is_able is not Predictor.is_able
        self.can_be_down = type(predictor).is_down is not Predictor.is_down
        """Whether it depends on something outside of the node."""

    def ask(self, view: MarketView) -> Prediction | None:
        """Return its opinion of the newest bar; None, and the reason in `state`, when there is none."""
        try:
            if self._can_be_unable and not self.predictor.is_able():
                self.state = "disabled"
                return None
            if view.seen < self._warmup:
                self.state = "warming_up"
                return None
            answer = self.predictor.predict(view)
            if answer is None:
                self.state = "abstained"
                return None
            is_early = answer.ts_known is not None and answer.ts_known > view.ts_event
            if -1.0 <= answer.score <= 1.0 and 0.0 <= answer.confidence <= 1.0 and not is_early:  # NaN is neither
                self.state = "voted"
                return answer
        except Exception as e:  # noqa: BLE001  # the boundary between one predictor and the others
            self._fail(e)
        else:
            self._fail(ValueError(f"score must be -1..1, confidence 0..1, the bar known already, was {answer}"))
        return None

    def source(self, answer: Prediction | None, ts_event: int) -> SignalSource:
        """Return what the last question, about the bar that closed at `ts_event`, gave; as it is shown."""
        if answer is None:
            why = self.predictor.why if self.state in {"abstained", "disabled"} else ""
            return SignalSource(self.name, self.weight, self.state, reasons=(why,) if why else ())
        age_s = 0.0 if answer.ts_known is None else (ts_event - answer.ts_known) / SECOND_NS
        said = answer.score, answer.confidence, answer.reasons
        return SignalSource(self.name, self.weight, "voted", *said, age_s, answer.stale, answer.model)

    def close(self) -> None:
        """Have the predictor let go of what it holds."""
        try:
            self.predictor.close()
        except Exception as e:  # noqa: BLE001  # the same boundary as that of its questions
            self._fail(e)

    def _fail(self, error: Exception) -> None:
        FAILURES.labels(self.name).inc()
        if self.state != "failed":
            log.error("predictor_failed", predictor=self.name, exc_info=error)
        self.state = "failed"


class Aggregator:
    """score = sum(w * s) / sum(w) over the sources that voted; confidence likewise, times their share of the weight.

    A source counts in the total weight when it is able to answer. With less than `quorum` of the total present the
    result is an abstention: neutral, with a reason. A weight of 0 is asked and shown and does not count.

    While a source with a weight says that what it needs outside of the node is down, the mode is degraded.
    """

    def __init__(self, config: SignalConfig, voters: Iterable[Voter]) -> None:
        """Take the thresholds of `config` and the sources."""
        self.voters = tuple(voters)
        self.is_degraded = False
        """Declared degraded mode: `technical` alone is a quorum and the signals say so."""
        self._quorum, self._long, self._short = config.quorum, config.long_above, config.short_below
        self._outside = tuple(one.predictor for one in self.voters if one.can_be_down and one.weight > 0.0)
        has_one = len(self.voters) == 1 and self.voters[0].weight > 0.0 and not self._outside
        self._only = self.voters[0] if has_one else None

    @classmethod
    def from_config(cls, config: SignalConfig, context: PredictorContext | None = None) -> "Aggregator":
        """Return the aggregator of one `[[signals]]` table with fresh predictors, opened with `context`.

        Raises:
            ConfigError: If a predictor does not exist or its parameters are wrong.
        """
        return cls(config, [_voter(item, context) for item in config.predictors])

    def close(self) -> None:
        """Close the predictors: nobody asks them any more."""
        for voter in self.voters:
            voter.close()

    @property
    def lookback(self) -> int:
        """The most bars that any of the predictors reads."""
        return max((voter.predictor.lookback for voter in self.voters), default=0)

    def verdict(self, view: MarketView) -> Verdict:
        """Ask every source about the newest bar of `view`."""
        only = self._only
        if only is None:
            return self._joint(view)
        answer = only.ask(view)
        if answer is None:
            return self._abstained(view, (only.source(None, 0),), 0.0, 0.0 if only.state == "disabled" else only.weight)
        score, confidence = answer.score, answer.confidence
        probability = (score + 1.0) / 2.0
        return Verdict(
            "long" if probability > self._long else "short" if probability < self._short else "neutral",
            score,
            probability,
            confidence,
            (only.source(answer, view.ts_event),),
            answer.reasons,
            self.is_degraded,
        )

    def _joint(self, view: MarketView) -> Verdict:
        """The same for any number of sources; of one it is a sum over one."""
        if self._outside:
            self.is_degraded = any(predictor.is_down() for predictor in self._outside)
        total = present = score = confidence = 0.0
        sources: list[SignalSource] = []
        reasons: list[str] = []
        for voter in self.voters:
            answer = voter.ask(view)
            weight = 0.0 if voter.state == "disabled" else voter.weight
            total += weight
            sources.append(voter.source(answer, view.ts_event))
            if answer is not None and weight > 0.0:
                present += weight
                score += weight * answer.score
                confidence += weight * answer.confidence
                reasons += [f"{voter.name}: {reason}" for reason in answer.reasons]
        shown = tuple(sources)
        if present <= 0.0 or (present < self._quorum * total and not self._is_enough(shown)):
            return self._abstained(view, shown, present, total)
        score /= present
        probability = (score + 1.0) / 2.0
        side = self._side(probability)
        return Verdict(side, score, probability, confidence / total, shown, tuple(reasons), self.is_degraded)

    def _side(self, probability: float) -> SignalSide:
        if probability > self._long:
            return "long"
        return "short" if probability < self._short else "neutral"

    def _is_enough(self, sources: tuple[SignalSource, ...]) -> bool:
        """Return whether the declared degraded mode lets these few sources decide."""
        return self.is_degraded and any(source.name == "technical" and source.state == "voted" for source in sources)

    def _abstained(self, view: MarketView, sources: tuple[SignalSource, ...], present: float, total: float) -> Verdict:
        reason = self._why(view, sources, present, total)
        return Verdict("neutral", 0.0, 0.5, 0.0, sources, (reason,), self.is_degraded)

    def _why(self, view: MarketView, sources: tuple[SignalSource, ...], present: float, total: float) -> str:
        if {source.state for source in sources if source.weight > 0.0} == {"warming_up"}:
            needed = min(voter.predictor.warmup for voter in self.voters if voter.weight > 0.0)
            return f"warming up: {view.seen} of {needed} bars"
        if total <= 0.0:
            return "no source with a weight can answer"
        if present > 0.0:
            return f"{present / total:.0%} of the weight voted, {self._quorum:.0%} is needed"
        return "no source voted: " + ", ".join(f"{source.name} {source.state.replace('_', ' ')}" for source in sources)


def _voter(config: PredictorConfig, context: PredictorContext | None) -> Voter:
    predictor = build_predictor(config, context)
    return Voter(predictor, predictor.default_weight if config.weight is None else config.weight)
