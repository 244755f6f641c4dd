"""The promoted model of orders: one for all symbols, checked against the features of this node."""

from typing import Final, override

from actors.ports.models import Models
from actors.signal.models.meta import ModelMeta
from actors.signal.models.promoted import Computed, Followed
from actors.signal.models.trees import Trees, load_trees
from actors.signal.option_orders import OptionOrder
from actors.signal.order_features import NAMES, SCHEMA, OrderMarket, order_vector, schema_hash
from config.screening import ScreeningSection
from config.signal_errors import ModelError

KIND: Final = "order_gbt"
INSTRUMENT_ID: Final = "ALL.ORDERS"
"""Where the model of all orders is kept."""
INTERVAL: Final = "1d"
FILE: Final = "model.json"
_GOLDEN_NS = 1_700_058_600_000_000_000


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


class OrderModel(Followed[Trees]):
    """Follows promotions: a new model is there from the next look on; one that cannot be trusted is none."""

    def __init__(self, models: Models | None, section: ScreeningSection) -> None:
        """Prepare; nothing is read before the first look.

        Args:
            models: Where the promoted model is; None: nowhere.
            section: What this node computes features with.
        """
        super().__init__(models, INSTRUMENT_ID, INTERVAL, KIND, noun="model of orders")
        self._section = section

    @override
    def computed(self) -> Computed:
        return Computed(
            schema=SCHEMA, schema_hash=schema_hash(), names=NAMES, golden=golden_order(), example="golden order"
        )

    @override
    def check_training(self, meta: ModelMeta) -> None:
        if meta.session != self._section.session:
            raise ModelError(
                f"features: the model was trained with session {meta.session}, screening.session is another"
            )
        if meta.label.get("volatility") is True and self._section.volatility is None:
            raise ModelError("features: the model was trained with a volatility index, screening.volatility names none")

    @override
    def read(self, models: Models, meta: ModelMeta) -> Trees:
        return load_trees(models.read(meta, FILE))

    @override
    def golden_answer(self, model: Trees) -> float:
        return model.predict(golden_order())
