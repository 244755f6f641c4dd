"""The mathematics of learning for the small recurrent network: loss, slopes by back-propagation through time, Adam.

Everything runs in the precision of its input: float32 to learn, float64 to check the slopes against differences.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.signal.models.lstm import shapes

Array = NDArray[np.floating]
Arrays = dict[str, NDArray[np.floating]]
"""The weights of a network, or their slopes, by the names of its file."""

_MOST_NORM = 1.0
_BETA, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8
_STATISTICS = {"mean", "scale"}

_Step = tuple[Array, ...]
"""What a step back needs of a step forth: gates and candidate, cell before, tanh of the cell, output before."""


def start(features: int, hidden: int, share: float, draw: np.random.Generator) -> Arrays:
    """Return the weights to begin with: small and random, remembering rather than forgetting, at the base rate."""
    reach = 1.0 / np.sqrt(hidden)
    arrays = {
        name: draw.uniform(-reach, reach, shape).astype(np.float32)
        for name, shape in shapes(features, hidden).items()
        if name not in _STATISTICS
    }
    arrays["b"][:] = 0.0
    arrays["b"][hidden : 2 * hidden] = 1.0
    share = min(max(share, 0.01), 0.99)
    arrays["bo"][0] = np.log(share / (1.0 - share))
    return arrays


def loss(arrays: Arrays, x: Array, y: Array, w: Array) -> float:
    """Return the weighted mean cross-entropy (nats) of standardized windows, shape (n, window, features)."""
    logits, _, _ = _forth(arrays, x)
    return _cross_entropy(logits, y, w)


def loss_and_slopes(arrays: Arrays, x: Array, y: Array, w: Array) -> tuple[float, Arrays]:
    """Return the loss and how it grows with every weight."""
    logits, steps, h = _forth(arrays, x)
    slope = ((_sigmoid(logits) - y) * w / w.sum()).astype(x.dtype)
    slopes: Arrays = {"wo": h.T @ slope, "bo": slope.sum(keepdims=True)}
    back, dwh = _back(arrays, steps, slope[:, None] * arrays["wo"])
    flat = back.reshape(-1, back.shape[2])
    slopes["wx"] = x.reshape(-1, x.shape[2]).T @ flat
    slopes["wh"], slopes["b"] = dwh, flat.sum(axis=0)
    return _cross_entropy(logits, y, w), slopes


class Adam:
    """Steps down the slopes, each weight at its own pace; changes the arrays in place."""

    def __init__(self, arrays: Arrays, learning_rate: float) -> None:
        """Start at rest."""
        self._rate = learning_rate
        self._mean = {name: np.zeros_like(array) for name, array in arrays.items()}
        self._square = {name: np.zeros_like(array) for name, array in arrays.items()}
        self._steps = 0

    def step(self, arrays: Arrays, slopes: Arrays) -> None:
        """Change the weights a little; slopes that are steep together are made flatter first."""
        self._steps += 1
        norm = float(np.sqrt(sum(float(np.sum(slope * slope)) for slope in slopes.values())))
        flatter = min(1.0, _MOST_NORM / (norm + 1e-9))
        first, second = 1.0 - _BETA**self._steps, 1.0 - _BETA_2**self._steps
        for name in sorted(arrays):
            slope = slopes[name] * flatter
            mean, square = self._mean[name], self._square[name]
            mean += (1.0 - _BETA) * (slope - mean)
            square += (1.0 - _BETA_2) * (slope * slope - square)
            arrays[name] -= self._rate / first * mean / (np.sqrt(square / second) + _EPSILON)


def _forth(arrays: Arrays, x: Array) -> tuple[Array, Sequence[_Step], Array]:
    """Return the logits, what each step was, and the last output."""
    hidden, count = len(arrays["wo"]), len(x)
    inputs = x @ arrays["wx"] + arrays["b"]
    h = np.zeros((count, hidden), x.dtype)
    c = np.zeros((count, hidden), x.dtype)
    steps: list[_Step] = []
    for step in range(x.shape[1]):
        z = inputs[:, step] + h @ arrays["wh"]
        gates = _sigmoid(z[:, : 3 * hidden])
        take, keep, show = gates[:, :hidden], gates[:, hidden : 2 * hidden], gates[:, 2 * hidden :]
        candidate = np.tanh(z[:, 3 * hidden :])
        before, h_before = c, h
        c = keep * before + take * candidate
        shown = np.tanh(c)
        h = show * shown
        steps.append((take, keep, show, candidate, before, shown, h_before))
    return h @ arrays["wo"] + arrays["bo"][0], steps, h


def _back(arrays: Arrays, steps: Sequence[_Step], dh: Array) -> tuple[Array, Array]:
    """Return the slopes before the gates, shape (n, window, 4 hidden), and those of `wh`."""
    count, hidden = dh.shape
    dz = np.empty((count, len(steps), 4 * hidden), dh.dtype)
    dwh, dc = np.zeros_like(arrays["wh"]), np.zeros_like(dh)
    for number in range(len(steps) - 1, -1, -1):
        take, keep, show, candidate, before, shown, h_before = steps[number]
        dc = dc + dh * show * (1.0 - shown * shown)
        here = np.concatenate(
            [
                dc * candidate * take * (1.0 - take),
                dc * before * keep * (1.0 - keep),
                dh * shown * show * (1.0 - show),
                dc * take * (1.0 - candidate * candidate),
            ],
            axis=1,
        )
        dz[:, number] = here
        dwh += h_before.T @ here
        dh = here @ arrays["wh"].T
        dc = dc * keep
    return dz, dwh


def _sigmoid(z: Array) -> Array:
    return 0.5 * np.tanh(0.5 * z) + 0.5


def _cross_entropy(logits: Array, y: Array, w: Array) -> float:
    return float(np.average(np.logaddexp(0.0, logits) - y * logits, weights=w))
