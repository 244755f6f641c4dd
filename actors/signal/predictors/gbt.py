"""GBT: the promoted gradient boosted trees of its instrument and interval."""

from typing import override

from actors.signal.golden import golden
from actors.signal.models.trees import Trees, load_trees
from actors.signal.predictor import MarketView, predictors
from actors.signal.trained import TrainedPredictor


@predictors.register("gbt")
class Gbt(TrainedPredictor[Trees]):
    """Trees over the features of the newest bar."""

    name = "gbt"
    file = "model.json"
    default_weight = 0.5

    @override
    def read(self, raw: bytes) -> Trees:
        return load_trees(raw)

    @override
    def golden_answer(self, model: Trees) -> float:
        return model.predict(golden())

    @override
    def answer(self, model: Trees, view: MarketView) -> float:
        return model.predict(view.features)
