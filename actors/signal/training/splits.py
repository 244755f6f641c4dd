"""Walk-forward: learn from the past, be judged by what came after, and let nothing of the one into the other."""

from itertools import pairwise

import numpy as np
from msgspec import Struct

from actors.signal.training.labels import Ints
from actors.signal.training.least import FIT, LEAST
from config.training_errors import InsufficientDataError


class Split(Struct, frozen=True):
    """Positions of rows, each later than the one before, with a gap of the labels' length and the embargo."""

    fit: Ints
    """What the model learns from."""
    validation: Ints
    """What it is calibrated on, and its threshold chosen by; later than `fit`."""


class Fold(Split, frozen=True):
    """A split and the out-of-sample rows after it."""

    test: Ints


def split(end: Ints, index: Ints, *, share: float = FIT, embargo: int = 0) -> Split:
    """Return the first `share` of the rows to fit and the rest to validate; see `folds` for the arguments."""
    cut = int(len(index) * share)
    fit = purged(np.arange(cut), end, int(index[cut]), embargo) if cut < len(index) else np.arange(cut)
    _check(len(fit), "to fit")
    _check(len(index) - cut, "to validate")
    return Split(fit, np.arange(cut, len(index)))


def folds(end: Ints, index: Ints, *, count: int = 5, first: float = 0.4, embargo: int = 0) -> list[Fold]:
    """Return expanding folds: the rows before each part that is judged, purged, split to fit and to validate.

    Args:
        end: Bar in which the label of each row ends, shape (n,).
        index: Bar of each row, ascending, shape (n,).
        count: How many parts are judged.
        first: Share of the rows before the first of them.
        embargo: Bars between the last bar that a label has seen and the first that is judged.

    Raises:
        InsufficientDataError: If the rows are too few.
    """
    cuts = np.linspace(int(len(index) * first), len(index), count + 1).astype(int)
    found = []
    for start, stop in pairwise(cuts.tolist()):
        _check(stop - start, "to judge")
        past = purged(np.arange(start), end, int(index[start]), embargo)
        inner = split(end[past], index[past], embargo=embargo)
        found.append(Fold(past[inner.fit], past[inner.validation], np.arange(start, stop)))
    return found


def purged(rows: Ints, end: Ints, before: int, embargo: int) -> Ints:
    """Return those rows whose labels have ended more than `embargo` bars before the bar `before`."""
    return rows[end[rows] < before - embargo]


def _check(count: int, what: str) -> None:
    if count < LEAST:
        raise InsufficientDataError(f"too little data: expected at least {LEAST} rows {what}, found {count}")
