"""How much each label counts: labels that share their bars with others say less that is new."""

import numpy as np

from actors.signal.training.labels import Floats, Ints


def uniqueness(start: Ints, end: Ints) -> Floats:
    """Return the average uniqueness of each label: the mean of 1 / (labels that span the bar) over its bars, 0..1.

    Args:
        start: Index of each label's entry bar; it spans the bars after that one.
        end: Index of the bar in which it ends, above `start`.
    """
    if not len(start):
        return np.zeros(0)
    changes = np.zeros(int(end.max()) + 2)
    np.add.at(changes, start + 1, 1.0)
    np.add.at(changes, end + 1, -1.0)
    spanned = np.cumsum(changes)
    shares = np.concatenate([[0.0], np.cumsum(1.0 / np.maximum(spanned, 1.0))])
    return np.asarray((shares[end + 1] - shares[start + 1]) / (end - start))


def weights(start: Ints, end: Ints) -> Floats:
    """Return the uniqueness scaled to a mean of 1: smaller ones would silently forbid a tree every split."""
    unique = uniqueness(start, end)
    return unique / unique.mean() if len(unique) else unique


def effective(start: Ints, end: Ints) -> float:
    """Return how many independent labels these are worth."""
    return float(uniqueness(start, end).sum())
