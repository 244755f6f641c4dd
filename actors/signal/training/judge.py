"""Walk-forward: one recipe fitted again and again on the past and judged by what came after."""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct

from actors.signal.training.baselines import fit_logistic, same_answers
from actors.signal.training.calibrate import Calibrator, calibrate
from actors.signal.training.examples import Examples
from actors.signal.training.labels import Floats, Ints
from actors.signal.training.learners import Learner
from actors.signal.training.splits import Fold, Split
from config.training_errors import InsufficientDataError

Told = Callable[[int, int, str], None]
"""(done, of, message)."""


class Fitted(Struct, frozen=True):
    """A model and its calibration."""

    model: bytes
    calibrator: Calibrator
    validation: Floats
    """Calibrated probabilities of the validation rows: those it was calibrated on."""


class Judged(Struct, frozen=True):
    """One fold's probabilities; each array belongs to the rows of `fold` of its name."""

    fold: Fold
    fitted: Fitted
    training: Floats
    raw: Floats
    """Of the test rows, before calibration."""
    test: Floats
    majority: Floats
    """The best constant answer, for each kind of example its own."""
    logistic: Floats
    threshold: float


def fitted(data: Examples, learner: Learner, split: Split, seed: int) -> Fitted:
    """Fit a model to `split.fit` and its calibration to `split.validation`.

    Raises:
        InsufficientDataError: If all labels are the same: there is nothing to tell apart.
    """
    labels = data.y[split.fit]
    if labels.min() == labels.max():
        raise InsufficientDataError(f"too little data: all {len(labels):,} labels to learn from are the same")
    model = learner.fit(learner.see(data, split.fit), labels, data.weights(split.fit), seed)
    raw = learner.predict(model, learner.see(data, split.validation))
    rows = split.validation
    calibrator = calibrate(raw, data.y[rows], data.index[rows], data.end[rows])
    return Fitted(model, calibrator, calibrator.apply(raw))


def judge(
    data: Examples, learner: Learner, folds: Sequence[Fold], *, act_on: float, seed: int, told: Told
) -> list[Judged]:
    """Judge a recipe by every fold.

    Args:
        data: All examples.
        learner: The recipe.
        folds: Rows to fit, validate and judge by.
        act_on: Share of the validation's opinions, the strongest, that sets the threshold of trading.
        seed: Of the fits.
        told: Hears how far it is.
    """
    found = []
    for number, fold in enumerate(folds, 1):
        told(number - 1, len(folds), f"fold {number} of {len(folds)}, {len(fold.fit):,} examples")
        found.append(_judged(data, learner, fold, act_on, seed))
    told(len(folds), len(folds), "folds are judged")
    return found


def _judged(data: Examples, learner: Learner, fold: Fold, act_on: float, seed: int) -> Judged:
    made = fitted(data, learner, fold, seed)
    apply = made.calibrator.apply
    raw = learner.predict(made.model, learner.see(data, fold.test))
    y, w = data.y[fold.fit], data.weights(fold.fit)
    group = data.group
    return Judged(
        fold=fold,
        fitted=made,
        training=apply(learner.predict(made.model, learner.see(data, fold.fit))),
        raw=raw,
        test=apply(raw),
        majority=same_answers(y, w, group[fold.fit], group[fold.test]),
        logistic=fit_logistic(data.x(fold.fit), y, w).predict(data.x(fold.test)),
        threshold=float(np.quantile(np.abs(made.validation - 0.5), 1.0 - act_on)),
    )


def joined(judged: Sequence[Judged], name: str) -> Floats:
    """Return one array of all folds, in the order of time."""
    return np.concatenate([getattr(item, name) for item in judged])


def judged_rows(judged: Sequence[Judged]) -> Ints:
    """Return the rows that were judged, in the order of time."""
    return np.concatenate([item.fold.test for item in judged])
