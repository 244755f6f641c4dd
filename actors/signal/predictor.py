"""What a predictor is and what it sees. One file each in `predictors/`; third parties by entry point."""

from abc import ABC, abstractmethod
from collections import deque
from itertools import islice
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from actors.messages import Prediction
from actors.ports import Background, Models
from actors.signal.features import NAMES, WARMUP, FloatBar, Vector
from config.errors import ConfigError
from config.fields import Config
from config.registry import Registry
from config.signals import PredictorConfig


class MarketView:
    """One instrument and interval as of one closed bar; never shows anything later, also while history is run."""

    def __init__(self, instrument_id: str, interval: str, lookback: int = 0) -> None:
        """Start empty.

        Args:
            instrument_id: Whose bars these are.
            interval: Their interval, for example `1m`.
            lookback: How many bars and vectors are kept for predictors that read sequences.
        """
        self.instrument_id = instrument_id
        self.interval = interval
        self.names = NAMES
        """What each place of a vector means."""
        self.features: Vector = ()
        """The vector at the close of the newest bar."""
        self.ts_event = 0
        """Close time of the newest bar, UNIX nanoseconds of market time."""
        self.seen = 0
        """How many bars the feature engine has seen."""
        self.is_history = False
        """Whether the newest bar is one of history: nothing that costs something is asked about it."""
        self.lookback = lookback
        self._bars: deque[FloatBar] = deque(maxlen=lookback)
        self._vectors: deque[Vector] = deque(maxlen=lookback)

    def keep(self, bar: FloatBar) -> None:
        """Remember the newest bar and its vector for those who look back."""
        self._bars.append(bar)
        self._vectors.append(self.features)

    def bars(self, count: int) -> list[FloatBar]:
        """Return up to `count` newest bars, oldest first; no more than the predictor's `lookback`."""
        return list(islice(self._bars, max(0, len(self._bars) - count), None))

    def vectors(self, count: int) -> list[Vector]:
        """Return the feature vectors of `bars(count)`."""
        return list(islice(self._vectors, max(0, len(self._vectors) - count), None))


class NoParams(Config, frozen=True):
    """Of a predictor without parameters."""


class PredictorContext(Struct, frozen=True, kw_only=True):
    """Whose opinion a predictor forms, and what of the node it may use."""

    instrument_id: str = ""
    interval: str = ""
    reference: str | None = None
    """Second instrument whose bars are in the features; None: there is none."""
    session: str | None = None
    """Trading hours that are in the features; None: always open."""
    models: Models | None = None
    """Trained models; None: none are kept."""
    background: Background | None = None
    """Where it may do what takes time; None in a backtest: nothing may."""


class Predictor(ABC):
    """Forms an opinion of one closed bar, at once: what takes time answers from what it has computed before.

    Its answer may depend on the view alone, never on the wall clock or on how often it is asked: a backtest must
    repeat what happened live. One instance serves one instrument and interval.
    """

    name: ClassVar[str]
    params_type: ClassVar[type[Config]] = NoParams
    """Struct of its parameters; every field has a default, so that a predictor can be built from its name."""
    warmup: int = WARMUP
    """Bars that must have been seen before it is asked."""
    lookback: int = 0
    """How many bars and vectors it reads from the view."""
    default_weight: ClassVar[float] = 1.0
    """Share of its vote where the configuration names none."""
    why: str = ""
    """Why it has no answer, in words, after it gave none; empty: there is nothing to say."""

    def __init__(self, params: Any = None) -> None:  # noqa: ANN401  # an instance of its params_type
        """Keep the parameters; None means the defaults."""
        self.params: Any = self.params_type() if params is None else params
        self.context = PredictorContext()

    def open(self, context: PredictorContext) -> None:
        """Take what it may use; called once, before the first question."""
        self.context = context

    def close(self) -> None:  # noqa: B027  # most have nothing to let go of
        """Let go of what `open` began; called when its stream ends."""

    def is_able(self) -> bool:
        """Return whether it can answer at all: a promoted model, a configured address. Else it has no weight."""
        return True

    def is_down(self) -> bool:
        """Return whether something outside of the node that it needs has failed for good: a declared degraded mode."""
        return False

    @abstractmethod
    def predict(self, view: MarketView) -> Prediction | None:
        """Return the opinion on the newest bar of `view`, or None to abstain."""


predictors: Registry[Predictor] = Registry("predictor", "actors.signal.predictors", "whisperer.predictors")
"""Every predictor by name."""


def make_predictor(config: PredictorConfig) -> Predictor:
    """Return the predictor that one `[[signals.predictors]]` table names, not opened yet.

    Raises:
        ConfigError: If there is no such predictor, or its parameters are wrong.
    """
    cls = predictors.get(config.name)
    try:
        return cls(msgspec.convert(config.params, cls.params_type))
    except (msgspec.ValidationError, ValueError) as e:
        raise ConfigError(f"signals.predictors.{config.name}.params: {e}") from e


def build_predictor(config: PredictorConfig, context: PredictorContext | None = None) -> Predictor:
    """Return the predictor that one `[[signals.predictors]]` table names, opened.

    Args:
        config: The table.
        context: What it is opened with; None: of nothing in particular.

    Raises:
        ConfigError: If there is no such predictor, or its parameters are wrong.
    """
    predictor = make_predictor(config)
    predictor.open(PredictorContext() if context is None else context)
    return predictor
