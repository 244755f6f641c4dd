"""A model that training has made is what the node's predictor asks: the same bar, the same probability."""

import numpy as np
import pytest
from msgspec import structs

from actors.signal.features import FeatureEngine
from actors.signal.models.registry import ModelRegistry
from actors.signal.predictor import MarketView, PredictorContext, build_predictor
from actors.signal.training.calibrate import Isotonic, Platt
from actors.signal.training.dataset import dataset
from actors.signal.training.learners import learner_of
from actors.signal.training.trainer import train
from actors.signal.training.wish import Wish
from config.signals import PredictorConfig
from config.training import LstmSection
from tests.unit.training_bars import SMALL, waves

SECTION = structs.replace(SMALL, lstm=LstmSection(window=4, hidden=3, epochs=1))
ASKED = range(300, 340)


def calibrator_of(calibration):
    return (
        Platt(calibration.a, calibration.b) if calibration.kind == "platt" else Isotonic(calibration.x, calibration.y)
    )


@pytest.mark.parametrize("kind", ["gbt", "lstm"])
@pytest.mark.slow
def test_the_node_answers_as_the_training_does(kind, tmp_path):
    bars = waves(800)
    trained = train(bars, Wish(kind=kind, seed=1, section=SECTION, created_ms=9), None, lambda *_: None)
    registry = ModelRegistry(tmp_path)
    registry.promote(registry.save(trained.meta, trained.files).id, force=True)
    context = PredictorContext(instrument_id=bars.instrument_id, interval="1m", models=registry)
    predictor = build_predictor(PredictorConfig(name=kind, params={"in_sample": True}), context)
    assert predictor.is_able(), predictor.why

    learner, data = learner_of(kind, SECTION), dataset(bars, SECTION.label, window=4)
    raw = learner.predict(trained.files[learner.file_name], learner.see(data, np.arange(len(data))))
    told = dict(zip(data.index.tolist(), calibrator_of(trained.meta.calibration).apply(raw), strict=True))
    engine, view = FeatureEngine(bars.interval), MarketView(bars.instrument_id, "1m", predictor.lookback)
    for number, bar in enumerate(bars.rows(ASKED.stop)):
        view.features, view.seen = engine.update(bar), number + 1
        if view.lookback:
            view.keep(bar)
        if number in ASKED:
            answer = predictor.predict(view)
            assert (answer.score + 1.0) / 2.0 == pytest.approx(told[number], abs=1e-5)
