import math
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.market import HOUR_NS, MINUTE_NS, interval_of
from actors.signal.features import NAMES, SCHEMA, WARMUP, FeatureEngine, schema_hash, vectors_of
from actors.signal.golden import golden, golden_bars, golden_hash, golden_vectors
from actors.signal.reference import ReferenceBars
from actors.signal.session import Session
from tests.unit.walks import START, floats, line, walk

INTERVAL = interval_of("1m")


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


def test_day_and_week_are_angles_of_the_close():
    monday = 1_699_833_600_000_000_000  # 2023-11-13 00:00 UTC
    noon = dict(zip(NAMES, vectors([(monday + 12 * HOUR_NS - MINUTE_NS, 1.0, 1.0, 1.0, 1.0, 1.0)])[0], strict=True))

    assert (noon["day_sin"], noon["day_cos"]) == pytest.approx((0.0, -1.0))
    angle = math.pi / 7
    assert (noon["week_sin"], noon["week_cos"]) == pytest.approx((math.sin(angle), math.cos(angle)))
    assert (noon["session_gone"], noon["session_left"]) == (0.0, 0.0)


def test_a_month_closes_by_the_calendar():
    november = 1_698_796_800_000_000_000
    vector = FeatureEngine(interval_of("1M")).update((november, 1.0, 1.0, 1.0, 1.0, 1.0))

    assert vector[NAMES.index("week_sin")] == pytest.approx(math.sin(2 * math.pi * 4 / 7))  # 2023-12-01, a Friday


def test_a_place_within_the_bar_and_the_volatility_are_what_a_look_back_gives():
    bars = floats(walk(1_200))
    found, mean, before = named(bars), 0.0, bars[0][1]
    for _, _, _, _, close, _ in bars:
        mean += (abs(close - before) / before - mean) * 2 / 56
        before = close
    high, low, floor = bars[-1][2], bars[-1][3], before * 1e-5

    assert found["close_place"] == pytest.approx((before - low + floor) / (high - low + 2 * floor))
    assert found["volatility_55"] == pytest.approx(mean)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_warm_start_agrees_with_session_and_reference_too(seed):
    bars, others = floats(walk(2_400, seed)), floats(walk(2_400, seed + 10))

    def made(first):
        reference = ReferenceBars(INTERVAL)
        reference.load((bar[0], bar[4]) for bar in others[first:])
        return vectors_of(bars[first:], INTERVAL, session=Session.from_text("09:30-16:00 UTC"), reference=reference)

    whole, late = made(0), made(1_000)
    assert max(worst(a, b) for a, b in zip(whole[2_000:], late[1_000:], strict=True)) < 1e-9
    assert made(0) == whole


@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**32),
    cut=st.integers(1, 300),
    interval=st.sampled_from(["1m", "5m", "1h", "1d"]),
    holes=st.sets(st.integers(0, 1_499), max_size=200),
)
def test_however_it_began_a_thousand_bars_later_it_agrees(seed, cut, interval, holes):
    step = interval_of(interval)

    def moved(bars):
        return [(START + (ts - START) * (step.duration_ns // MINUTE_NS), *numbers) for ts, *numbers in bars]

    bars, others = moved(floats(walk(1_500, seed))), moved(floats(walk(1_500, seed + 1)))

    def made(first):
        reference = ReferenceBars(step)
        reference.load((bar[0], bar[4]) for at, bar in enumerate(others) if at >= first and at not in holes)
        return vectors_of(bars[first:], step, session=Session.from_text("09:30-16:00 UTC"), reference=reference)

    whole, late = made(0), made(cut)
    assert max(worst(a, b) for a, b in zip(whole[cut + 1_000 :], late[1_000:], strict=True)) < 1e-9


def test_without_a_reference_its_numbers_are_neutral():
    assert vectors(floats(walk(100)))[-1][-3:] == (0.0, 0.0, 0.0)


def test_a_stream_of_vectors_is_what_the_engine_says_bar_by_bar():
    bars = floats(walk(100))

    assert vectors_of(bars, INTERVAL) == vectors(bars)


def test_golden_bars_give_the_vector_known_by_heart():
    """A changed number here means: a new schema, since models were trained on the old one."""
    assert SCHEMA == "bars-v2"
    assert {name: round(value, 9) for name, value in zip(NAMES, golden(), strict=True)} == GOLDEN
    assert schema_hash() == "4977142e6aba1228e6ec0339cbaa306bbb0f486ebe8cb6d789905a73ec3cc3f7"
    assert golden_hash() == sha256(written(golden_vectors()).encode()).hexdigest()


def written(rows):
    return "\n".join(" ".join(f"{round(x, 9) + 0.0:.9f}" for x in row) for row in rows)


def test_golden_bars_are_possible_and_show_every_feature():
    bars, rows = golden_bars(), golden_vectors()

    assert len(rows) == len(bars) > 3 * WARMUP
    assert all(low <= min(o, c) and max(o, c) <= high and v >= 0.0 for _, o, high, low, c, v in bars)
    assert all(len(set(column)) > 20 for column in zip(*rows, strict=True))


GOLDEN = {
    "return_1": 0.000694899,
    "return_3": 0.001147183,
    "return_6": 0.001129211,
    "return_12": 0.004669603,
    "return_55": 0.006954983,
    "ema_12_distance": 0.910499583,
    "ema_55_distance": 2.312001448,
    "macd": 0.572568233,
    "macd_histogram": 0.171773235,
    "rsi_14": 0.632484222,
    "atr_share": 0.001545263,
    "volatility_ratio": 0.97702678,
    "efficiency_20": 0.161632645,
    "body": 0.449696336,
    "upper_wick": 0.482648223,
    "lower_wick": 0.426436181,
    "close_place": 0.643426969,
    "volatility_55": 0.000699125,
    "directional_movement": 0.460817118,
    "trend_strength": 0.451722287,
    "stochastic_20": 0.881290249,
    "band_position": 0.756636836,
    "band_width": 0.007679117,
    "volume_excess": 0.084143199,
    "volume_flow": 0.065249792,
    "day_sin": -0.996194698,
    "day_cos": 0.087155743,
    "week_sin": 0.999922292,
    "week_cos": -0.012466315,
    "session_gone": 0.466666667,
    "session_left": 2.666666667,
    "reference_return": -0.001438034,
    "reference_level": -0.002153661,
    "reference_change": -0.003170971,
}
