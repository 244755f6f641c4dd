"""Predictions of several sources -> one weighted opinion, with a quorum; an abstention says why."""

from collections.abc import Iterable, Sequence
from typing import Literal

import structlog
from msgspec import Struct
from prometheus_client import Counter

from actors.messages import Prediction, SignalSide, SignalSource
from actors.signal.predictor import MarketView, Predictor, build_predictor
from config.schema import SignalConfig

log = structlog.get_logger(__name__)

FAILURES = Counter(
    "whisperer_predictor_failures_total", "Predictions dropped: exception or out of range", ["predictor"]
)

_State = Literal["voted", "warming_up", "abstained", "failed", "disabled"]


class Verdict(Struct, frozen=True):
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
    """One source with its weight; it cannot hurt the others."""

    def __init__(self, predictor: Predictor, weight: float) -> None:
        self.predictor = predictor
        self.weight = weight
        self._is_failing = False

    def ask(self, view: MarketView) -> tuple[_State, Prediction | None]:
        """Return how it answered, and its opinion when it voted."""
        predictor = self.predictor
        try:
            if not predictor.is_able():
                return "disabled", None
            if view.seen < predictor.warmup:
                return "warming_up", None
            answer = predictor.predict(view)
            if answer is not None:
                _check(answer)
        except Exception as e:  # noqa: BLE001  # the boundary between one predictor and the others
            self._count(e)
            return "failed", None
        self._is_failing = False
        return ("abstained", None) if answer is None else ("voted", answer)

    def _count(self, error: Exception) -> None:
        FAILURES.labels(self.predictor.name).inc()
        if not self._is_failing:
            log.error("predictor_failed", predictor=self.predictor.name, exc_info=error)
        self._is_failing = True


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
        return max((voter.predictor.lookback for voter in self.voters), default=1)

    def verdict(self, view: MarketView) -> Verdict:
        """Ask every source about the newest bar of `view`."""
        total = present = score = confidence = 0.0
        sources: list[SignalSource] = []
        votes: list[tuple[str, Prediction]] = []
        for voter in self.voters:
            name, weight = voter.predictor.name, voter.weight
            state, answer = voter.ask(view)
            if state != "disabled":
                total += weight
            if answer is None:
                sources.append(SignalSource(name=name, weight=weight, state=state))
                continue
            s, c = answer.score, answer.confidence
            sources.append(SignalSource(name=name, weight=weight, state=state, score=s, confidence=c))
            if weight > 0.0:
                present += weight
                score += weight * s
                confidence += weight * c
                votes.append((name, answer))
        if not self._is_quorum(present, total, votes):
            return self._abstained(view, sources, present, total)
        probability = (score / present + 1.0) / 2.0
        return Verdict(
            self._side(probability),
            score / present,
            probability,
            confidence / present * (present / total),
            tuple(sources),
            _joined(votes),
            self.is_degraded,
        )

    def _is_quorum(self, present: float, total: float, votes: list[tuple[str, Prediction]]) -> bool:
        if present > 0.0 and present >= self._config.quorum * total:
            return True
        return self.is_degraded and any(name == "technical" for name, _ in votes)

    def _side(self, probability: float) -> SignalSide:
        if probability > self._config.long_above:
            return "long"
        return "short" if probability < self._config.short_below else "neutral"

    def _abstained(self, view: MarketView, sources: list[SignalSource], present: float, total: float) -> Verdict:
        reason = self._why(view, sources, present, total)
        return Verdict("neutral", 0.0, 0.5, 0.0, tuple(sources), (reason,), self.is_degraded)

    def _why(self, view: MarketView, sources: list[SignalSource], present: float, total: float) -> str:
        states = {source.state for source in sources if source.weight > 0.0}
        if states == {"warming_up"}:
            needed = min(voter.predictor.warmup for voter in self.voters if voter.weight > 0.0)
            return f"warming up: {view.seen} of {needed} bars"
        if total <= 0.0:
            return "no source has a weight"
        if present > 0.0:
            return f"{present / total:.0%} of the weight voted, {self._config.quorum:.0%} is needed"
        return "no source voted: " + ", ".join(f"{source.name} {source.state.replace('_', ' ')}" for source in sources)


def _joined(votes: Sequence[tuple[str, Prediction]]) -> tuple[str, ...]:
    """Return the reasons of the voters; with several, each says whose it is."""
    if len(votes) == 1:
        return votes[0][1].reasons
    return tuple(f"{name}: {reason}" for name, vote in votes for reason in vote.reasons)


def _check(answer: Prediction) -> None:
    if not (-1.0 <= answer.score <= 1.0 and 0.0 <= answer.confidence <= 1.0):  # also refuses NaN
        raise ValueError(f"score must be -1..1 and confidence 0..1, were {answer.score} and {answer.confidence}")
