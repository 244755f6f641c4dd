"""GBT: the promoted gradient boosted trees of its instrument and interval.

p is the calibrated probability that the upper barrier is met before the lower one; score = 2p - 1, confidence =
|score|: a model that is never far from one half is never sure. What a model has learnt from proves nothing, so it
abstains on bars up to the end of its training, unless `in_sample` is set.
"""

from typing import override

from actors.messages import Prediction
from actors.signal.golden import golden
from actors.signal.models.calibration import calibrated
from actors.signal.models.promoted import Promoted
from actors.signal.models.trees import Trees, load_trees
from actors.signal.predictor import MarketView, Predictor, PredictorContext, predictors
from config.fields import Config

KIND = "gbt"
FILE = "model.json"
"""XGBoost's JSON."""
_MS = 1_000_000


class GbtParams(Config, frozen=True, kw_only=True):
    """What a configuration may set."""

    in_sample: bool = False
    """Whether it also answers about bars that the model has learnt from; such answers are no evidence of anything."""


@predictors.register(KIND)
class Gbt(Predictor):
    """Takes a newly promoted model from the next bar on; without one it has no weight."""

    name = KIND
    params_type = GbtParams
    default_weight = 0.5

    def __init__(self, params: GbtParams | None = None) -> None:
        super().__init__(params)
        self._promoted = _followed(self.context)

    @override
    def open(self, context: PredictorContext) -> None:
        super().open(context)
        self._promoted = _followed(context)
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
        p = calibrated(loaded.model.predict(view.features), meta.calibration)
        score = 2.0 * p - 1.0
        return Prediction(KIND, score, abs(score), (f"{p:.0%} for the upper barrier first, model {meta.id}",))


def _followed(context: PredictorContext) -> Promoted[Trees]:
    return Promoted(context, KIND, FILE, load_trees, lambda trees: trees.predict(golden()))
