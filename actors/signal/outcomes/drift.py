"""Whether features and scores are still those of the beginning: the population stability index."""

import numpy as np

from actors.ports.analyses import Sampled
from actors.signal.features import NAMES, SCHEMA
from actors.signal.training.metrics import psi
from actors.wire_predictions import DriftItem

MOVING, DRIFTED = 0.1, 0.25
"""Rules of thumb: below the first alike, above the second another market."""


def drift_of(before: Sampled, now: Sampled) -> tuple[DriftItem, list[DriftItem]]:
    """Return the drift of the scores, and that of each feature, the worst first."""
    then, recent = np.array(before.features), np.array(now.features)
    count = then.shape[1]
    names = NAMES if now.feature_schema == SCHEMA else tuple(f"feature_{place}" for place in range(count))
    items = [_item(name, psi(then[:, place], recent[:, place])) for place, name in enumerate(names[:count])]
    score = _item("score", psi(np.array(before.scores), np.array(now.scores)))
    return score, sorted(items, key=lambda item: -item.psi)


def _item(name: str, value: float) -> DriftItem:
    verdict = "stable" if value < MOVING else "moving" if value < DRIFTED else "drifted"
    return DriftItem(name=name, psi=value, verdict=verdict)  # type: ignore[arg-type]  # one of three literals
