"""Tests that every training runs on itself: does it find nothing where nothing is, and something where something is?"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from actors.signal.training.labels import Floats, Ints
from actors.signal.training.metrics import auc
from actors.signal.training.windows import Shown

FOUND = 0.8
_TOLERANCE = 0.05
_DEVIATIONS = 3.0

Learn = Callable[[Any, Ints], Callable[[Any], Floats]]
"""Fits what is shown and labels; what it returns gives the probabilities of other rows."""
Compute = Callable[[int], Floats | Sequence[Sequence[float]]]
"""The features of the first n bars, one vector each."""


class LeakTest(Struct, frozen=True, kw_only=True):
    """One test and how it went."""

    name: str
    passed: bool
    value: float
    expected: str


def shuffled_labels(
    x: tuple[Shown, Shown], y: tuple[Ints, Ints], learn: Learn, *, independent: float, seed: int
) -> LeakTest:
    """Learn labels in a random order: whoever still knows the answers has them from somewhere else.

    Args:
        x: Features to learn from and to be judged by.
        y: Their labels.
        learn: The training that is examined.
        independent: How many independent labels the judged ones are worth: chance deviates by their root.
        seed: Of the order.
    """
    order = np.random.default_rng(seed).permutation(len(y[0]))
    value = auc(y[1], learn(x[0], y[0][order])(x[1]))
    room = max(_TOLERANCE, float(_DEVIATIONS / np.sqrt(3.0 * max(independent, 1.0))))
    return LeakTest(
        name="shuffled_labels",
        passed=abs(value - 0.5) <= room,
        value=value,
        expected=f"AUC {0.5 - room:.2f}..{0.5 + room:.2f}",
    )


def planted_future(
    x: tuple[Shown, Shown],
    y: tuple[Ints, Ints],
    future: tuple[Floats, Floats],
    learn: Learn,
    *,
    hint: Callable[[Shown, Floats], Shown],
    seed: int,
) -> LeakTest:
    """Add a feature that knows the future return, half hidden in noise: a training that misses it finds nothing.

    Args:
        x: Features to learn from and to be judged by.
        y: Their labels.
        future: Return from entry to end of each label.
        learn: The training that is examined.
        hint: Adds a feature, one number per example, to examples.
        seed: Of the noise.
    """
    draw, spread = np.random.default_rng(seed), float(np.std(future[0])) or 1.0
    hinted = [
        hint(part, known / spread + draw.normal(0.0, 0.5, len(known))) for part, known in zip(x, future, strict=True)
    ]
    value = auc(y[1], learn(hinted[0], y[0])(hinted[1]))
    return LeakTest(name="planted_future", passed=value > FOUND, value=value, expected=f"AUC above {FOUND}")


def same_beginnings(compute: Compute, count: int) -> LeakTest:
    """Compute the features of the first bars without the later ones: they must be the very same numbers.

    Args:
        compute: What makes features; asked for `count` bars and for some fewer.
        count: Bars at most.
    """
    whole = [tuple(vector) for vector in compute(count)]
    lengths = sorted({count // 3, count // 2, count - 1})
    wrong = sum(tuple(vector) != whole[index] for length in lengths for index, vector in enumerate(compute(length)))
    return LeakTest(name="same_beginnings", passed=wrong == 0, value=float(wrong), expected="0 vectors that differ")
