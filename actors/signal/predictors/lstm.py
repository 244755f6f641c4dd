"""LSTM: the promoted recurrent network of its instrument and interval."""

from typing import Annotated, override

from msgspec import Meta

from actors.signal.features import WARMUP
from actors.signal.golden import golden_vectors
from actors.signal.models.lstm import MOST_WINDOW, Lstm, load_lstm
from actors.signal.predictor import MarketView, predictors
from actors.signal.trained import TrainedParams, TrainedPredictor
from config.signal_errors import ModelError


class LstmParams(TrainedParams, frozen=True, kw_only=True):
    """What a configuration may set."""

    window: Annotated[int, Meta(ge=1, le=MOST_WINDOW)] = 64
    """Bars that are kept for it; a model that looks back farther is refused."""


@predictors.register("lstm")
class Recurrent(TrainedPredictor[Lstm]):
    """A network over the features of the last bars, as many as its model was trained on."""

    name = "lstm"
    params_type = LstmParams
    file = "model.lstm"
    default_weight = 0.3

    def __init__(self, params: LstmParams | None = None) -> None:
        super().__init__(params)
        self.lookback = self.params.window

    @override
    def read(self, raw: bytes) -> Lstm:
        model = load_lstm(raw)
        if model.window > self.lookback:
            raise ModelError(f"model: it looks back {model.window} bars, the parameter `window` keeps {self.lookback}")
        return model

    @override
    def golden_answer(self, model: Lstm) -> float:
        return model.predict(golden_vectors()[-model.window :])

    @override
    def answer(self, model: Lstm, view: MarketView) -> float | None:
        needed = WARMUP + model.window - 1
        if view.seen < needed:
            self.why = f"warming up: {view.seen} of {needed} bars"
            return None
        return model.predict(view.vectors(model.window))
