"""Order predictions over REST with boosted trees loaded: one order, and fifty at once; nothing comes from a cache.

The server listens on a real socket in this process, so its answers and the client's reading of them are both in the
figures. The floor is the same question of an order with an unknown strategy, which is abstained from without features.
"""

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import numpy as np
import pytest
import structlog

from actors.screening.model import FILE
from actors.signal.models.registry import ModelRegistry
from actors.signal.order_features import NAMES
from actors.signal.training.fitting import fit_gbt
from config.schema import DialectsSection, NodeConfig, ServerSection
from config.training import GbtSection
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import listening
from tests.unit.order_models import ScreeningWorld, order_meta

pytestmark = pytest.mark.bench
ORDERS, ONES, BATCHES = 50, 300, 30
MAX_BATCH_MS, MAX_ONE_P95_MS, MIN_A_MINUTE = 500.0, 100.0, 1_000.0
CONFIG = NodeConfig(
    server=ServerSection(port=0, user_rate_limit_per_min=10_000_000), dialects=DialectsSection(magic8=True)
)
STRATEGIES = {
    "Butterfly": [29_000.0, 30_000.0, 31_000.0],
    "Iron Condor": [28_000.0, 29_000.0, 31_000.0, 32_000.0],
    "Vertical": [30_000.0, 31_000.0],
    "Sonar": [28_500.0, 29_000.0, 31_000.0, 31_500.0],
}


def promote_trees(registry: ModelRegistry) -> None:
    """Have 300 trees of depth 4 promoted."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(2_000, len(NAMES)))
    y = (x[:, 0] + draw.normal(size=2_000) > 0).astype(np.int64)
    raw = fit_gbt(x, y, np.ones(2_000), GbtSection(trees=300, depth=4, leaf_weight=1.0), 1)
    registry.save(order_meta("m-1", raw), {FILE: raw})
    registry.promote("m-1")


def orders() -> Callable[[], dict[str, Any]]:
    """Return what gives a new order each time, of every strategy in turn."""
    numbers = itertools.count(1)

    def order() -> dict[str, Any]:
        number = next(numbers)
        strategy, strikes = list(STRATEGIES.items())[number % len(STRATEGIES)]
        return {
            "strategy": strategy,
            "symbol": ("BTCUSDT", "ETHUSDT")[number % 2],
            "premium": 1.0 + number / 1_000,
            "predicted_price": 30_000.0,
            "strikes": strikes,
        }

    return order


async def test_one_order_and_fifty(tmp_path):
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    world = ScreeningWorld(tmp_path)
    world.bars.put("ETH-USDT.SIM", "1m", world.bars.closed["BTC-USDT.SIM", "1m"])
    promote_trees(world.registry)
    order = orders()
    async with (
        listening(make_context(CONFIG, bars=world.bars, screening=world.screener)) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as http,
    ):

        async def took_ms(path: str, body: dict[str, Any]) -> float:
            began = time.perf_counter()
            async with http.post(path, json=body) as answer:
                told = await answer.json()
            found = (time.perf_counter() - began) * 1_000
            assert answer.status == 200, told
            return found

        await took_ms("/predict", order())
        unknown = order() | {"strategy": "Strangle"}
        floor = statistics.median([await took_ms("/predict", unknown) for _ in range(ONES)])
        ones = sorted([await took_ms("/predict", order()) for _ in range(ONES)])
        batches = [
            await took_ms("/predict/batch", {"requests": [order() for _ in range(ORDERS)]}) for _ in range(BATCHES)
        ]
    structlog.configure(**kept)
    one, p95, batch = statistics.median(ones), ones[int(len(ones) * 0.95)], statistics.median(batches)
    print(
        f"\none order: {one:.2f} ms ({one / floor:.1f} x an abstention), p95 {p95:.2f} ms, {60_000 / one:,.0f} a minute"
    )
    print(f"{ORDERS} orders: median {batch:.1f} ms, worst {max(batches):.1f} ms, {batch / ORDERS:.2f} ms each")

    assert world.screener.counts().feature_hits == 0
    assert p95 < MAX_ONE_P95_MS
    assert max(batches) < MAX_BATCH_MS
    assert 60_000 / one > MIN_A_MINUTE
