"""The promoted model of orders: one for all symbols, checked against the features of this node."""

from math import isclose
from typing import Final

import structlog
from msgspec import Struct

from actors.ports.models import Models
from actors.signal.models.calibration import check_calibration
from actors.signal.models.meta import ModelMeta
from actors.signal.models.shelf import REFUSED
from actors.signal.models.trees import Trees, load_trees
from actors.signal.option_orders import OptionOrder
from actors.signal.order_features import NAMES, SCHEMA, OrderMarket, order_vector, schema_hash
from config.screening import ScreeningSection
from config.signal_errors import ModelError

log = structlog.get_logger(__name__)

KIND: Final = "order_gbt"
INSTRUMENT_ID: Final = "ALL.ORDERS"
"""Where the model of all orders is kept."""
INTERVAL: Final = "1d"
FILE: Final = "model.json"
_SAME = 1e-6
_GOLDEN_NS = 1_700_058_600_000_000_000


class LoadedModel(Struct, frozen=True):
    """A model that may be used, and what is known of it."""

    meta: ModelMeta
    trees: Trees


def golden_order() -> tuple[float, ...]:
    """Return the features of the shipped order, by which a model tells that it is asked as it was trained."""
    order = OptionOrder(
        strategy="butterfly",
        premium=2.0,
        predicted_price=4_850.0,
        ts=_GOLDEN_NS,
        strikes=(4_800.0, 4_850.0, 4_900.0),
        short_term=4_840.0,
        long_term=4_870.0,
    )
    market = OrderMarket(price=4_830.0, volatility_level=14.2, volatility_distance=0.03, volatility_change=-0.01)
    return order_vector(order, market)


class OrderModel:
    """Follows promotions: a new model is there from the next look on; one that cannot be trusted is none."""

    def __init__(self, models: Models | None, section: ScreeningSection) -> None:
        """Prepare; nothing is read before the first look.

        Args:
            models: Where the promoted model is; None: nowhere.
            section: What this node computes features with.
        """
        self.why = "no model of orders is promoted"
        """Why there is none."""
        self._models, self._section = models, section
        self._loaded: LoadedModel | None = None
        self._version: int | None = None

    def look(self) -> LoadedModel | None:
        """Return the model to use now."""
        if self._models is None:
            return None
        version = self._models.version()
        if version != self._version:
            self._version = version
            self._follow(self._models)
        return self._loaded

    def _follow(self, models: Models) -> None:
        meta = models.current(INSTRUMENT_ID, INTERVAL, KIND)
        if meta is None:
            self._loaded, self.why = None, "no model of orders is promoted"
            return
        if self._loaded is not None and self._loaded.meta.id == meta.id:
            return
        try:
            self._loaded = LoadedModel(meta, _checked(models, meta, self._section))
        except ModelError as e:
            self._loaded, self.why = None, f"model {meta.id[:40]} refused"
            REFUSED.inc()
            log.warning("order_model_refused", model=meta.id, reason=str(e))
        else:
            log.info("order_model_loaded", model=meta.id)


def _checked(models: Models, meta: ModelMeta, section: ScreeningSection) -> Trees:
    if (meta.feature_schema, meta.schema_hash, meta.feature_names) != (SCHEMA, schema_hash(), NAMES):
        raise ModelError(f"features: the model was trained on {meta.feature_schema[:40]}, this node has {SCHEMA}")
    if meta.session != section.session:
        raise ModelError(f"features: the model was trained with session {meta.session}, screening.session is another")
    if meta.label.get("volatility") is True and section.volatility is None:
        raise ModelError("features: the model was trained with a volatility index, screening.volatility names none")
    golden = golden_order()
    told = meta.golden.features
    if len(told) != len(golden) or not all(
        isclose(one, other, rel_tol=_SAME, abs_tol=_SAME) for one, other in zip(told, golden, strict=True)
    ):
        raise ModelError("features: the golden order gives other numbers here than where the model was trained")
    check_calibration(meta.calibration)
    trees = load_trees(models.read(meta, FILE))
    if trees.features != len(NAMES):
        raise ModelError(f"model: expected {len(NAMES)} features, found {trees.features}")
    answer = trees.predict(golden)
    if not abs(answer - meta.golden.probability) <= _SAME:
        raise ModelError(f"model: the golden order gave {meta.golden.probability} in training and {answer} here")
    return trees
