"""One source of a signal: a predictor with its weight, and the wall around it."""

from typing import Literal

import structlog
from msgspec.structs import replace
from prometheus_client import Counter

from actors.market import SECOND_NS
from actors.messages import Prediction, SignalSource
from actors.signal.predictor import MarketView, Predictor, PredictorContext
from config.errors import ConfigError

log = structlog.get_logger(__name__)

FAILURES = Counter(
    "whisperer_predictor_failures_total", "Predictions dropped: exception or out of range", ["predictor"]
)

SourceState = Literal["voted", "warming_up", "abstained", "failed", "disabled"]
_MOST_WORDS = 500
"""Letters of one reason."""


class Voter:
    """One source with its weight; what it does wrong stays with it."""

    def __init__(self, predictor: Predictor, weight: float) -> None:
        self.predictor = predictor
        self.name = predictor.name
        self.weight = weight
        self.state: SourceState = "voted"
        """How the last question was answered."""
        self.is_on = True
        """Off: it is not asked; see `switch`."""
        self._warmup = predictor.warmup
        self._has_needs = type(predictor).is_able is not Predictor.is_able
        self._can_be_unable = self._has_needs
        self.can_be_down = type(predictor).is_down is not Predictor.is_down
        """Whether it depends on something outside of the node."""
        self._unopened: Exception | None = None

    def open(self, context: PredictorContext) -> None:
        """Have the predictor take what it may use; one that cannot answers nothing.

        Raises:
            ConfigError: If it says that it is configured wrongly.
        """
        try:
            self.predictor.open(context)
        except ConfigError:
            raise
        except Exception as e:  # noqa: BLE001  # the boundary between one predictor and the others
            self._unopened = e
            self._has_needs = self._can_be_unable = True

    def switch(self, is_on: bool) -> None:  # noqa: FBT001  # that is all there is to say
        """Have it asked from now on, or not."""
        self.is_on = is_on
        self._can_be_unable = self._has_needs or not is_on

    def ask(self, view: MarketView) -> Prediction | None:
        """Return its opinion of the newest bar; None, and the reason in `state`, when there is none."""
        try:
            if self._can_be_unable and not self._is_able():
                self.state = "disabled"
                return None
            if view.seen < self._warmup:
                self.state = "warming_up"
                return None
            answer = self.predictor.predict(view)
            if answer is None:
                self.state = "abstained"
                return None
            if answer.score.__class__ is not float or answer.confidence.__class__ is not float:
                answer = replace(answer, score=float(answer.score), confidence=float(answer.confidence))
            is_early = answer.ts_known is not None and answer.ts_known > view.ts_event
            if -1.0 <= answer.score <= 1.0 and 0.0 <= answer.confidence <= 1.0 and not is_early:  # NaN is neither
                for reason in answer.reasons:
                    if len(reason) > _MOST_WORDS or reason.__class__ is not str:
                        raise ValueError(f"reasons must be texts of at most {_MOST_WORDS} letters")  # noqa: TRY301  # as any other
                self.state = "voted"
                return answer
        except Exception as e:  # noqa: BLE001  # the same boundary
            self._fail(e)
        else:
            self._fail(ValueError(f"score must be -1..1, confidence 0..1, the bar known already, was {answer}"))
        return None

    def is_down(self) -> bool:
        """Return whether what it needs outside of the node has failed for good."""
        try:
            return self.predictor.is_down()
        except Exception as e:  # noqa: BLE001  # the same boundary
            self._fail(e)
            return False

    def source(self, answer: Prediction | None, ts_event: int) -> SignalSource:
        """Return what the last question, about the bar that closed at `ts_event`, gave; as it is shown."""
        if answer is None:
            why = self._why()
            return SignalSource(self.name, self.weight, self.state, reasons=(why,) if why else ())
        age_s = 0.0 if answer.ts_known is None else (ts_event - answer.ts_known) / SECOND_NS
        said = answer.score, answer.confidence, answer.reasons
        return SignalSource(self.name, self.weight, "voted", *said, age_s, answer.stale, answer.model)

    def _why(self) -> str:
        if not self.is_on:
            return "switched off"
        return str(self.predictor.why)[:_MOST_WORDS] if self.state in {"abstained", "disabled"} else ""

    def close(self) -> None:
        """Have the predictor let go of what it holds."""
        try:
            self.predictor.close()
        except Exception as e:  # noqa: BLE001  # the same boundary
            self._fail(e)

    def _is_able(self) -> bool:
        if not self.is_on:
            return False
        if self._unopened is not None:
            raise self._unopened
        return self.predictor.is_able()

    def _fail(self, error: Exception) -> None:
        FAILURES.labels(self.name).inc()
        if self.state != "failed":
            log.error("predictor_failed", predictor=self.name, exc_info=error)
        self.state = "failed"
