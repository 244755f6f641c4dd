"""What predictors share that ask an AI service: the answer of before, and a question in the background."""

from abc import abstractmethod
from typing import override

from actors.market import SECOND_NS, interval_of
from actors.messages import Prediction
from actors.signal.outside.service import Known, Question, Service
from actors.signal.outside.uses import Uses
from actors.signal.predictor import MarketView, Predictor, PredictorContext
from config.fields import Config, Name

_MINUTE_S = 60


class ServiceParams(Config, frozen=True, kw_only=True):
    """Parameters of every predictor that asks a service."""

    service: Name
    """Name of the service: `[ai.NAME]` of the configuration."""


class OutsidePredictor(Predictor):
    """Answers from the newest opinion that its service has given, and asks about the newest bar meanwhile.

    An opinion younger than the service's `fresh_s` counts; up to `stale_s` it counts and is marked stale; then there
    is none. Age is market time between the bar it was made for and the newest. On longer intervals an opinion about
    the bar before is as fresh as there can be, one about the bar before that is stale.
    """

    default_weight = 0.0
    _service: Service | None = None

    @override
    def open(self, context: PredictorContext) -> None:
        super().open(context)
        self._stream = f"{self.name} {context.instrument_id} {context.interval}"
        self._service = None
        self.why = "an AI service cannot be asked in a backtest"
        if context.background is not None:
            self._service = service = context.background.service(self.params.service)
            self.why = f"no AI service {self.params.service} is configured"
            if service is not None:
                self._uses = Uses(service.name)
                service.open(self._stream)

    @override
    def close(self) -> None:
        if self._service is not None:
            self._service.close(self._stream)

    @override
    def is_able(self) -> bool:
        return self._service is not None

    @override
    def is_down(self) -> bool:
        return self._service is not None and self._service.health.is_down

    @override
    def predict(self, view: MarketView) -> Prediction | None:
        service = self._service
        if service is None:
            return None
        if view.is_history:
            self.why = "not asked about bars of history"
            return None
        known = service.known(self._stream, view.ts_event)
        service.want(self.question(view, self._stream))
        age_s = 0.0 if known is None else (view.ts_event - known.ts_event) / SECOND_NS
        bar_s = interval_of(view.interval).duration_ns / SECOND_NS
        if known is None or age_s > max(service.config.stale_s, 2.0 * bar_s):
            self.why = service.why()
            self._uses.none.inc()
            return None
        is_stale = age_s > max(service.config.fresh_s, bar_s)
        (self._uses.stale if is_stale else self._uses.fresh).inc()
        return self._prediction(known, age_s, is_stale)

    @abstractmethod
    def question(self, view: MarketView, stream: str) -> Question:
        """Return what to ask about the newest bar; it may keep nothing of `view`, which goes on."""

    def named(self) -> str:
        """Return who answers, where an answer does not say: the service."""
        return str(self.params.service)

    def _prediction(self, known: Known, age_s: float, is_stale: bool) -> Prediction:  # noqa: FBT001  # by position
        opinion = known.opinion
        said = f"said {age_s / _MINUTE_S:.0f} min ago" if age_s >= _MINUTE_S else f"said {age_s:.0f} s ago"
        if is_stale:
            said += ", stale"
        reasons = (f"{said}: {opinion.reasoning}",) if opinion.reasoning else (said,)
        said_by = opinion.model or self.named()
        return Prediction(self.name, opinion.score, opinion.confidence, reasons, known.ts_event, is_stale, said_by)
