"""The bot core's model service on a real socket: its answers, and its errors word by word."""

import pytest
from msgspec import structs

from actors.signal.models.registry import ModelRegistry
from config.schema import NodeConfig
from config.signals import PredictorConfig, SignalConfig
from node.training.keeper import NodeModels
from tests.bridge.fakes import BTC, make_context
from tests.bridge.rest_client import serving
from tests.candles import candles
from tests.unit.model_files import made_meta, stump

TREES = NodeConfig(signals=(SignalConfig(interval="1h", predictors=(PredictorConfig(name="gbt"),)),))


async def ask(method, path, body=None, context=None):
    async with serving(context or make_context()) as client:
        return await client.ask(method, path, json=body)


def service(count=150, **fields):
    return {"symbol": "BTCUSDT", "timeframe": "1h", "candles": candles(count)} | fields


async def test_a_hundred_candles_get_an_opinion_in_percent():
    async with serving(make_context()) as client:
        said = (await client.ask("POST", "/analyze", json=service())).json()
        same = (await client.ask("POST", "/ai/analyze", json=service())).json()

    assert said["signal"] == same["signal"].lower()
    assert said["confidence"] == pytest.approx(same["confidence"] * 100.0)
    assert 0.0 < said["confidence"] <= 100.0
    assert said["probability"] == pytest.approx((same["strategy_scores"]["technical"] + 1.0) / 2.0)
    assert (said["model_type"], said["symbol"], said["timeframe"]) == ("technical", "BTCUSDT", "1h")
    assert set(said) == {"signal", "confidence", "probability", "timestamp", "model_type", "symbol", "timeframe"}


async def test_fewer_are_refused_in_the_service_s_own_words():
    answered = await ask("POST", "/analyze", service(99))

    assert answered.status == 400
    assert answered.json()["detail"] == "Insufficient data. Minimum 100 candles required, got 99"
    assert answered.code == "insufficient_data"


async def test_without_a_model_there_is_nothing_to_ask():
    answered = await ask("POST", "/analyze", service(), make_context(TREES))

    assert answered.status == 503
    assert answered.json()["detail"] == "AI model not available. Please train a model first."
    assert answered.code == "model_unavailable"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (service(1_001), 422),
        (service(timeframe="7m"), 422),
        (service(candles=candles(150, slope=0.0)[::-1]), 422),
        (service(symbol="NOPE"), 404),
        ({"symbol": "BTCUSDT"}, 422),
        ([], 422),
    ],
)
async def test_what_is_no_question_is_refused(body, status):
    answered = await ask("POST", "/analyze", body)

    assert (answered.status, next(iter(answered.json()))) == (status, "detail")


async def test_the_configuration_is_the_node_s():
    section = SignalConfig(long_above=0.62, short_below=0.35, predictors=(PredictorConfig(name="lstm"),))
    told = (await ask("GET", "/config", context=make_context(NodeConfig(signals=(section,))))).json()

    assert told["trading_config"] == {
        "long_threshold": 0.62,
        "short_threshold": 0.35,
        "neutral_zone": 0.12,
        "confidence_threshold": 0.65,
    }
    assert told["data_config"] == {"min_candles_required": 100, "max_candles_per_request": 1_000}
    assert (told["model_config"]["type"], told["model_config"]["sequence_length"]) == ("lstm", 32)
    assert "1h" in told["supported_timeframes"]


SCORES = {
    "training": {"accuracy": 0.81, "count": 700},
    "validation": {"accuracy": 0.55, "count": 100},
    "out_of_sample": {"accuracy": 0.52, "count": 200},
}


@pytest.fixture
def registry(tmp_path):
    return ModelRegistry(tmp_path / "models")


def kept(registry, model_id, created=1_700_000_000_000, **changed):
    raw = stump(0.5, -0.5)
    meta = made_meta(model_id, raw, created_ms=created, scores=SCORES, rows=700, instrument_id=BTC, interval="1h")
    return registry.save(structs.replace(meta, **changed), {"model.json": raw})


def with_models(registry):
    return make_context(keeper=NodeModels(registry, None, keep=1))


async def test_samples_stand_apart_in_what_is_told_of_a_model(registry):
    kept(registry, "first")
    kept(registry, "second", created=1_800_000_000_000)
    registry.promote("first")

    async with serving(with_models(registry)) as client:
        told = (await client.get("/model/info?symbol=BTCUSDT&timeframe=1H&model_type=gbt")).json()
        other = (await client.get("/model/info?model_type=lstm")).json()

    assert (told["model_type"], told["model_loaded"], told["model_id"]) == ("gbt", True, "first")
    assert (told["training_samples"], told["validation_samples"], told["out_of_sample_samples"]) == (700, 100, 200)
    assert (told["training_accuracy"], told["validation_accuracy"], told["out_of_sample_accuracy"]) == (
        0.81,
        0.55,
        0.52,
    )
    assert (told["feature_count"], told["trained_timestamp"]) == (34, "2023-11-14T22:13:20+00:00")
    assert other["model_loaded"] is False
    assert {name: value for name, value in other.items() if value is not None} == {"model_loaded": False}


async def test_a_model_is_loaded_by_its_id_and_told_when_saved(registry):
    kept(registry, "good")
    kept(registry, "bad", is_promotable=False, reason="no better than the present")
    async with serving(with_models(registry)) as client:
        nothing = await client.ask("POST", "/model/save")
        loaded = await client.ask("POST", "/model/load?model_path=good")
        refused = await client.ask("POST", "/model/load?model_path=bad")
        saved = await client.ask("POST", "/model/save?model_name=mine")

    assert (nothing.status, nothing.json()["detail"]) == (404, "No model is loaded: there is nothing to save")
    assert loaded.json() == {"message": "Model loaded successfully", "model_path": "good", "model_type": "gbt"}
    assert registry.current(BTC, "1h", "gbt").id == "good"
    assert (refused.status, "no better" in refused.json()["detail"]) == (409, True)
    assert saved.json()["model_path"] == "good"


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/etc/passwd", "models/good", "..%2f..", "a%00b", "", "good.pkl", "x" * 65]
)
@pytest.mark.parametrize("route", ["load?model_path", "save?model_name"])
async def test_a_path_is_no_id(registry, path, route):
    kept(registry, "good")
    answered = await ask("POST", f"/model/{route}={path}", context=with_models(registry))

    assert answered.status == 400
    assert "id of a model" in answered.json()["detail"]
    assert registry.current(BTC, "1h", "gbt") is None


async def test_an_id_that_nobody_has_is_not_found(registry):
    answered = await ask("POST", "/model/load?model_path=nobody", context=with_models(registry))

    assert (answered.status, answered.json()["detail"]) == (404, "no model 'nobody'")


async def test_a_cleanup_tells_what_it_has_deleted(registry):
    for number in range(5):
        kept(registry, f"m{number}", created=1_700_000_000_000 + number)
    registry.promote("m0")

    told = (await ask("DELETE", "/model/cleanup?keep_count=2", context=with_models(registry))).json()

    assert (told["deleted_models"], told["kept_models"], sorted(told["deleted"])) == (2, 3, ["m1", "m2"])
    assert {one.id for one in registry.models()} == {"m0", "m3", "m4"}


async def test_a_promoted_model_answers_and_says_which_it_is(registry):
    kept(registry, "good", trained_to_ms=1_690_000_001_000)
    registry.promote("good")
    context = structs.replace(make_context(TREES), models=registry)

    answered = await ask("POST", "/analyze", service(), context)

    assert (answered.status, answered.json()["model_type"]) == (200, "good")
    assert answered.json()["confidence"] > 0.0
