"""What predictors with a trained model share: following promotions, calibration, silence about what was learnt."""

from abc import abstractmethod
from typing import ClassVar, override

from actors.messages import Prediction
from actors.signal.models.calibration import calibrated
from actors.signal.models.promoted import Promoted, TakesVectors
from actors.signal.predictor import MarketView, Predictor, PredictorContext
from config.fields import Config

_MS = 1_000_000


class TrainedParams(Config, frozen=True, kw_only=True):
    """What a configuration may set."""

    in_sample: bool = False
    """Whether it also answers about bars that the model has learnt from; such answers are no evidence of anything."""


class TrainedPredictor[T: TakesVectors](Predictor):
    """Takes a newly promoted model from the next bar on; without one it has no weight.

    p is the calibrated probability that the upper barrier is met before the lower one; score = 2p - 1, confidence =
    |score|: a model that is never far from one half is never sure. What a model has learnt from proves nothing, so it
    abstains on bars up to the end of its training, unless `in_sample` is set.
    """

    params_type = TrainedParams
    file: ClassVar[str]
    """Name of the model's file; the kind of the model is the predictor's name."""

    def __init__(self, params: TrainedParams | None = None) -> None:
        super().__init__(params)
        self._promoted = self._followed()

    @abstractmethod
    def read(self, raw: bytes) -> T:
        """Return the model of a file, whatever its bytes are.

        Raises:
            ModelError: If they are no model that can be used here.
        """

    @abstractmethod
    def golden_answer(self, model: T) -> float:
        """Return a model's raw probability of the last golden bar."""

    @abstractmethod
    def answer(self, model: T, view: MarketView) -> float | None:
        """Return a model's raw probability of the newest bar; None, and the reason in `why`, to abstain."""

    @override
    def open(self, context: PredictorContext) -> None:
        super().open(context)
        self._promoted = self._followed()
        self.is_able()

    @override
    def is_able(self) -> bool:
        promoted = self._promoted
        if promoted.look() is not None:
            return True
        self.why = promoted.why
        return False

    @override
    def predict(self, view: MarketView) -> Prediction | None:
        loaded = self._promoted.loaded
        if loaded is None:
            return None
        meta = loaded.meta
        if view.ts_event <= meta.trained_to_ms * _MS and not self.params.in_sample:
            self.why = "the model has learnt from this bar"
            return None
        raw = self.answer(loaded.model, view)
        if raw is None:
            return None
        p = calibrated(raw, meta.calibration)
        score = 2.0 * p - 1.0
        reasons = (f"{p:.0%} for the upper barrier first, model {meta.id}",)
        return Prediction(self.name, score, abs(score), reasons, model=meta.id)

    def _followed(self) -> Promoted[T]:
        return Promoted(self.context, self.name, self.file, self.read, self.golden_answer)
