"""The promoted model of one stream, as a predictor holds it."""

from collections.abc import Callable
from math import isclose
from typing import Final, Protocol

import structlog
from msgspec import Struct

from actors.ports import Models
from actors.signal.features import NAMES, SCHEMA, schema_hash
from actors.signal.golden import golden
from actors.signal.models.calibration import check_calibration
from actors.signal.models.meta import ModelMeta
from actors.signal.models.shelf import REFUSED
from actors.signal.predictor import PredictorContext
from config.signal_errors import ModelError

log = structlog.get_logger(__name__)

_SAME: Final = 1e-6
"""How far apart golden numbers may be: machines round differently, other formulas do not."""


class TakesVectors(Protocol):
    """What every model tells of itself."""

    features: int
    """How many numbers a vector has."""


class Loaded[T](Struct, frozen=True):
    """A model that may be used, and what is known of it."""

    meta: ModelMeta
    model: T


class Promoted[T: TakesVectors]:
    """Follows the promotions of one instrument, interval and kind: a new model is there from the next look on.

    A model that computes with other features than this node, or comes to another answer at the golden bars than when it
    was trained, is refused: then there is none.
    """

    def __init__(
        self, context: PredictorContext, kind: str, file: str, load: Callable[[bytes], T], ask: Callable[[T], float]
    ) -> None:
        """Prepare; nothing is read before the first look.

        Args:
            context: Whose model, and where from.
            kind: For example `gbt`.
            file: Name of the model's file.
            load: Reads and checks it; raises `ModelError`.
            ask: Returns the model's probability of the golden bars.
        """
        self.loaded: Loaded[T] | None = None
        """What to use now."""
        self.why = f"no {kind} model is promoted"
        """Why there is none."""
        self._context, self._models, self._kind, self._file = context, context.models, kind, file
        self._load, self._ask = load, ask
        self._version: int | None = None
        self._met: str | None = None

    def look(self) -> Loaded[T] | None:
        """Return the model to use at the newest bar; costs a look at the folder while nothing is promoted."""
        if self._models is None:
            return None
        version = self._models.version()
        if version != self._version:
            self._version = version
            self._follow(self._models)
        return self.loaded

    def _follow(self, models: Models) -> None:
        instrument_id, interval = self._context.instrument_id, self._context.interval
        meta = models.current(instrument_id, interval, self._kind)
        if meta is None:
            self.loaded, self._met, self.why = None, None, f"no {self._kind} model is promoted"
            return
        if meta.id == self._met:
            return
        self._met = meta.id
        try:
            self.loaded = self._checked(models, meta)
        except ModelError as e:
            self.loaded, self.why = None, f"model {meta.id[:40]} refused"
            REFUSED.inc()
            log.warning("model_refused", model=meta.id, instrument_id=instrument_id, interval=interval, reason=str(e))
        else:
            log.info("model_loaded", model=meta.id, instrument_id=instrument_id, interval=interval)

    def _checked(self, models: Models, meta: ModelMeta) -> Loaded[T]:
        if meta.feature_schema != SCHEMA or meta.schema_hash != schema_hash() or meta.feature_names != NAMES:
            raise ModelError(f"features: the model was trained on {meta.feature_schema[:40]}, this node has {SCHEMA}")
        trained, here = (meta.reference, meta.session), (self._context.reference, self._context.session)
        if trained != here:
            raise ModelError(f"features: the model was trained with reference and session {trained}, here are {here}")
        if not _are_close(meta.golden.features, golden()):
            raise ModelError("features: the golden bars give other numbers here than where the model was trained")
        check_calibration(meta.calibration)
        model = self._load(models.read(meta, self._file))
        if model.features != len(NAMES):
            raise ModelError(f"model: expected {len(NAMES)} features, found {model.features}")
        answer = self._ask(model)
        if not abs(answer - meta.golden.probability) <= _SAME:
            raise ModelError(f"model: the golden bars gave {meta.golden.probability} in training and {answer} here")
        return Loaded(meta, model)


def _are_close(found: tuple[float, ...], expected: tuple[float, ...]) -> bool:
    return len(found) == len(expected) and all(
        isclose(one, other, rel_tol=_SAME, abs_tol=_SAME) for one, other in zip(found, expected, strict=True)
    )
