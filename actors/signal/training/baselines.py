"""What a model has to beat: always the same answer, and a straight line through the features."""

import numpy as np
from msgspec import Struct

from actors.signal.training.labels import Floats, Ints

_STEPS = 50
_CLOSE = 1e-9
_FAR = 8.0
_FAMILIAR = 10.0
"""So much weight a kind of examples needs for its own share of ups to count as much as that of all."""


def majority(y: Ints, w: Floats) -> float:
    """Return the share of ups in training, which is the best constant answer."""
    return float(np.average(y, weights=w))


def same_answers(y: Ints, w: Floats, group: Ints, asked: Ints) -> Floats:
    """Return the best constant answer for each kind of example, of those that are asked about.

    Args:
        y: Labels of training.
        w: Their weights.
        group: Their kinds; those with few examples lean towards the answer for all.
        asked: Kinds that are asked about, shape (n,).
    """
    every, kinds = majority(y, w), int(max(group.max(), asked.max())) + 1
    mass, ups = np.bincount(group, w, kinds), np.bincount(group, w * y, kinds)
    return np.asarray(every + (ups - every * mass) / (mass + _FAMILIAR))[asked]


class Logistic(Struct, frozen=True):
    """Logistic regression with a ridge, on standardized features."""

    mean: Floats
    spread: Floats
    coefficients: Floats
    """Shape (features + 1,), the intercept last."""

    def predict(self, x: Floats) -> Floats:
        """Return probabilities, shape (n,), of features of shape (n, features)."""
        return sigmoid(_design(x, self.mean, self.spread) @ self.coefficients)


def fit_logistic(x: Floats, y: Ints, w: Floats, ridge: float = 20.0) -> Logistic:
    """Return the regression by Newton's method; `ridge` / 2 times the squared coefficients is the price of size."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-12
    design = _design(x, mean, spread)
    penalty = np.full(design.shape[1], ridge)
    penalty[-1] = 0.0
    theta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        p = sigmoid(design @ theta)
        slope = design.T @ (w * (p - y)) + penalty * theta
        curve = (design * (w * p * (1.0 - p))[:, None]).T @ design + np.diag(penalty + _CLOSE)
        step = np.linalg.solve(curve, slope)
        theta -= step
        if np.abs(step).max() < _CLOSE:
            break
    return Logistic(mean, spread, theta)


def sigmoid(z: Floats) -> Floats:
    """Return 1 / (1 + e^-z) without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


def _design(x: Floats, mean: Floats, spread: Floats) -> Floats:
    """Return standardized features, outliers cut off, and a column of ones."""
    return np.hstack([np.clip((x - mean) / spread, -_FAR, _FAR), np.ones((len(x), 1))])
