"""Predictions of several sources -> one weighted opinion, with a quorum; an abstention says why."""

from collections.abc import Iterable
from typing import Literal

import structlog
from msgspec import Struct
from prometheus_client import Counter

from actors.messages import SignalSide, SignalSource
from actors.signal.predictor import MarketView, Predictor, build_predictor
from config.schema import SignalConfig

log = structlog.get_logger(__name__)

FAILURES = Counter(
    "whisperer_predictor_failures_total", "Predictions dropped: exception or out of range", ["predictor"]
)

SilentState = Literal["warming_up", "abstained", "failed", "disabled"]


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
        self._is_failing = False

    def ask(self, view: MarketView) -> SignalSource:
        """Return what it says of the newest bar, or why it says nothing; `reasons` then holds its reasons."""
        predictor = self.predictor
        self.reasons: tuple[str, ...] = ()
        try:
            if not predictor.is_able():
                return self._silent("disabled")
            if view.seen < predictor.warmup:
                return self._silent("warming_up")
            answer = predictor.predict(view)
            if answer is None:
                return self._silent("abstained")
            score, confidence = answer.score, answer.confidence
            is_sound = -1.0 <= score <= 1.0 and 0.0 <= confidence <= 1.0  # NaN is neither
        except Exception as e:  # noqa: BLE001  # the boundary between one predictor and the others
            return self._failed(e)
        if not is_sound:
            return self._failed(ValueError(f"score must be -1..1, confidence 0..1, were {score} and {confidence}"))
        self._is_failing = False
        self.reasons = answer.reasons
        return SignalSource(self.name, self.weight, "voted", score, confidence)

    def _silent(self, state: SilentState) -> SignalSource:
        return SignalSource(self.name, self.weight, state)

    def _failed(self, error: Exception) -> SignalSource:
        FAILURES.labels(self.name).inc()
        if not self._is_failing:
            log.error("predictor_failed", predictor=self.name, exc_info=error)
        self._is_failing = True
        return self._silent("failed")


class Aggregator:
    """score = sum(w * s) / sum(w) over the sources that voted; confidence likewise, times their share of the weight.

    A source counts in the total weight when it is able to answer. With less than `quorum` of the total present the
    result is an abstention: neutral, with a reason. A weight of 0 is asked and shown and does not count.
    """

    def __init__(self, config: SignalConfig, voters: Iterable[Voter]) -> None:
        """Take the thresholds of `config` and the sources."""
        self.voters = tuple(voters)
        self.is_degraded = False
        """Declared degraded mode: `technical` alone is a quorum and the signals say so."""
        self._config = config

    @classmethod
    def from_config(cls, config: SignalConfig) -> "Aggregator":
        """Return the aggregator of one `[[signals]]` table with fresh predictors.

        Raises:
            ConfigError: If a predictor does not exist or its parameters are wrong.
        """
        return cls(config, [Voter(build_predictor(item), item.weight) for item in config.predictors])

    @property
    def lookback(self) -> int:
        """The most bars that any of the predictors reads."""
        return max((voter.predictor.lookback for voter in self.voters), default=0)

    def verdict(self, view: MarketView) -> Verdict:
        """Ask every source about the newest bar of `view`."""
        sources = tuple([voter.ask(view) for voter in self.voters])
        total = present = score = confidence = 0.0
        for source in sources:
            weight = source.weight
            if source.state != "disabled":
                total += weight
            if source.score is not None and source.confidence is not None:
                present += weight
                score += weight * source.score
                confidence += weight * source.confidence
        if present <= 0.0 or (present < self._config.quorum * total and not self._is_enough(sources)):
            return self._abstained(view, sources, present, total)
        score /= present
        probability = (score + 1.0) / 2.0
        config = self._config
        return Verdict(
            "long" if probability > config.long_above else "short" if probability < config.short_below else "neutral",
            score,
            probability,
            confidence / present * (present / total),
            sources,
            self._reasons(),
            self.is_degraded,
        )

    def _is_enough(self, sources: tuple[SignalSource, ...]) -> bool:
        """Return whether the declared degraded mode lets these few sources decide."""
        return self.is_degraded and any(source.name == "technical" and source.state == "voted" for source in sources)

    def _reasons(self) -> tuple[str, ...]:
        """Return the reasons of the voters; with several sources, each says whose it is."""
        if len(self.voters) == 1:
            return self.voters[0].reasons
        return tuple(
            f"{voter.name}: {reason}" for voter in self.voters if voter.weight > 0.0 for reason in voter.reasons
        )

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
            return f"{present / total:.0%} of the weight voted, {self._config.quorum:.0%} is needed"
        return "no source voted: " + ", ".join(f"{source.name} {source.state.replace('_', ' ')}" for source in sources)
