"""Whether features and scores are still those of the beginning, or of training: the population stability index."""

from collections.abc import Iterator

import msgspec
import numpy as np
import structlog
from msgspec import Struct
from numpy.typing import NDArray

from actors.ports import Models
from actors.ports.analyses import Sampled
from actors.signal.features import NAMES, SCHEMA
from actors.signal.models.meta import ModelMeta
from actors.signal.training.metrics import drift, psi
from actors.wire_predictions import DriftItem, ModelDrift
from config.signal_errors import ModelError

MOVING, DRIFTED = 0.1, 0.25
"""Rules of thumb: below the first alike, above the second another market."""
KINDS = ("gbt", "lstm")
"""Of models that are trained here."""
BINS_FILE = "features.json"
"""Beside a model: what the features looked like in training."""

log = structlog.get_logger(__name__)


class _Bins(Struct, frozen=True):
    """Ten bins of one feature."""

    edges: list[float]
    """The inner ones."""
    shares: list[float]
    """Of the examples, one more than edges."""


def drift_of(before: Sampled, now: Sampled) -> tuple[DriftItem, list[DriftItem]]:
    """Return the drift of the scores, and that of each feature, the worst first."""
    then, recent = np.array(before.features), np.array(now.features)
    items = [_item(name, psi(then[:, place], recent[:, place])) for place, name in _places(now, then.shape[1])]
    score = _item("score", psi(np.array(before.scores), np.array(now.scores)))
    return score, _worst_first(items)


def drift_from_training(models: Models, instrument_id: str, interval: str, now: Sampled) -> list[ModelDrift]:
    """Return, per promoted model of the same features, how far they are from those that it has learnt from; blocks."""
    found = []
    recent = np.array(now.features)
    for kind in KINDS:
        meta = models.current(instrument_id, interval, kind)
        if meta is not None and meta.feature_schema == now.feature_schema:
            items = _against(models, meta, recent)
            if items:
                found.append(ModelDrift(kind=kind, model=meta.id, features=tuple(_worst_first(items))))
    return found


def _against(models: Models, meta: ModelMeta, recent: NDArray[np.float64]) -> list[DriftItem]:
    try:
        bins = msgspec.json.decode(models.read(meta, BINS_FILE), type=dict[str, _Bins])
    except (ModelError, msgspec.DecodeError) as e:
        log.warning("drift_not_measured", model=meta.id, reason=str(e))
        return []
    return [
        _item(name, drift(np.array(bins[name].edges), np.array(bins[name].shares), recent[:, place]))
        for place, name in enumerate(meta.feature_names[: recent.shape[1]])
        if name in bins and len(bins[name].shares) == len(bins[name].edges) + 1
    ]


def _places(now: Sampled, count: int) -> Iterator[tuple[int, str]]:
    names = NAMES if now.feature_schema == SCHEMA else tuple(f"feature_{place}" for place in range(count))
    return enumerate(names[:count])


def _worst_first(items: list[DriftItem]) -> list[DriftItem]:
    return sorted(items, key=lambda item: -item.psi)


def _item(name: str, value: float) -> DriftItem:
    verdict = "stable" if value < MOVING else "moving" if value < DRIFTED else "drifted"
    return DriftItem(name=name, psi=value, verdict=verdict)  # type: ignore[arg-type]  # one of three literals
