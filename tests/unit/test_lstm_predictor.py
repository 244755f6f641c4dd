"""The promoted network votes on the last bars; one that cannot be used here is refused, and says so."""

import numpy as np
import pytest
import structlog
from msgspec.structs import replace

from actors.market import interval_of
from actors.signal.aggregator import Aggregator
from actors.signal.features import NAMES, WARMUP
from actors.signal.golden import golden_vectors
from actors.signal.models.lstm import load_lstm
from actors.signal.models.meta import Golden
from actors.signal.models.registry import ModelRegistry
from actors.signal.predictor import PredictorContext
from actors.signal.stream import SignalStream
from config.signals import PredictorConfig, SignalConfig
from tests.unit.lstm_networks import network
from tests.unit.model_files import made_meta
from tests.unit.walks import INSTRUMENT, NAME, START, walk

WINDOW, FEATURES = 8, len(NAMES)


@pytest.fixture
def registry(tmp_path):
    return ModelRegistry(tmp_path / "models")


def promoted(registry, model_id, *, seed=0, window=WINDOW, features=FEATURES, probability=None):
    _, raw = network(features, 4, window, seed)
    if probability is None:
        probability = load_lstm(raw).predict(golden_vectors()[-window:])
    meta = made_meta(model_id, kind="lstm", trained_to_ms=START // 1_000_000)
    golden = Golden(features=meta.golden.features, probability=probability)
    registry.save(replace(meta, golden=golden), {"model.lstm": raw})
    registry.promote(model_id)
    return raw


def stream(registry, **params):
    config = SignalConfig(predictors=(PredictorConfig(name="lstm", weight=1.0, params=params),))
    context = PredictorContext(instrument_id=NAME, interval="1m", models=registry)
    made = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(config, context), 1_000)
    made.load((), trace_id="t", ts_init=0)
    return made


def closed(made, rows):
    return [made.close(row, "t", 0) for row in rows]


def test_it_answers_from_the_features_of_the_last_bars(registry):
    model = load_lstm(promoted(registry, "a"))
    signals = closed(stream(registry), walk(120))
    seen = [signal.features for signal in signals]

    for at in (80, 119):
        p = model.predict(seen[at - WINDOW + 1 : at + 1])
        assert signals[at].probability == pytest.approx(p)
        assert "model a" in signals[at].reasons[0]
        assert signals[at].sources[0].model == "a"


def test_it_waits_until_there_are_as_many_bars_with_features(registry):
    promoted(registry, "a")
    signals = closed(stream(registry), walk(WARMUP + 20))
    states = [signal.sources[0].state for signal in signals]

    first = WARMUP + WINDOW - 2
    assert states[first - 1 : first + 1] == ["abstained", "voted"]
    assert f"warming up: {WARMUP} of {WARMUP + WINDOW - 1} bars" in signals[WARMUP - 1].sources[0].reasons[0]
    assert set(states[first:]) == {"voted"}


def test_a_newly_promoted_model_is_used_from_the_next_bar_also_one_of_another_window(registry):
    promoted(registry, "a")
    made, rows = stream(registry), walk(120)
    closed(made, rows[:100])
    model = load_lstm(promoted(registry, "b", seed=1, window=20))
    signals = closed(made, rows[100:])
    whole = closed(stream(registry), rows)

    assert signals[0].probability == whole[100].probability
    assert signals[0].probability == pytest.approx(model.predict([signal.features for signal in whole[81:101]]))


@pytest.mark.parametrize(
    ("params", "model", "reason"),
    [
        ({"window": 7}, {}, "looks back 8 bars"),
        ({}, {"features": 7, "probability": 0.5}, "expected 34 features|7 features"),
        ({}, {"probability": 2.0}, "2.0 in training"),
    ],
)
def test_a_model_that_cannot_be_used_here_is_refused_with_the_reason(registry, params, model, reason):
    with structlog.testing.capture_logs() as logs:
        promoted(registry, "a", **model)
        signals = closed(stream(registry, **params), walk(90))

    told = [line["reason"] for line in logs if line["event"] == "model_refused"]
    assert {signal.sources[0].state for signal in signals} == {"disabled"}
    assert len(told) == 1
    assert any(part in told[0] for part in reason.split("|"))


def test_history_and_live_bars_give_the_same_signals(registry):
    promoted(registry, "a")
    made, rows = stream(registry), walk(150)
    history = made.load(rows, trace_id="t", ts_init=0)
    live = closed(stream(registry), rows)

    assert [signal.probability for signal in history] == [signal.probability for signal in live]
    assert np.std([signal.probability for signal in live[80:]]) > 0.0
