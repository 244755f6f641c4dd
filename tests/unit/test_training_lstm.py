"""Learning of the small network: right slopes, the same bytes for the same seed, no more than the data say."""

import numpy as np
import pytest
from msgspec.structs import replace

from actors.signal.models.lstm import load_lstm, shapes
from actors.signal.training.lstm import LEAST_TAIL, fit_lstm, parts, predict_lstm
from actors.signal.training.network import Adam, loss, loss_and_slopes, start
from actors.signal.training.windows import Windows
from config.training import LstmSection

WINDOW = 6
PARAMS = LstmSection(window=WINDOW, hidden=8, epochs=6, batch=64, learning_rate=0.02)


def examples(count=700, seed=0):
    """Windows whose label is told by their second last bar, so that only memory helps."""
    vectors = np.random.default_rng(seed).normal(size=(count + WINDOW - 1, 3)) * [1.0, 1e-4, 50.0] + [0.0, 1.0, 0.0]
    windows = Windows(vectors, np.arange(WINDOW - 1, len(vectors)), WINDOW)
    return windows, (vectors[WINDOW - 2 : -1, 1] > 1.0).astype(np.int64), np.ones(count)


@pytest.fixture(scope="module")
def learnt():
    told = []
    windows, y, w = examples()
    return fit_lstm(windows, y, w, PARAMS, 7, progress=lambda *item: told.append(item)), told


def test_slopes_are_those_of_small_differences():
    draw = np.random.default_rng(1)
    arrays = {name: draw.normal(size=shape) for name, shape in shapes(3, 4).items() if name not in {"mean", "scale"}}
    x, y, w = draw.normal(size=(5, 6, 3)), np.array([0, 1, 1, 0, 1]), draw.uniform(0.5, 1.5, 5)
    found, slopes = loss_and_slopes(arrays, x, y, w)
    assert found == loss(arrays, x, y, w)

    step = 1e-5
    for name, array in arrays.items():
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + step
            above = loss(arrays, x, y, w)
            array[place] = kept - step
            below = loss(arrays, x, y, w)
            array[place] = kept
            assert abs((above - below) / (2 * step) - slopes[name][place]) < 1e-8, (name, place)


def test_it_learns_what_lies_some_bars_back(learnt):
    windows, y, _ = examples(seed=1)

    assert np.mean((predict_lstm(learnt[0], windows) > 0.5) == y) > 0.9


def test_it_tells_its_way(learnt):
    told = learnt[1]

    assert [item[:2] for item in told] == [(n, PARAMS.epochs) for n in range(1, len(told) + 1)]
    assert told[-1][2] < told[0][2] < np.log(2)


def test_the_same_seed_gives_the_same_bytes_another_one_others():
    windows, y, w = examples(300)
    short = replace(PARAMS, epochs=1)
    first, again, other = (fit_lstm(windows, y, w, short, seed) for seed in (3, 3, 4))

    assert first == again != other


def test_node_and_training_see_the_same(learnt):
    windows, _, _ = examples(20, seed=2)
    model = load_lstm(learnt[0])

    assert model.window == WINDOW
    assert predict_lstm(learnt[0], windows) == pytest.approx([model.predict(x) for x in windows[:]], abs=1e-12)


def test_labels_of_chance_end_early_with_the_best_epoch_so_far():
    windows, _, w = examples(600)
    y = np.random.default_rng(9).integers(0, 2, 600)
    told = []
    model = fit_lstm(windows, y, w, replace(PARAMS, epochs=50), 1, progress=lambda *item: told.append(item))
    _, tail = parts(600, WINDOW)
    p = predict_lstm(model, windows[tail])
    found = -np.mean(np.log(np.where(y[tail] == 1, p, 1 - p)))

    assert len(told) < 50
    assert found == pytest.approx(min(item[2] for item in told), abs=1e-4)


def test_weights_count():
    windows, y, _ = examples(300)
    only_up = np.where(y == 1, 1.0, 1e-6)
    model = fit_lstm(windows, y, only_up / only_up.mean(), replace(PARAMS, epochs=2), 1)

    assert predict_lstm(model, windows).mean() > 0.9


def test_no_bar_is_in_windows_of_both_parts():
    learnt, tail = parts(1_000, 32)

    assert learnt[-1] + 32 <= tail[0]
    assert tail[-1] == 999
    assert [len(part) for part in parts(LEAST_TAIL, 32)] == [LEAST_TAIL, 0]


def test_a_little_data_is_learnt_from_whole():
    windows, y, w = examples(60)

    assert load_lstm(fit_lstm(windows, y, w, replace(PARAMS, epochs=1), 1)).features == 3


@pytest.mark.parametrize(("count", "steps"), [(60, 4), (700, 33), (3_000, 40)])
def test_few_examples_are_learnt_from_in_many_small_steps(count, steps):
    windows, y, w = examples(count)
    asked = []

    def is_late():
        asked.append(None)
        return False

    fit_lstm(windows, y, w, replace(PARAMS, epochs=1), 1, is_late=is_late)
    assert len(asked) == steps


def test_a_feature_that_never_changes_is_no_trouble():
    windows, y, w = examples(100)
    flat = windows.hinted(np.zeros(100))
    model = fit_lstm(flat, y, w, replace(PARAMS, epochs=1), 1)

    assert np.all(np.isfinite(predict_lstm(model, flat)))


def test_it_stops_when_the_time_is_over():
    windows, y, w = examples(300)
    asked = []

    def is_late():
        asked.append(None)
        return len(asked) > 3

    with pytest.raises(TimeoutError, match="was over"):
        fit_lstm(windows, y, w, PARAMS, 1, is_late=is_late)
    assert len(asked) == 4


def test_it_starts_at_the_base_rate_and_keeps_steep_slopes_in_check():
    arrays = start(3, 4, 0.8, np.random.default_rng(0))
    before = {name: array.copy() for name, array in arrays.items()}
    Adam(arrays, 0.01).step(arrays, {name: np.full_like(array, 1e12) for name, array in arrays.items()})

    assert 1 / (1 + np.exp(-before["bo"][0])) == pytest.approx(0.8)
    assert all(np.allclose(before[name] - arrays[name], 0.01, atol=1e-3) for name in arrays)
