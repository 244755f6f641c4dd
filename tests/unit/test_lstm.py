import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.signal.models.lstm import CLIP, Lstm, dump_lstm, load_lstm
from config.signal_errors import ModelError
from tests.unit.lstm_networks import network

HEAD = 20
RAW = network()[1]


def by_hand(arrays, window):
    """The textbook, gate by gate, in double precision."""
    p = {name: array.astype(float) for name, array in arrays.items()}
    n = len(p["wo"])
    h = c = np.zeros(n)
    for vector in window:
        x = np.clip((np.array(vector) - p["mean"]) / p["scale"], -CLIP, CLIP)
        z = x @ p["wx"] + h @ p["wh"] + p["b"]
        take, keep, show = (1 / (1 + np.exp(-z[at * n : (at + 1) * n])) for at in range(3))
        c = keep * c + take * np.tanh(z[3 * n :])
        h = show * np.tanh(c)
    return 1 / (1 + np.exp(-(h @ p["wo"] + p["bo"][0])))


@pytest.mark.parametrize("seed", range(5))
def test_the_answer_is_that_of_the_textbook(seed):
    arrays, raw = network(seed=seed)
    window = np.random.default_rng(seed + 50).normal(size=(6, 5))

    assert load_lstm(raw).predict(window.tolist()) == pytest.approx(by_hand(arrays, window), abs=1e-12)


def test_a_file_read_and_written_again_is_the_same():
    arrays, raw = network(7, 3, 9)
    model = load_lstm(raw)

    assert (model.features, model.window) == (7, 9)
    assert dump_lstm(9, arrays) == raw


def test_many_windows_give_what_each_gives():
    model = load_lstm(RAW)
    windows = np.random.default_rng(3).normal(size=(40, 6, 5))

    assert model.predict_all(windows) == pytest.approx([model.predict(window) for window in windows], abs=1e-12)
    assert model.predict_all(windows[:0]).shape == (0,)


def test_asking_again_gives_the_same_bits():
    model, again = load_lstm(RAW), load_lstm(RAW)
    window = np.random.default_rng(4).normal(size=(6, 5)).tolist()

    assert len({model.predict(window), model.predict(window), again.predict(window)}) == 1


def test_a_market_beyond_all_that_was_learnt_stays_a_probability():
    model = load_lstm(RAW)

    assert model.predict([[1e30, -1e30, 1e9, -1e9, 0.0]] * 6) == model.predict([[1e20, -1e20, 1e9, -1e9, 0.0]] * 6)


@pytest.mark.parametrize("shape", [(5, 5), (6, 4), (7, 5)])
def test_another_shape_is_told(shape):
    with pytest.raises(ValueError, match="expected 6 vectors of 5 features"):
        load_lstm(RAW).predict(np.zeros(shape).tolist())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not the file of an LSTM"),
        (b"PK\x03\x04" + bytes(100), "not the file of an LSTM"),
        (b"\x80\x04\x95", "not the file of an LSTM"),
        (RAW[:HEAD], "expected .* bytes"),
        (RAW[:-1], "expected .* bytes"),
        (RAW + b"\0", "expected .* bytes"),
        (struct.pack("<8sIII", b"WHLSTM01", 0, 4, 6), "features: expected 1..512, found 0"),
        (struct.pack("<8sIII", b"WHLSTM01", 5, 2**31, 6), "hidden"),
        (struct.pack("<8sIII", b"WHLSTM01", 512, 256, 2**32 - 1), "window"),
        (RAW[:-4] + struct.pack("<f", float("nan")), "bo: expected finite"),
        (RAW[:-4] + struct.pack("<f", float("inf")), "bo: expected finite"),
        (RAW[:-4] + struct.pack("<f", 1e9), "bo: expected finite"),
        (RAW[: HEAD + 20] + struct.pack("<f", 0.0) + RAW[HEAD + 24 :], "scale: expected positive"),
        (RAW[: HEAD + 20] + struct.pack("<f", -1.0) + RAW[HEAD + 24 :], "scale: expected positive"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_reason(raw, message):
    with pytest.raises(ModelError, match=message):
        load_lstm(raw)


BYTES = st.binary(max_size=12)
CHANGE = st.tuples(st.integers(0, len(RAW)), st.integers(0, 12), BYTES)


@settings(max_examples=100)
@given(st.lists(CHANGE, min_size=1, max_size=4), st.sampled_from(["replace", "splice"]))
def test_a_hostile_file_is_refused_or_answers(changes, way):
    raw = RAW
    for place, gone, new in changes:
        raw = raw[:place] + new + raw[place + (len(new) if way == "replace" else gone) :]
    try:
        model = load_lstm(raw)
    except ModelError:
        return
    assert isinstance(model, Lstm)
    assert 0.0 <= model.predict(np.ones((model.window, model.features)).tolist()) <= 1.0
