"""A small recurrent network in NumPy: its file, checked, and its answer to one window of features.

The file is our own: a head (magic, features, hidden units, window), then float32 arrays in a fixed order, of sizes that
follow from the head. There is nothing in it to unpack or to run, and a byte too many or too few refuses it.
"""

from collections.abc import Mapping, Sequence
from math import prod
from struct import Struct as Layout
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from actors.signal.models.calibration import sigmoid
from config.signal_errors import ModelError

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

MOST_FEATURES: Final = 512
MOST_HIDDEN: Final = 256
MOST_WINDOW: Final = 128
"""Less than there are golden bars with features."""
CLIP: Final = 5.0
"""Standardized features are kept within -5..5: a market never seen before must not saturate everything."""
_MOST = 1_000.0
"""No weight of a trained network is larger."""
_MOST_MEAN = 1e9
_LEAST_SCALE = 1e-9
_MAGIC = b"WHLSTM01"
_HEAD = Layout("<8sIII")
_BATCH = 1_024


def shapes(features: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Return the arrays of a network in the order of its file. Gates stand as input, forget, output, candidate."""
    return {
        "mean": (features,),
        "scale": (features,),
        "wx": (features, 4 * hidden),
        "wh": (hidden, 4 * hidden),
        "b": (4 * hidden,),
        "wo": (hidden,),
        "bo": (1,),
    }


class Sequences(Protocol):
    """Many windows: an array of shape (n, window, features), or what cuts parts of it out when they are asked for."""

    def __len__(self) -> int:
        """Return how many."""

    def __getitem__(self, rows: slice, /) -> NDArray[np.floating]:
        """Return those of a slice."""


class Lstm:
    """A checked network; one layer, one output; no state between answers.

    It is learnt in single precision and answers in double, so that machines agree on the golden bars.
    """

    def __init__(self, window: int, arrays: Mapping[str, Singles]) -> None:
        """Take what `load_lstm` has checked."""
        self.window = window
        """How many bars it looks back."""
        self.features = len(arrays["mean"])
        """How many numbers a vector has."""
        doubles = {name: array.astype(np.float64) for name, array in arrays.items()}
        self._mean, self._scale = doubles["mean"], 1.0 / doubles["scale"]
        self._hidden = hidden = len(arrays["wo"])
        # sigmoid(z) = tanh(z / 2) / 2 + 1 / 2: with the gates' halves in the weights one tanh does for all four.
        half = np.repeat([0.5, 1.0], [3 * hidden, hidden])
        self._wx, self._wh, self._b = doubles["wx"] * half, doubles["wh"] * half, doubles["b"] * half
        self._wo, self._bo = doubles["wo"], float(doubles["bo"][0])

    def predict(self, window: Sequence[Sequence[float]]) -> float:
        """Return the probability 0..1 of the upper class.

        Args:
            window: Vectors of the newest `window` bars, oldest first, every number finite.

        Raises:
            ValueError: If it has another shape.
        """
        x = np.array(window, np.float64)
        if x.shape != (self.window, self.features):
            raise ValueError(f"expected {self.window} vectors of {self.features} features, found shape {x.shape}")
        return sigmoid(float(self._state(x[None])[0] @ self._wo) + self._bo)

    def predict_all(self, windows: Sequences) -> Doubles:
        """Return the probabilities of many windows, shape (n, window, features) -> (n,)."""
        found = np.empty(len(windows))
        for first in range(0, len(windows), _BATCH):
            part = windows[first : first + _BATCH].astype(np.float64)
            logits = self._state(part) @ self._wo + self._bo
            found[first : first + _BATCH] = 0.5 * np.tanh(0.5 * logits) + 0.5
        return found

    def _state(self, x: Doubles) -> Doubles:
        """Return what is remembered at the end of each window, shape (n, hidden)."""
        count, hidden = len(x), self._hidden
        inputs = np.clip((x - self._mean) * self._scale, -CLIP, CLIP) @ self._wx
        inputs += self._b
        h, c, part = (np.zeros((count, hidden)) for _ in range(3))
        z = np.empty((count, 4 * hidden))
        gates, candidate = z[:, : 3 * hidden], z[:, 3 * hidden :]
        take, keep, show = (gates[:, n * hidden : (n + 1) * hidden] for n in range(3))
        for step in range(x.shape[1]):
            np.matmul(h, self._wh, out=z)
            z += inputs[:, step]
            np.tanh(z, out=z)
            gates *= 0.5
            gates += 0.5
            c *= keep
            np.multiply(take, candidate, out=part)
            c += part
            np.tanh(c, out=part)
            np.multiply(show, part, out=h)
        return h


def dump_lstm(window: int, arrays: Mapping[str, Singles]) -> bytes:
    """Return the file of a network."""
    features, hidden = arrays["wx"].shape[0], len(arrays["wo"])
    head = _HEAD.pack(_MAGIC, features, hidden, window)
    return head + b"".join(arrays[name].astype("<f4").tobytes() for name in shapes(features, hidden))


def load_lstm(raw: bytes) -> Lstm:
    """Return the network of a file.

    Raises:
        ModelError: If it is anything but a whole network of the known form; says which part is wrong.
    """
    if len(raw) < _HEAD.size or not raw.startswith(_MAGIC):
        raise ModelError("model: not the file of an LSTM")
    _, features, hidden, window = _HEAD.unpack_from(raw)
    for name, found, most in (
        ("features", features, MOST_FEATURES),
        ("hidden", hidden, MOST_HIDDEN),
        ("window", window, MOST_WINDOW),
    ):
        if not 1 <= found <= most:
            raise ModelError(f"model: {name}: expected 1..{most}, found {found}")
    sizes = shapes(features, hidden)
    expected = _HEAD.size + 4 * sum(prod(shape) for shape in sizes.values())
    if len(raw) != expected:
        raise ModelError(f"model: expected {expected} bytes, found {len(raw)}")
    arrays, place = {}, _HEAD.size
    for name, shape in sizes.items():
        array = np.frombuffer(raw, "<f4", prod(shape), place).astype(np.float32).reshape(shape)
        _check(name, array)
        arrays[name] = array
        place += array.nbytes
    return Lstm(window, arrays)


def _check(name: str, array: Singles) -> None:
    most = _MOST_MEAN if name in {"mean", "scale"} else _MOST
    if not np.all(np.abs(array) <= most):  # NaN is not
        raise ModelError(f"model: {name}: expected finite numbers within {most:g}")
    if name == "scale" and not np.all(array >= _LEAST_SCALE):
        raise ModelError("model: scale: expected positive numbers")
