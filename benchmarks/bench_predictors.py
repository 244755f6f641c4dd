"""What each predictor's question costs, and what taking a new model costs the loop.

A question goes the way of a bar (able, warm, asked, checked); CPU medians beside an empty callback. A model is read,
proved and checked on the loop once for each promotion: 300 trees of depth 4, and the largest that is allowed at all.
"""

import json
import statistics
import time
from collections.abc import Callable

import pytest
import structlog

from actors.signal.features import NAMES, FeatureEngine
from actors.signal.golden import golden
from actors.signal.models.promoted import Promoted
from actors.signal.models.registry import ModelRegistry
from actors.signal.models.trees import load_trees
from actors.signal.models.xgboost_file import MOST_NODES
from actors.signal.predictor import MarketView, PredictorContext, build_predictor
from actors.signal.voter import Voter
from config.signals import PredictorConfig
from tests.unit.model_files import made_meta, stump
from tests.unit.walks import NAME, START, floats, walk

pytestmark = pytest.mark.bench
BARS = 3_000
MAX_QUESTION_US, MAX_TREES_US, MAX_LOOK_US = 50.0, 200.0, 20.0
MAX_SWAP_MS, MAX_LARGEST_MS = 50.0, 1_000.0


def forest(trees: int, depth: int) -> bytes:
    """XGBoost JSON of full trees, spread over all features."""
    file = json.loads(stump(0.0, 0.0))
    booster = file["learner"]["gradient_booster"]
    inner, count = 2**depth - 1, 2 ** (depth + 1) - 1
    model = booster["model"]
    model["trees"] = [
        model["trees"][0]
        | {
            "tree_param": {"num_feature": str(len(NAMES)), "num_nodes": str(count)},
            "left_children": [2 * i + 1 if i < inner else -1 for i in range(count)],
            "right_children": [2 * i + 2 if i < inner else -1 for i in range(count)],
            "split_indices": [(tree + i) % len(NAMES) for i in range(count)],
            "split_conditions": [((tree * 31 + i * 17) % 200 - 100) / 1_000 for i in range(count)],
            "default_left": [i % 2 for i in range(count)],
            "split_type": [0] * count,
        }
        for tree in range(trees)
    ]
    model["tree_info"] = [0] * trees
    model["gbtree_model_param"]["num_trees"] = str(trees)
    return json.dumps(file, separators=(",", ":")).encode()


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    yield
    structlog.configure(**kept)


@pytest.fixture
def context(tmp_path):
    """A promoted model and a file of scores."""
    raw = forest(300, 4)
    models = ModelRegistry(tmp_path / "models")
    models.save(made_meta("m", raw, trained_to_ms=START // 10**6), {"model.json": raw})
    models.promote("m")
    rows = [f"{row.ts_open // 10**6},0.5\n" for row in walk(BARS)]
    (tmp_path / f"{NAME}.csv").write_text("ts,score\n" + "".join(rows))
    return PredictorContext(instrument_id=NAME, interval="1m", models=models)


def median_us(run: Callable[[], object], rounds: int = BARS) -> float:
    costs = []
    for _ in range(rounds):
        begun = time.perf_counter_ns()
        run()
        costs.append(time.perf_counter_ns() - begun)
    return statistics.median(costs) / 1e3


def test_questions(context, tmp_path):
    engine, view = FeatureEngine(), MarketView(NAME, "1m")
    for bar in floats(walk(200)):
        view.features, view.ts_event, view.seen = engine.update(bar), bar[0] + 1, view.seen + 1
    params = {"file": {"folder": str(tmp_path)}}
    voters = {
        name: Voter(build_predictor(PredictorConfig(name=name, params=params.get(name, {})), context), 1.0)
        for name in ("technical", "file", "gbt")
    }
    nothing = Promoted(context, "lstm", "model.lstm", load_trees, lambda _: 0.5)
    costs = {"empty callback": median_us(lambda: None)}
    costs |= {name: median_us(lambda voter=voter: voter.ask(view)) for name, voter in voters.items()}
    costs["no model"] = median_us(nothing.look)
    for name, cost in costs.items():
        print(f"\n{name:16s} {cost:8.2f} us, {cost / costs['empty callback']:8.0f} x floor", end="")
    assert [voter.state for voter in voters.values()] == ["voted"] * 3
    assert max(costs["technical"], costs["file"]) < MAX_QUESTION_US
    assert costs["gbt"] < MAX_TREES_US
    assert costs["no model"] < MAX_LOOK_US


def test_taking_a_new_model(context):
    largest = forest(MOST_NODES // 2**7, 6)
    small = forest(300, 4)

    def swap() -> None:
        taken = Promoted(context, "gbt", "model.json", load_trees, lambda trees: trees.predict(golden()))
        assert taken.look() is not None

    costs = {"swap, 300 trees": median_us(swap, 20), "load, 300 trees": median_us(lambda: load_trees(small), 20)}
    costs["load, the largest"] = median_us(lambda: load_trees(largest), 5)
    print(f"\nfiles of {len(small):,} and {len(largest):,} bytes", end="")
    for name, cost in costs.items():
        print(f"\n{name:18s} {cost / 1e3:8.2f} ms", end="")
    assert costs["swap, 300 trees"] < MAX_SWAP_MS * 1e3
    assert costs["load, the largest"] < MAX_LARGEST_MS * 1e3
