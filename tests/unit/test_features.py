import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.signal.features import NAMES, SCHEMA, WARMUP, FeatureEngine
from tests.unit.walks import floats, line, walk


def vectors(bars):
    engine = FeatureEngine()
    return [engine.update(bar) for bar in bars]


def named(bars):
    return dict(zip(NAMES, vectors(bars)[-1], strict=True))


def worst(a, b):
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def test_a_vector_has_one_number_per_name():
    assert len(vectors(floats(walk(1)))[0]) == len(NAMES) == len(set(NAMES))


def test_a_replay_from_the_same_first_bar_is_bit_identical():
    bars = floats(walk(500))

    assert vectors(bars) == vectors(bars)


def test_what_comes_later_changes_nothing_before():
    bars = floats(walk(300))

    assert vectors(bars)[:200] == vectors(bars[:200])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_warm_start_agrees_after_a_thousand_bars(seed):
    bars = floats(walk(3_000, seed))
    whole, late = vectors(bars), vectors(bars[1_000:])

    assert max(worst(a, b) for a, b in zip(whole[2_000:], late[1_000:], strict=True)) < 1e-9


def test_a_warm_start_agrees_in_a_market_that_has_gone_flat():
    bars = floats(walk(1_500))
    _, _, _, _, close, _ = bars[-1]
    bars += [(bars[-1][0] + i * 60_000_000_000, close, close, close, close, 0.0) for i in range(1, 1_500)]
    whole, late = vectors(bars), vectors(bars[1_400:])

    assert max(worst(a, b) for a, b in zip(whole[2_400:], late[1_000:], strict=True)) < 1e-9


def test_a_flat_market_without_volume_says_nothing():
    found = named(floats(line(200)))

    assert found["rsi_14"] == found["stochastic_20"] == found["band_position"] == 0.5
    silent = (
        "return_1",
        "return_55",
        "ema_55_distance",
        "macd",
        "efficiency_20",
        "directional_movement",
        "volume_excess",
    )
    assert [found[name] for name in silent] == [0.0] * len(silent)


def test_a_rising_market_points_up_everywhere():
    up, down = named(floats(line(200, 2_000))), named(floats(line(200, -2_000)))

    for name in ("return_1", "return_55", "ema_12_distance", "ema_55_distance", "macd", "efficiency_20", "volume_flow"):
        assert up[name] > 0.0 > down[name], name
    for name in ("rsi_14", "stochastic_20", "band_position"):
        assert up[name] > 0.5 > down[name], name
    assert up["directional_movement"] > 0.9
    assert down["directional_movement"] < -0.9


def test_the_windows_are_what_a_look_back_over_the_bars_gives():
    bars = floats(walk(300))
    highs, lows, closes = ([bar[i] for bar in bars] for i in (2, 3, 4))
    found, last, floor = named(bars), closes[-1], closes[-1] * 1e-5
    high, low = max(highs[-20:]), min(lows[-20:])
    way = sum(abs(b - a) for a, b in zip(closes[-21:], closes[-20:], strict=False))

    for bars_ago in (1, 3, 6, 12, 55):
        assert found[f"return_{bars_ago}"] == pytest.approx(1 - closes[-1 - bars_ago] / last)
    assert found["stochastic_20"] == pytest.approx((last - low + floor) / (high - low + 2 * floor))
    assert found["efficiency_20"] == pytest.approx((last - closes[-21]) / (way + floor))


def test_the_averages_are_exponential():
    bars = floats(walk(300))
    mean, true_range, before = bars[0][1], 0.0, bars[0][1]
    for _, _, high, low, close, _ in bars:
        mean += (close - mean) * 2 / 56
        true_range += (max(high, before) - min(low, before) - true_range) * 2 / 15
        before = close
    unit = true_range + before * 1e-5
    found = named(bars)

    assert found["atr_share"] == pytest.approx(unit / before)
    assert found["ema_55_distance"] == pytest.approx((before - mean) / unit)


def test_the_scale_of_prices_does_not_matter():
    bars = floats(walk(400))
    scaled = [(ts, *(1e-7 * price for price in prices), v) for ts, *prices, v in bars]

    assert worst(vectors(bars)[-1], vectors(scaled)[-1]) < 1e-7


def test_after_the_warm_up_the_first_bar_is_almost_forgotten():
    bars = floats(walk(2_000))
    before, after = vectors(bars)[-1], vectors(bars[-WARMUP:])[-1]

    assert worst(before, after) < 0.5
    assert worst(before, vectors(bars[-WARMUP // 4 :])[-1]) > worst(before, after)


@given(
    scale=st.floats(1e-9, 1e12),
    moves=st.lists(
        st.tuples(st.floats(-0.5, 0.5), st.floats(0.0, 0.2), st.floats(0.0, 1e15)), min_size=1, max_size=120
    ),
)
def test_every_number_is_finite_whatever_the_market_does(scale, moves):
    price, bars = scale, []
    for i, (move, wick, volume) in enumerate(moves):
        close = price * (1.0 + move)
        high, low = max(price, close) * (1.0 + wick), min(price, close) * (1.0 - wick)
        bars.append((i * 60_000_000_000, price, high, low, close, volume))
        price = close

    assert all(math.isfinite(x) for vector in vectors(bars) for x in vector)


@pytest.mark.parametrize("price", [1e-12, 1e-9, 1.0, 1e15])
@pytest.mark.parametrize("volume", [0.0, 1e18])
def test_a_jump_into_a_flat_market_stays_finite(price, volume):
    bars = [(i, price, price, price, price, volume) for i in range(30)]
    bars += [(30 + i, 2 * price, 2 * price, 2 * price, 2 * price, 0.0) for i in range(3_000)]

    assert all(math.isfinite(x) for vector in vectors(bars) for x in vector)


def test_the_formulas_are_those_of_the_schema():
    """A changed number here means: a new schema, since models were trained on the old one."""
    found = named(floats(walk(200)))

    assert SCHEMA == "bars-v1"
    assert {name: round(value, 9) for name, value in found.items()} == GOLDEN


GOLDEN = {
    "return_1": 0.000497199,
    "return_3": 0.001463149,
    "return_6": 0.00081401,
    "return_12": 0.000317242,
    "return_55": 0.002556469,
    "ema_12_distance": 1.035875847,
    "ema_55_distance": 2.757234904,
    "macd": 0.31568281,
    "macd_histogram": -0.104467029,
    "rsi_14": 0.574265857,
    "atr_share": 0.00064401,
    "volatility_ratio": 0.845693994,
    "efficiency_20": 0.128523488,
    "body": 0.772036473,
    "upper_wick": 0.393547851,
    "lower_wick": 0.123151028,
    "directional_movement": 0.411625118,
    "trend_strength": 0.208304073,
    "stochastic_20": 0.620411629,
    "band_position": 0.71525819,
    "band_width": 0.00347489,
    "volume_excess": -0.429311226,
    "volume_flow": 0.06938424,
}
