"""How good probabilities are: numpy alone, in the node and in the training process alike."""

import numpy as np
from msgspec import Struct

from actors.signal.training.labels import Floats, Ints

EDGE = 1e-7
"""Probabilities are kept so far from 0 and 1, so that one sure mistake is not infinitely bad."""


class Bin(Struct, frozen=True):
    """Predictions of one range."""

    low: float
    high: float
    count: int
    predicted: float
    """Their mean probability."""
    observed: float
    """Share of them that came true."""


class Scores(Struct, frozen=True, kw_only=True):
    """What is told of one set of predictions."""

    count: int
    log_loss: float
    brier: float
    auc: float
    """0.5 where all labels are the same."""
    accuracy: float
    """Share of the labels that p > 0.5 says."""
    up_share: float
    """Share of the labels that are 1."""
    calibration_error: float
    """Mean distance of predicted and observed over ten bins, by their counts."""


def scores(y: Ints, p: Floats, w: Floats | None = None) -> Scores:
    """Return the scores of probabilities `p` of labels `y`; `w` weighs the log-loss and the Brier score."""
    return Scores(
        count=len(y),
        log_loss=log_loss(y, p, w),
        brier=float(np.average((p - y) ** 2, weights=w)),
        auc=auc(y, p),
        accuracy=float(np.mean((p > 0.5) == (y == 1))),  # noqa: PLR2004  # more likely than not
        up_share=float(np.mean(y)),
        calibration_error=calibration_error(reliability(y, p)),
    )


def log_loss(y: Ints, p: Floats, w: Floats | None = None) -> float:
    """Return the mean of -ln(probability given to what happened)."""
    p = np.clip(p, EDGE, 1.0 - EDGE)
    return float(np.average(-np.where(y == 1, np.log(p), np.log1p(-p)), weights=w))


def auc(y: Ints, p: Floats) -> float:
    """Return the chance that a random 1 is ranked above a random 0, ties half."""
    ups = int(y.sum())
    downs = len(y) - ups
    if not ups or not downs:
        return 0.5
    _, place, counts = np.unique(p, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2.0)[place]
    return float((ranks[y == 1].sum() - ups * (ups + 1) / 2.0) / (ups * downs))


def reliability(y: Ints, p: Floats, count: int = 10) -> list[Bin]:
    """Return `count` bins of equal width over 0..1; those without a prediction are left out."""
    place = np.minimum((p * count).astype(int), count - 1)
    found = []
    for number in range(count):
        inside = place == number
        if inside.any():
            low, high = number / count, (number + 1) / count
            found.append(Bin(low, high, int(inside.sum()), float(p[inside].mean()), float(y[inside].mean())))
    return found


def calibration_error(bins: list[Bin]) -> float:
    """Return the mean distance of predicted and observed, weighted by the counts."""
    total = sum(item.count for item in bins)
    return sum(item.count * abs(item.predicted - item.observed) for item in bins) / total if total else 0.0


def psi(expected: Floats, found: Floats, count: int = 10) -> float:
    """Return the population stability index of one feature: below 0.1 alike, above 0.25 another market.

    Args:
        expected: Values in training; their quantiles are the bins.
        found: Values now.
        count: How many bins.
    """
    return drift(*quantile_bins(expected, count), found)


def quantile_bins(values: Floats, count: int = 10) -> tuple[Floats, Floats]:
    """Return the inner edges of bins that hold equal shares of `values`, and the share that each really holds."""
    edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, count + 1)[1:-1]))
    return edges, _shares(edges, values)


def drift(edges: Floats, shares: Floats, found: Floats) -> float:
    """Return the population stability index of `found` against the shares of each bin in training."""
    now, before = np.maximum(_shares(edges, found), 1e-4), np.maximum(shares, 1e-4)
    return float(np.sum((now - before) * np.log(now / before)))


def _shares(edges: Floats, values: Floats) -> Floats:
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return np.asarray(counts / max(len(values), 1))
