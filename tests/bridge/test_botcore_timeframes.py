"""`/ai/analyze` of several timeframes: each is analysed, the main one speaks, the others make it less sure or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.bridge.dialects.botcore.agreement import confidence, stance, words
from actors.messages import SignalSource
from config.schema import NodeConfig
from config.signals import SignalConfig
from tests.analysis_rows import analysed
from tests.bridge.fakes import FakeBars, bar_rows, make_context
from tests.bridge.rest_client import serving
from tests.candles import HOUR_MS, candles

UP, DOWN = candles(200, slope=40.0), {"slope": -40.0, "swing": 150.0}
STREAMS = NodeConfig(signals=(SignalConfig(interval="1h"),))


async def asked(data, config=STREAMS, bars=None, **fields):
    context = make_context(config) if bars is None else make_context(config, bars=bars)
    async with serving(context) as client:
        return await client.ask("POST", "/ai/analyze", json={"symbol": "BTCUSDT", "timeframe_data": data} | fields)


def of(step, **shape):
    return candles(200, step=step, **shape)


async def test_every_timeframe_is_analysed_and_stands_beside_the_main_one():
    alone = (await asked({"1h": UP})).json()
    data = {
        "1h": UP,
        "15m": of(900_000, slope=40.0),
        "4h": of(4 * HOUR_MS, **DOWN),
        "1d": candles(3, step=24 * HOUR_MS),
    }
    answered = (await asked(data)).json()
    spans = answered["market_analysis"]["timeframes"]

    assert {name: one["stance"] for name, one in spans.items()} == {
        "1h": "main",
        "15m": "agrees",
        "4h": "opposes",
        "1d": "silent",
    }
    assert list(spans) == ["1h", "15m", "4h", "1d"]
    assert (spans["4h"]["signal"], spans["4h"]["trend_direction"]) == ("short", "Bearish")
    assert (spans["1d"]["candles"], spans["4h"]["candles"]) == (3, 200)
    assert {name: answered["strategy_scores"][name] for name in data} == {n: one["score"] for n, one in spans.items()}
    assert alone["market_analysis"]["timeframes"].keys() == {"1h"}
    assert "1h" not in alone["strategy_scores"]
    assert (answered["signal"], answered["metadata"]["timeframe"]) == (alone["signal"], "1h") == ("Long", "1h")
    assert answered["confidence"] == pytest.approx(alone["confidence"] * 0.75), "one of two that could speak opposes"
    assert answered["reasoning"].startswith(alone["reasoning"])
    for said in ("15m agrees (long, ", "4h opposes (short, ", "1d says nothing"):
        assert said in answered["reasoning"]
    size = "recommended_position_size"
    assert answered["risk_assessment"][size] == pytest.approx(alone["risk_assessment"][size] * 0.75)
    assert answered["risk_assessment"]["technical_risk"] == pytest.approx(1.0 - answered["confidence"])


@pytest.mark.parametrize(
    ("config", "fields", "main"),
    [
        (STREAMS, {}, "1h"),
        (STREAMS, {"timeframe": "5m"}, "5m"),
        (STREAMS, {"timeframe": "1w"}, "1h"),
        (NodeConfig(signals=()), {}, "5m"),
        (NodeConfig(signals=(SignalConfig(interval="4h"),)), {}, "4h"),
    ],
)
async def test_the_main_one_is_named_or_streamed_or_has_the_most_candles_or_is_the_shortest(config, fields, main):
    data = {"1h": candles(61), "4h": candles(60, step=4 * HOUR_MS), "5m": candles(61, step=300_000)}
    answered = (await asked(data, config, **fields)).json()

    assert answered["metadata"]["timeframe"] == main
    assert answered["market_analysis"]["timeframes"][main]["stance"] == "main"


async def test_each_timeframe_gets_the_node_s_own_bars_before_its_candles():
    bars = FakeBars()
    for interval in ("1h", "4h"):
        bars.put("BTC-USDT.SIM", interval, bar_rows(100, interval=interval))
    last = {one: bars.rows("BTC-USDT.SIM", one, 1)[0].ts_open // 1_000_000 for one in ("1h", "4h")}
    flat = {"open": 3e4, "high": 3e4, "low": 3e4, "close": 3e4, "volume": 1.0}
    data = {
        "1h": [flat | {"timestamp": last["1h"] + HOUR_MS}],
        "4h": [flat | {"timestamp": last["4h"] + 4 * HOUR_MS}],
    }
    answered = (await asked(data, bars=bars)).json()

    assert [one["candles"] for one in answered["market_analysis"]["timeframes"].values()] == [101, 101]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"1h": UP, "1H": UP}, "same length"),
        ({"1h": UP, "7m": UP}, "7m"),
        ({"1h": UP, "4h": UP}, "same bar"),
        ({"1h": UP, "5m": [UP[0] | {"high": 1.0}]}, "high must be"),
        ({f"{number}m": UP for number in range(1, 10)}, "length <= 8"),
    ],
)
async def test_one_timeframe_that_is_none_refuses_all_of_them(data, words):
    answered = await asked(data)

    assert answered.status == 422
    assert words in answered.json()["error"]


def signal(score, sure=0.5, *, is_silent=False):
    source = SignalSource("technical", 0.2, "warming_up" if is_silent else "voted", score, sure)
    return analysed(1, score=score, sources=(source,), confidence=sure).signal


def test_words_say_how_one_stands():
    long, short, flat, none = signal(0.5), signal(-0.5, 0.25), signal(0.0, 0.1), signal(0.0, is_silent=True)

    assert words("4h", long, short) == "4h opposes (short, 25%)"
    assert words("4h", long, flat) == "4h is neutral beside it (neutral, 10%)"
    assert words("4h", flat, short) == "4h is neutral beside it (short, 25%)"
    assert words("4h", long, none) == "4h says nothing"
    assert confidence([long, none]) == long.confidence
    assert confidence([long, short]) == long.confidence / 2


@pytest.mark.property
@given(
    st.lists(
        st.tuples(st.floats(-1.0, 1.0), st.just(0.0) | st.floats(0.01, 1.0), st.booleans()), min_size=1, max_size=8
    )
)
def test_others_never_make_an_opinion_surer_and_take_half_at_most(said):
    signals = [signal(score, sure, is_silent=silent) for score, sure, silent in said]
    main, *others = signals
    found = confidence(signals)

    assert main.confidence / 2 <= found <= main.confidence
    assert (found == main.confidence) == (
        main.confidence == 0.0 or not any(stance(main, one) == "opposes" for one in others)
    )
