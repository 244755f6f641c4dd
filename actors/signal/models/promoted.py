"""The promoted model of one place of the registry, as whoever asks it holds it."""

from collections.abc import Callable
from math import isclose
from typing import Final, Protocol, override

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


class Computed(Struct, frozen=True, kw_only=True):
    """What this node asks models with."""

    schema: str
    schema_hash: str
    names: tuple[str, ...]
    golden: tuple[float, ...]
    """Features of the shipped example."""
    example: str
    """What that is, for messages: `golden bars`."""


class Followed[T: TakesVectors]:
    """Follows the promotions of one instrument, interval and kind: a new model is there from the next look on.

    A model that computes with other features than this node, or comes to another answer at the shipped example than
    when it was trained, is refused: then there is none.
    """

    def __init__(self, models: Models | None, instrument_id: str, interval: str, kind: str, *, noun: str) -> None:
        """Prepare; nothing is read before the first look.

        Args:
            models: Where the promoted model is; None: nowhere.
            instrument_id: Whose model.
            interval: Of which bars.
            kind: For example `gbt`.
            noun: What messages call such a model.
        """
        self.loaded: Loaded[T] | None = None
        """What to use now."""
        self.why = f"no {noun} is promoted"
        """Why there is none."""
        self._models = models
        self._place = instrument_id, interval, kind
        self._missing = self.why
        self._version: int | None = None
        self._met: str | None = None

    def look(self) -> Loaded[T] | None:
        """Return the model to use now; costs a look at the folder while nothing is promoted."""
        if self._models is None:
            return None
        version = self._models.version()
        if version != self._version:
            self._version = version
            self._follow(self._models)
        return self.loaded

    def computed(self) -> Computed:
        """Return what this node asks models with."""
        raise NotImplementedError

    def check_training(self, meta: ModelMeta) -> None:
        """Check what else a model was trained with.

        Raises:
            ModelError: If this node asks with something else.
        """
        raise NotImplementedError

    def read(self, models: Models, meta: ModelMeta) -> T:
        """Return the model of a file that is what it was when it was kept.

        Raises:
            ModelError: If it is none.
        """
        raise NotImplementedError

    def golden_answer(self, model: T) -> float:
        """Return a model's probability of the shipped example."""
        raise NotImplementedError

    def _follow(self, models: Models) -> None:
        instrument_id, interval, _ = self._place
        meta = models.current(*self._place)
        if meta is None:
            self.loaded, self._met, self.why = None, None, self._missing
            return
        if meta.id == self._met:
            return
        self._met = meta.id
        try:
            self.loaded = Loaded(meta, self._checked(models, meta))
        except ModelError as e:
            self.loaded, self.why = None, f"model {meta.id[:40]} refused"
            REFUSED.inc()
            log.warning("model_refused", model=meta.id, instrument_id=instrument_id, interval=interval, reason=str(e))
        else:
            log.info("model_loaded", model=meta.id, instrument_id=instrument_id, interval=interval)

    def _checked(self, models: Models, meta: ModelMeta) -> T:
        here = self.computed()
        if (meta.feature_schema, meta.schema_hash, meta.feature_names) != (here.schema, here.schema_hash, here.names):
            why = f"the model was trained on {meta.feature_schema[:40]}, this node has {here.schema}"
            raise ModelError(f"features: {why}")
        self.check_training(meta)
        if not _are_close(meta.golden.features, here.golden):
            raise ModelError(f"features: the {here.example} gives other numbers here than where the model was trained")
        check_calibration(meta.calibration)
        model = self.read(models, meta)
        if model.features != len(here.names):
            raise ModelError(f"model: expected {len(here.names)} features, found {model.features}")
        answer, trained = self.golden_answer(model), meta.golden.probability
        if not abs(answer - trained) <= _SAME:
            raise ModelError(f"model: the {here.example} gave {trained} in training and {answer} here")
        return model


class Promoted[T: TakesVectors](Followed[T]):
    """The promoted model of one stream."""

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
        super().__init__(context.models, context.instrument_id, context.interval, kind, noun=f"{kind} model")
        self._context, self._file, self._load, self._ask = context, file, load, ask

    @override
    def computed(self) -> Computed:
        return Computed(
            schema=SCHEMA, schema_hash=schema_hash(), names=NAMES, golden=golden(), example="set of golden bars"
        )

    @override
    def check_training(self, meta: ModelMeta) -> None:
        trained, here = (meta.reference, meta.session), (self._context.reference, self._context.session)
        if trained != here:
            raise ModelError(f"features: the model was trained with reference and session {trained}, here are {here}")

    @override
    def read(self, models: Models, meta: ModelMeta) -> T:
        return self._load(models.read(meta, self._file))

    @override
    def golden_answer(self, model: T) -> float:
        return self._ask(model)


def _are_close(found: tuple[float, ...], expected: tuple[float, ...]) -> bool:
    return len(found) == len(expected) and all(
        isclose(one, other, rel_tol=_SAME, abs_tol=_SAME) for one, other in zip(found, expected, strict=True)
    )
