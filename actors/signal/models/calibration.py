"""From what a model says to how often it is right: applied here, fitted in training."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import exp, inf, isfinite, log
from typing import assert_never

from actors.signal.models.meta import Calibration
from config.signal_errors import ModelError

_EDGE = 1e-6
"""Nearest to 0 and 1 that a probability gets: beyond, its logit tells of rounding alone."""


def logit(p: float) -> float:
    """Return ln(p / (1 - p)) of a probability, cut off near 0 and 1."""
    p = min(max(p, _EDGE), 1.0 - _EDGE)
    return log(p / (1.0 - p))


def sigmoid(margin: float) -> float:
    """Return 1 / (1 + exp(-margin)); any finite margin is allowed."""
    if margin >= 0.0:
        return 1.0 / (1.0 + exp(-margin))
    grown = exp(margin)
    return grown / (1.0 + grown)


def apply_platt(p: float, a: float, b: float) -> float:
    """Return sigmoid(a * logit(p) + b)."""
    return sigmoid(a * logit(p) + b)


def apply_isotonic(p: float, x: Sequence[float], y: Sequence[float]) -> float:
    """Return the value at `p` of the line through the points (x, y), level beyond its ends; `x` grows."""
    right = bisect_right(x, p)
    if right == 0:
        return y[0]
    if right == len(x):
        return y[-1]
    left = right - 1
    share = (p - x[left]) / (x[right] - x[left])
    return y[left] + share * (y[right] - y[left])


def calibrated(p: float, calibration: Calibration) -> float:
    """Return the probability 0..1 that `p` of the model stands for."""
    match calibration.kind:
        case "none":
            return p
        case "platt":
            return apply_platt(p, calibration.a, calibration.b)
        case "isotonic":
            return apply_isotonic(p, calibration.x, calibration.y)
    assert_never(calibration.kind)


def check_calibration(calibration: Calibration) -> None:
    """Refuse a calibration that could give anything but a probability, or turn opinions round.

    Raises:
        ModelError: If it could.
    """
    x, y = calibration.x, calibration.y
    if calibration.kind == "platt" and not (0.0 <= calibration.a < inf and isfinite(calibration.b)):
        raise ModelError(f"calibration: a must not be negative and both finite, were {calibration.a}, {calibration.b}")
    if calibration.kind != "isotonic":
        return
    if len(x) != len(y) or not x:
        raise ModelError(f"calibration: x and y must be equally long and not empty, were {len(x)} and {len(y)}")
    if any(not left < right for left, right in pairwise(x)):
        raise ModelError("calibration: x must grow")
    if any(not left <= right for left, right in pairwise(y)) or not 0.0 <= y[0] <= y[-1] <= 1.0:
        raise ModelError("calibration: y must not fall and must lie in 0..1")
