"""What the bot core's clients are told of markets, strategies and how good signals were."""

import pytest

from actors.clock import MarketClock
from actors.store.analyses.store import AnalysisStore
from config.analyses import AnalysesSection
from tests.analysis_rows import FIRST, MINUTE, analysed, resolved
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving
from tests.candles import candles


async def ask(method, path, body=None, context=None):
    async with serving(context or make_context()) as client:
        return await client.ask(method, path, json=body)


def body(count=200, **shape):
    return {"symbol": "BTCUSDT", "timeframe_data": {"1h": candles(count, **shape)}, "current_price": 1.0}


@pytest.mark.parametrize(("slope", "sign"), [(60.0, 1), (-60.0, -1)])
async def test_a_trend_is_a_trend_either_way(slope, sign):
    told = (await ask("POST", "/ai/market-condition", body(slope=slope))).json()

    assert told["condition_type"] == "Trending"
    assert told["direction"] * sign > 0.5
    assert told["market_phase"] == ("Markup" if sign > 0 else "Markdown")
    assert 0.5 < told["confidence"] <= 1.0
    assert "trend_following" in told["recommended_strategies"]


async def test_a_sideways_market_is_a_range_and_too_few_candles_are_unknown():
    flat = (await ask("POST", "/ai/market-condition", body(slope=0.0, period=0.7))).json()
    few = (await ask("POST", "/ai/market-condition", body(20))).json()

    assert flat["condition_type"] == "Ranging"
    assert set(flat["recommended_strategies"]) <= {"mean_reversion", "rsi", "bollinger", "stochastic", "grid"}
    assert (few["condition_type"], few["confidence"], few["recommended_strategies"]) == ("Unknown", 0.0, [])


async def test_strategies_are_ranked_and_unknown_ones_are_said_to_be():
    names = ["RSI Strategy", "Trend-Following", "Horoscope"]
    told = (
        await ask("POST", "/ai/strategy-recommendations", body(slope=60.0) | {"available_strategies": names})
    ).json()

    assert [one["strategy_name"] for one in told] == ["Trend-Following", "RSI Strategy", "Horoscope"]
    assert told[0]["suitability_score"] + told[1]["suitability_score"] == pytest.approx(1.0)
    assert (told[2]["suitability_score"], "nothing is known" in told[2]["reasoning"]) == (0.0, True)
    assert told[0]["recommended_config"]["stop_distance"] > 0.0


async def test_all_known_strategies_are_recommended_without_a_choice():
    names = (await ask("GET", "/ai/strategies")).json()
    told = (await ask("POST", "/ai/strategy-recommendations", body())).json()

    assert {one["strategy_name"] for one in told} == set(names)


async def test_the_service_tells_of_itself():
    told = (await ask("GET", "/ai/info")).json()

    assert (told["predictors"], told["models_loaded"], told["feature_schema"]) == (["technical"], 0, "bars-v2")


@pytest.fixture
async def store(tmp_path):
    store = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    store.start()
    await store.settled()
    yield store
    await store.close()


def context(store):
    clock = MarketClock()
    clock.advance(FIRST + 1_000 * MINUTE)
    return make_context(analyses=store, clock=clock)


async def test_performance_is_that_of_live_signals_beside_the_baseline(store):
    for number in range(10):
        store.put(analysed(number), resolved(number, label=int(number > 2), bars=1))
    store.put(analysed(20, backfilled=True, took=None), resolved(20))
    await store.settled()

    told = (await ask("GET", "/ai/performance", context=context(store))).json()

    assert (told["total_predictions"], told["accuracy"]) == (10, 0.7)
    assert {one["model"] for one in told["models"]} == {"signal", "technical"}
    assert told["models"][0]["baseline_accuracy"] == 0.7
    assert told["models"][0]["accuracy_low"] < 0.7 < told["models"][0]["accuracy_high"]


async def test_without_signals_every_number_is_one(store):
    told = (await ask("GET", "/ai/performance", context=context(store))).json()

    assert (told["total_predictions"], told["accuracy"], told["models"]) == (0, 0.0, [])


def feedback(signal_id="s-1", **fields):
    return {
        "signal_id": signal_id,
        "symbol": "BTCUSDT",
        "predicted_signal": "Long",
        "actual_outcome": "win",
        "profit_loss": 12.5,
        "confidence_was_accurate": True,
        "timestamp": 1_700_000_000_000,
    } | fields


async def test_feedback_is_kept_once_per_signal_apart_from_our_own_scores_and_over_restarts(store, tmp_path):
    async with serving(context(store)) as client:
        kept = await client.ask("POST", "/ai/feedback", json=feedback())
        await client.ask("POST", "/ai/feedback", json=feedback(profit_loss=-2.5, confidence_was_accurate=False))
        await client.ask("POST", "/ai/feedback", json=feedback("s-2"))
    await store.close()
    again = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    again.start()
    await again.settled()
    told = (await ask("GET", "/ai/performance", context=context(again))).json()
    await again.close()

    assert (kept.status, kept.json()["message"], kept.json()["signal_id"]) == (200, "Feedback received", "s-1")
    assert told["feedback"] == {"count": 2, "accurate": 1, "profit_loss": 10.0}
    assert told["total_predictions"] == 0


async def test_feedback_that_cannot_be_kept_is_refused(tmp_path):
    (tmp_path / "analytics.db").mkdir()
    broken = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    broken.start()
    answered = await ask("POST", "/ai/feedback", feedback(), context(broken))
    await broken.close()

    assert (answered.status, answered.code) == (503, "store_unavailable")


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"symbol": "NOPE"}, 404), ({"profit_loss": 1e300}, 422), ({"signal_id": ""}, 422), ({"timestamp": -1}, 422)],
)
async def test_feedback_that_means_nothing_is_refused(store, fields, status):
    answered = await ask("POST", "/ai/feedback", feedback(**fields), context(store))

    assert answered.status == status
