"""A promoted model of orders, and a screener over bars of a test."""

import json
from pathlib import Path

from actors.market import MINUTE_NS
from actors.screening.model import FILE, INSTRUMENT_ID, INTERVAL, KIND, golden_order
from actors.screening.prices import Prices
from actors.screening.record import PredictionLog
from actors.screening.screener import Screener
from actors.signal.models.meta import Golden, ModelMeta
from actors.signal.models.registry import ModelRegistry
from actors.signal.models.trees import load_trees
from actors.signal.order_features import NAMES, SCHEMA, schema_hash
from config.screening import ScreeningSection
from tests.bridge.fakes import BTC, START_NS, FakeBars, bar_rows
from tests.unit.model_files import made_meta, stump

NOW_NS = START_NS + 90 * MINUTE_NS
PREMIUM = NAMES.index("premium_share")
CHEAP = stump(2.0, -2.0, feature=PREMIUM, threshold=0.001, features=len(NAMES))
"""Wins at 0.88 where the premium is less than a thousandth of the price, at 0.12 where it is more."""
WINNING, LOSING = 0.880797, 0.119203


def order_meta(model_id: str, raw: bytes, **changed: object) -> ModelMeta:
    """What is known of a model of orders."""
    about = {
        "kind": KIND,
        "instrument_id": INSTRUMENT_ID,
        "interval": INTERVAL,
        "feature_schema": SCHEMA,
        "feature_names": NAMES,
        "schema_hash": schema_hash(),
        "golden": Golden(features=golden_order(), probability=load_trees(raw).predict(golden_order())),
    }
    return made_meta(model_id, **(about | changed))


def promote(registry: ModelRegistry, model_id: str, raw: bytes = CHEAP, **changed: object) -> ModelMeta:
    """Save and promote one."""
    registry.save(order_meta(model_id, raw, **changed), {FILE: raw})
    return registry.promote(model_id)


class ScreeningWorld:
    """A screener with its market, models, clock and log."""

    def __init__(self, folder: Path, section: ScreeningSection | None = None, *, source: str = "replay") -> None:
        self.now_ns = NOW_NS
        self.bars = FakeBars()
        self.bars.put(BTC, "1m", bar_rows(90))
        self.registry = ModelRegistry(folder / "models")
        self.path = folder / "log" / "predictions.jsonl"
        self.asked: list[str] = []
        self.section = section or ScreeningSection()
        self._log = PredictionLog(self.path, self.section.log_bytes)
        self.prices = Prices(self.section, self.bars, self._find, source=source, now_ns=lambda: self.now_ns)
        self.screener = Screener(
            self.section, self.prices, self.registry, now_ns=lambda: self.now_ns, record=self._log.record
        )

    @property
    def price(self) -> float:
        """Of BTC, the close of the newest bar."""
        return self.bars.closed[BTC, "1m"][-1].close / 100

    def lines(self) -> list[dict[str, object]]:
        """Close the log and read it."""
        self._log.close()
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def _find(self, symbol: str) -> str:
        from actors.bridge.symbols import Symbols

        self.asked.append(symbol)
        return Symbols(self.bars.instruments(), None).find(symbol)
