"""Probabilities that mean what they say: Platt's line through the log-odds, or a staircase where there is enough data.

A straight line has two numbers and can be fitted to little; isotonic regression bends as it likes and is taken only
with `LEAST_EFFECTIVE` independent labels, and when it is better on labels that neither has seen.
"""

from typing import Literal

import numpy as np
from msgspec import Struct

from actors.signal.training.baselines import sigmoid
from actors.signal.training.labels import Floats, Ints
from actors.signal.training.metrics import log_loss
from actors.signal.training.splits import purged
from actors.signal.training.weights import uniqueness

LEAST_EFFECTIVE = 1_000.0
_LIMIT = 0.01
_STEPS = 100
_CLOSE = 1e-10


class Platt(Struct, frozen=True, tag="platt"):
    """p -> sigmoid(a * log-odds(p) + b)."""

    a: float
    b: float

    @property
    def kind(self) -> Literal["platt"]:
        """Return its name."""
        return "platt"

    def apply(self, p: Floats) -> Floats:
        """Return calibrated probabilities."""
        return sigmoid(self.a * _log_odds(p) + self.b)


class Isotonic(Struct, frozen=True, tag="isotonic"):
    """A rising staircase with straight lines between its corners; flat beyond the outer ones."""

    x: tuple[float, ...]
    """Raw probabilities, ascending."""
    y: tuple[float, ...]
    """What they are worth, never falling."""

    @property
    def kind(self) -> Literal["isotonic"]:
        """Return its name."""
        return "isotonic"

    def apply(self, p: Floats) -> Floats:
        """Return calibrated probabilities."""
        return np.interp(p, self.x, self.y)


Calibrator = Platt | Isotonic


def fit_platt(p: Floats, y: Ints, w: Floats | None = None) -> Platt:
    """Return Platt's line, by Newton's method on his smoothed targets: (n1 + 1) / (n1 + 2) and 1 / (n0 + 2)."""
    w = np.ones(len(p)) if w is None else w
    ups, downs = float(w[y == 1].sum()), float(w[y != 1].sum())
    target = np.where(y == 1, (ups + 1.0) / (ups + 2.0), 1.0 / (downs + 2.0))
    design = np.column_stack([_log_odds(p), np.ones(len(p))])
    theta = np.array([0.0, np.log((ups + 1.0) / (downs + 1.0))])
    for _ in range(_STEPS):
        guess = sigmoid(design @ theta)
        slope = design.T @ (w * (guess - target))
        curve = (design * (w * guess * (1.0 - guess))[:, None]).T @ design + _CLOSE * np.eye(2)
        step = np.linalg.solve(curve, slope)
        theta = theta - step
        if np.abs(step).max() < _CLOSE:
            break
    if theta[0] < 0.0:  # what was learnt is turned round here: then it is worth nothing, not its opposite
        return Platt(0.0, float(np.log((ups + 1.0) / (downs + 1.0))))
    return Platt(float(theta[0]), float(theta[1]))


def fit_isotonic(p: Floats, y: Ints, w: Floats | None = None) -> Isotonic:
    """Return the rising staircase closest to the labels, by pooling adjacent violators; kept off 0 and 1."""
    w = np.ones(len(p)) if w is None else w
    places, group = np.unique(p, return_inverse=True)
    mass = np.bincount(group, w)
    levels = _pooled(np.bincount(group, w * y) / mass, mass)
    corner = np.ones(len(places), np.bool_)
    corner[1:-1] = (levels[1:-1] != levels[:-2]) | (levels[1:-1] != levels[2:])
    clipped = np.clip(levels[corner], _LIMIT, 1.0 - _LIMIT)
    return Isotonic(tuple(places[corner].tolist()), tuple(clipped.tolist()))


def calibrate(p: Floats, y: Ints, start: Ints, end: Ints) -> Calibrator:
    """Return the calibrator for a model whose raw probabilities of unseen rows are `p`.

    Args:
        p: Raw probabilities, in the order of time, shape (n,).
        y: What happened.
        start: Bar of each row.
        end: Bar in which its label ends.
    """
    w = uniqueness(start, end)  # not scaled: the smoothing counts independent labels
    if w.sum() >= LEAST_EFFECTIVE and _is_staircase_better(p, y, start, end):
        return fit_isotonic(p, y, w)
    return fit_platt(p, y, w)


def _is_staircase_better(p: Floats, y: Ints, start: Ints, end: Ints) -> bool:
    """Compare on the later third, fitted to what ended before it."""
    cut = len(p) * 2 // 3
    old, new = purged(np.arange(cut), end, int(start[cut]), 0), np.arange(cut, len(p))
    w = uniqueness(start[old], end[old])
    line, stairs = fit_platt(p[old], y[old], w), fit_isotonic(p[old], y[old], w)
    judged = uniqueness(start[new], end[new])
    return log_loss(y[new], stairs.apply(p[new]), judged) < log_loss(y[new], line.apply(p[new]), judged)


def _pooled(values: Floats, mass: Floats) -> Floats:
    """Return the closest values that never fall."""
    level, weight, count = [], [], []
    for value, heavy in zip(values.tolist(), mass.tolist(), strict=True):
        level.append(value)
        weight.append(heavy)
        count.append(1)
        while len(level) > 1 and level[-2] >= level[-1]:
            last, last_weight, last_count = level.pop(), weight.pop(), count.pop()
            total = weight[-1] + last_weight
            level[-1] = (level[-1] * weight[-1] + last * last_weight) / total
            weight[-1], count[-1] = total, count[-1] + last_count
    return np.repeat(level, count)


def _log_odds(p: Floats) -> Floats:
    p = np.clip(p, 1e-6, 1.0 - 1e-6)
    return np.asarray(np.log(p) - np.log1p(-p))
