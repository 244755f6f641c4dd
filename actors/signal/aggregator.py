"""Predictions of several sources -> one weighted opinion, with a quorum; an abstention says why."""

from collections.abc import Iterable

from msgspec import Struct

from actors.messages import Abstention, SignalSide, SignalSource, Thresholds
from actors.signal.predictor import MarketView, PredictorContext, make_predictor
from actors.signal.voter import Voter
from config.signals import PredictorConfig, SignalConfig


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
    abstention: Abstention | None = None
    """Why nobody's vote counts; None: they do."""


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
        self.section = config
        self._outside: tuple[Voter, ...] = ()
        self._only: Voter | None = None
        self._take(config)

    @classmethod
    def from_config(cls, config: SignalConfig, context: PredictorContext | None = None) -> "Aggregator":
        """Return the aggregator of one `[[signals]]` table with fresh predictors, opened with `context`.

        Raises:
            ConfigError: If a predictor does not exist or its parameters are wrong.
        """
        return cls(config, [_voter(item, context) for item in config.predictors])

    def tune(self, config: SignalConfig) -> None:
        """Go on with other thresholds, weights and flags of the same predictors; between two bars."""
        for voter, item in zip(self.voters, config.predictors, strict=True):
            voter.switch(item.enabled)
            voter.weight = voter.predictor.default_weight if item.weight is None else item.weight
        self._take(config)

    def _take(self, config: SignalConfig) -> None:
        self.section = config
        self._quorum, self._long, self._short = config.quorum, config.long_above, config.short_below
        self._confidence = config.confidence
        self.thresholds = Thresholds(config.long_above, config.short_below, config.confidence, config.quorum)
        """What its verdicts go by from now on."""
        self._outside = tuple(one for one in self.voters if one.is_on and one.can_be_down and one.weight > 0.0)
        has_one = len(self.voters) == 1 and self.voters[0].weight > 0.0 and not self._outside
        is_plain = config.enabled and config.confidence <= 0.0
        self._only = self.voters[0] if has_one and is_plain else None
        if not self._outside:
            self.is_degraded = False

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
        if not self.section.enabled:
            return self._off()
        if self._outside:
            self.is_degraded = any(voter.is_down() for voter in self._outside)
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
        confidence /= total
        side = self._side(probability)
        if side != "neutral" and confidence < self._confidence:
            side = "neutral"
            reasons.append(f"{confidence:.0%} confidence, {self._confidence:.0%} is needed")
        return Verdict(side, score, probability, confidence, shown, tuple(reasons), self.is_degraded)

    def _off(self) -> Verdict:
        """Return what is said of a bar while signals are switched off: nobody is asked."""
        sources = tuple(SignalSource(voter.name, voter.weight, "disabled") for voter in self.voters)
        return Verdict(
            "neutral", 0.0, 0.5, 0.0, sources, ("signals are switched off",), degraded=False, abstention="off"
        )

    def _side(self, probability: float) -> SignalSide:
        if probability > self._long:
            return "long"
        return "short" if probability < self._short else "neutral"

    def _is_enough(self, sources: tuple[SignalSource, ...]) -> bool:
        """Return whether the declared degraded mode lets these few sources decide."""
        return self.is_degraded and any(source.name == "technical" and source.state == "voted" for source in sources)

    def _abstained(self, view: MarketView, sources: tuple[SignalSource, ...], present: float, total: float) -> Verdict:
        why, reason = self._why(view, sources, present, total)
        return Verdict("neutral", 0.0, 0.5, 0.0, sources, (reason,), self.is_degraded, why)

    def _why(
        self, view: MarketView, sources: tuple[SignalSource, ...], present: float, total: float
    ) -> tuple[Abstention, str]:
        if {source.state for source in sources if source.weight > 0.0} == {"warming_up"}:
            needed = min(voter.predictor.warmup for voter in self.voters if voter.weight > 0.0)
            return "warming_up", f"warming up: {view.seen} of {needed} bars"
        if total <= 0.0:
            return "no_quorum", "no source with a weight can answer"
        if present > 0.0:
            return "no_quorum", f"{present / total:.0%} of the weight voted, {self._quorum:.0%} is needed"
        states = ", ".join(f"{source.name} {source.state.replace('_', ' ')}" for source in sources)
        return "no_quorum", f"no source voted: {states}"


def _voter(config: PredictorConfig, context: PredictorContext | None) -> Voter:
    predictor = make_predictor(config)
    voter = Voter(predictor, predictor.default_weight if config.weight is None else config.weight)
    voter.switch(config.enabled)
    voter.open(PredictorContext() if context is None else context)
    return voter
