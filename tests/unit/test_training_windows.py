"""Sequences that are cut when needed are the very numbers that an array of all of them would hold."""

import tracemalloc

import numpy as np
import pytest

from actors.signal.training.lstm import fit_lstm, predict_lstm
from actors.signal.training.windows import Windows, with_hint, with_mixed
from config.training import LstmSection

LENGTH = 4
COUNT = 300
PARAMS = LstmSection(window=LENGTH, hidden=5, epochs=3, batch=32)


class Whole(Windows):
    """All sequences in one array in memory, however large that is."""

    def __init__(self, sequences):
        self.sequences = sequences

    @property
    def shape(self):
        return self.sequences.shape

    def __len__(self):
        return len(self.sequences)

    def __getitem__(self, rows):
        return self.sequences[rows]

    def last(self, count):
        return self.sequences[:count, -1]


@pytest.fixture(scope="module")
def cut():
    draw = np.random.default_rng(4)
    ends = np.sort(draw.choice(np.arange(LENGTH - 1, 900), COUNT, replace=False))
    return Windows(draw.normal(size=(900, 7)) * [1.0, 1e-4, 50.0, 1.0, 1.0, 3.0, 1e4], ends, LENGTH)


def labels():
    draw = np.random.default_rng(5)
    return draw.integers(0, 2, COUNT), draw.uniform(0.2, 1.8, COUNT)


def in_one(windows):
    return Whole(windows[:])


def test_they_are_what_the_bars_hold(cut):
    whole = np.stack([cut._vectors[end - LENGTH + 1 : end + 1] for end in cut._ends])
    some = np.array([7, 2, 2, 299])

    assert cut.shape == whole.shape == (len(cut), LENGTH, 7)
    assert np.array_equal(cut[:], whole)
    assert np.array_equal(cut[some], whole[some])
    assert np.array_equal(cut[10:20], whole[10:20])
    assert np.array_equal(cut.last(30), whole[:30, -1])


def test_a_hint_is_known_to_the_last_bar_alone(cut):
    hint = np.arange(COUNT) + 1.0
    hinted = with_hint(cut, hint)
    whole = np.concatenate([cut[:], np.zeros((COUNT, LENGTH, 1))], axis=2)
    whole[:, -1, -1] = hint

    assert hinted.shape == whole.shape
    assert np.array_equal(hinted[:], whole)
    assert np.array_equal(hinted[np.array([5, 1])], whole[[5, 1]])
    assert np.array_equal(hinted.last(9), whole[:9, -1])


def test_a_feature_of_others_takes_the_place_of_its_own(cut):
    order, whole = np.random.default_rng(6).permutation(COUNT), cut[:]
    whole[..., 2] = cut[:][order, :, 2]
    vectors = cut.last(COUNT)
    mixed = vectors.copy()
    mixed[:, 2] = vectors[order, 2]

    assert np.array_equal(with_mixed(cut, 2, order)[40:90], whole[40:90])
    assert np.array_equal(with_mixed(cut, 2, order).last(8), whole[:8, -1])
    assert np.array_equal(with_mixed(vectors, 2, order), mixed)


@pytest.mark.parametrize("change", [lambda cut: cut, lambda cut: cut.hinted(np.linspace(-1.0, 1.0, COUNT))])
def test_a_network_is_the_same_to_the_byte_as_one_that_had_them_all_in_memory(cut, change):
    windows, (y, w) = change(cut), labels()
    model = fit_lstm(windows, y, w, PARAMS, 3)

    assert fit_lstm(in_one(windows), y, w, PARAMS, 3) == model
    assert np.array_equal(predict_lstm(model, windows), predict_lstm(model, windows[:]))


def test_learning_takes_a_part_of_the_memory_that_all_of_them_would():
    vectors, length = np.random.default_rng(1).normal(size=(6_031, 20)), 32
    windows = Windows(vectors, np.arange(length - 1, len(vectors)), length)
    y = (vectors[length - 1 :, 0] > 0.0).astype(np.int64)
    params = LstmSection(window=length, hidden=2, epochs=1, batch=512)
    tracemalloc.start()
    try:
        predict_lstm(fit_lstm(windows, y, np.ones(len(y)), params, 1), windows[:100])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 0.5 * np.prod(windows.shape) * 8
