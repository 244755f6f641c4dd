"""What trained models cost per bar, and how long fifty instruments take that close at the same moment.

Sizes: 300 trees of depth 4, a network of 32 units over 64 bars; CPU medians, beside an empty callback.
"""

import statistics
import time
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
import structlog
from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import ActorId

from actors.market import MINUTE_NS, bar_type_of, interval_of
from actors.messages import ClosedBar
from actors.signal.actor import SignalActor
from actors.signal.aggregator import Aggregator
from actors.signal.features import NAMES
from actors.signal.golden import golden, golden_vectors
from actors.signal.log import SignalLog
from actors.signal.models.lstm import load_lstm
from actors.signal.models.meta import Golden
from actors.signal.models.registry import ModelRegistry
from actors.signal.models.trees import load_trees
from actors.signal.option_orders import OptionOrder
from actors.signal.order_features import OrderMarket, order_vector
from actors.signal.predictor import PredictorContext
from actors.signal.stream import SignalStream
from actors.signal.training.fitting import fit_gbt
from config.signals import PredictorConfig, SignalConfig
from config.training import GbtSection
from tests.node.small_market import Ear, Script, flat_rows, small_engine
from tests.unit.lstm_networks import network
from tests.unit.model_files import made_meta
from tests.unit.walks import INSTRUMENT, NAME, START, walk

pytestmark = pytest.mark.bench
BARS, MANY, WINDOW = 1_500, 50, 64
MAX_TREES_US, MAX_NETWORK_US, MAX_ORDER_US = 200.0, 1_000.0, 100.0
MAX_SIGNAL_MS, MAX_MANY_MS = 2.0, 200.0
EVERY = tuple(
    PredictorConfig(name=name, weight=weight) for name, weight in (("technical", 0.2), ("gbt", 0.5), ("lstm", 0.3))
)


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    yield
    structlog.configure(**kept)


@pytest.fixture(scope="module")
def trees():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(4_000, len(NAMES)))
    y = (x[:, 0] + draw.normal(size=4_000) > 0).astype(np.int64)
    return fit_gbt(x, y, np.ones(4_000), GbtSection(trees=300, depth=4, leaf_weight=1.0), 1)


@pytest.fixture(scope="module")
def net():
    return network(len(NAMES), 32, WINDOW)[1]


@pytest.fixture
def registry(tmp_path, trees, net):
    """Models of fifty instruments."""
    made = ModelRegistry(tmp_path / "models")
    asked = {
        "gbt": ("model.json", trees, load_trees(trees).predict(golden())),
        "lstm": ("model.lstm", net, load_lstm(net).predict(golden_vectors()[-WINDOW:])),
    }
    for name in (NAME, *others()):
        for kind, (file, raw, answer) in asked.items():
            known = Golden(features=golden(), probability=answer)
            meta = made_meta(
                f"{kind}-{name.split('.')[0]}", kind=kind, instrument_id=name, trained_to_ms=START // 10**6
            )
            made.save(msgspec.structs.replace(meta, golden=known), {file: raw})
            made.promote(meta.id)
    return made


def others() -> list[str]:
    return [f"COIN{number}-USDT.SIM" for number in range(MANY)]


def median_us(run: Callable[[int], object]) -> float:
    costs = []
    for index in range(BARS):
        begun = time.perf_counter_ns()
        run(index)
        costs.append(time.perf_counter_ns() - begun)
    return statistics.median(costs) / 1e3


def test_cost_of_a_bar(registry, trees, net):
    rows = walk(BARS + 200)
    context = PredictorContext(instrument_id=NAME, interval="1m", models=registry)
    stream = SignalStream(
        INSTRUMENT, interval_of("1m"), Aggregator.from_config(SignalConfig(predictors=EVERY), context), 0
    )
    stream.load(rows[:200], trace_id="bench", ts_init=0)
    forest, recurrent, window = load_trees(trees), load_lstm(net), golden_vectors()[-WINDOW:]
    order = OptionOrder(
        strategy="butterfly", strikes=(90.0, 100.0, 110.0), premium=2.0, predicted_price=101.0, ts=START
    )
    costs = {
        "empty callback": median_us(lambda _: None),
        "order features": median_us(lambda _: order_vector(order, OrderMarket(price=100.0))),
        "300 trees": median_us(lambda _: forest.predict(window[-1])),
        "network": median_us(lambda _: recurrent.predict(window)),
        "whole signal": median_us(lambda index: stream.close(rows[200 + index], "bench", 0)),
    }
    last = stream.close(walk(BARS + 201)[-1], "bench", 0)
    for name, cost in costs.items():
        print(f"\n{name:16s} {cost:8.2f} us, {cost / costs['empty callback']:8.0f} x floor", end="")
    assert {source.state for source in last.sources} == {"voted"}
    assert costs["order features"] < MAX_ORDER_US
    assert costs["300 trees"] < MAX_TREES_US
    assert costs["network"] < MAX_NETWORK_US
    assert costs["whole signal"] < MAX_SIGNAL_MS * 1e3


class Window:
    """The windows of fifty instruments, each with the same history."""

    def __init__(self, rows):
        self.held = rows

    def instruments(self):
        return {name: msgspec.structs.replace(INSTRUMENT, instrument_id=name) for name in others()}

    def check(self, instrument_id, interval):
        return interval_of(interval)

    def hold(self, *_):
        pass

    def is_loaded(self, *_):
        return True

    def rows(self, *_):
        return self.held


class Watch(Ear):
    """Notes when each signal came, wall time."""

    def on_start(self):
        self.subscribe_topic("signals.*", lambda signal: self.heard.append((signal, time.perf_counter())))


def test_fifty_instruments_that_close_at_the_same_moment(registry):
    rows, rounds = walk(220), 20
    steps = [
        [
            (f"bars.{bar_type}", ClosedBar(bar_type, row, row.ts_open + MINUTE_NS, trace_id="bench"))
            for bar_type in (bar_type_of(name, "1m") for name in others())
        ]
        for row in rows[200 : 200 + rounds]
    ]
    watch = Watch()
    section = SignalConfig(predictors=EVERY, backfill=0)
    actor = SignalActor(
        DataActorConfig(ActorId("Signal-001")), (section,), Window(rows[:200]), SignalLog(), models=registry
    )
    with small_engine(watch, actor, Script(steps), rows=flat_rows(rounds + 1)):
        pass
    assert actor.faults.found == []
    assert len(watch.heard) == MANY * rounds
    assert {source.state for signal, _ in watch.heard for source in signal.sources} == {"voted"}
    times = [at for _, at in watch.heard]
    spans = [1e3 * (times[first + MANY - 1] - times[first]) * MANY / (MANY - 1) for first in range(0, len(times), MANY)]
    print(
        f"\n{MANY} signals within {statistics.median(spans):.1f} ms (median), {max(spans):.1f} ms (worst of {rounds})"
    )
    assert statistics.median(spans) < MAX_MANY_MS
