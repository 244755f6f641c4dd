"""The walk agrees with XGBoost; a file that is anything but a whole model of the known kind is refused, at once."""

import json
import math
import pickle
import random
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.signal.models.trees import MOST_BYTES, MOST_DEPTH, Trees, load_trees
from config.signal_errors import ModelError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*dart.*:UserWarning")]
FEATURES = 9


@pytest.fixture(scope="module")
def examples():
    draw = np.random.default_rng(5)
    x = draw.normal(size=(1_500, FEATURES)).astype(np.float32)
    x[draw.random(x.shape) < 0.03] = np.nan
    y = (np.nansum(x[:, :3], axis=1) + draw.normal(size=len(x)) > 0).astype(int)
    return x, y


def booster(examples, rounds=60, **params):
    import xgboost

    x, y = examples
    settings = {"objective": "binary:logistic", "max_depth": 4, "eta": 0.1, "nthread": 1, "seed": 3} | params
    return xgboost.train(settings, xgboost.DMatrix(x, y), rounds)


@pytest.fixture(scope="module")
def model(examples):
    made = booster(examples)
    return made, bytes(made.save_raw("json"))


@pytest.fixture
def parts(model):
    """The decoded file, for a test to spoil."""
    return json.loads(model[1])


def refused(parts, message):
    with pytest.raises(ModelError, match=message) as found:
        load_trees(json.dumps(parts).encode())
    assert found.value.code == "model_unavailable"


def trees_of(parts):
    return parts["learner"]["gradient_booster"]["model"]["trees"]


def worst(made, trees, x):
    import xgboost

    theirs = made.predict(xgboost.DMatrix(x))
    return max(abs(trees.predict(row.tolist()) - p) for row, p in zip(x, theirs, strict=True))


def test_it_says_what_xgboost_says(model, examples):
    made, raw = model

    assert worst(made, load_trees(raw), examples[0]) <= 1e-6


@pytest.mark.parametrize(
    "params",
    [
        {"max_depth": 1, "rounds": 250},
        {"max_depth": 7, "min_child_weight": 0, "rounds": 12},
        {"max_depth": 3, "base_score": 0.03, "rounds": 8},
        {"max_depth": 2, "eta": 1.0, "tree_method": "exact", "rounds": 8},
        {"max_depth": 4, "gamma": 1e6, "rounds": 3},
    ],
    ids=["stumps", "deep", "base", "exact", "leaves-alone"],
)
def test_it_says_the_same_of_other_shapes(params, examples):
    made = booster((examples[0][:600], examples[1][:600]), **params)

    assert worst(made, load_trees(bytes(made.save_raw("json"))), examples[0][:200]) <= 1e-6


def test_it_goes_the_same_way_at_the_very_threshold(model, examples):
    """A number between two single ones, and thresholds themselves, are where double precision goes astray."""
    made, raw = model
    trees, x = load_trees(raw), examples[0][:40].copy()
    for tree in trees_of(json.loads(raw))[:40]:
        feature, threshold = tree["split_indices"][0], np.float32(tree["split_conditions"][0])
        for value in (threshold, np.nextafter(threshold, np.float32(-9)), np.nextafter(threshold, np.float32(9))):
            x[0, feature] = value
            assert worst(made, trees, x[:1]) <= 1e-6
    near = [float(v) + 1e-12 for v in x[1]]
    assert trees.predict(near) == trees.predict(x[1].tolist())


def test_missing_values_go_where_training_sent_them(model, examples):
    made, raw = model
    x = np.full((FEATURES + 1, FEATURES), np.nan, dtype=np.float32)
    for i in range(FEATURES):
        x[i, i] = 0.2

    assert worst(made, load_trees(raw), x) <= 1e-6


def test_infinite_values_are_larger_than_all(model):
    trees = load_trees(model[1])

    assert trees.predict([math.inf] * FEATURES) == trees.predict([1e30] * FEATURES)
    assert trees.predict([math.inf, -math.inf] * 4 + [0.0]) == trees.predict([1e30, -1e30] * 4 + [0.0])


def test_a_vector_of_another_length_is_an_error(model):
    with pytest.raises(ValueError, match="expected 9 features, found 8"):
        load_trees(model[1]).predict([0.0] * 8)


def test_it_tells_of_its_shape(model):
    trees = load_trees(model[1])

    assert (len(trees), trees.features) == (60, FEATURES)


class TestAnotherShape:
    def test_another_objective(self, parts):
        parts["learner"]["objective"]["name"] = "reg:squarederror"
        refused(parts, "objective: expected binary:logistic, found reg:squarederror")

    def test_another_booster(self, parts):
        parts["learner"]["gradient_booster"]["name"] = "dart"
        refused(parts, "booster: expected gbtree, found dart")

    def test_real_files_of_other_kinds(self, examples):
        x, y = examples
        for params in (
            {"objective": "reg:squarederror"},
            {"objective": "multi:softprob", "num_class": 2},
            {"rate_drop": 0.9, "booster": "dart"},
            {"num_parallel_tree": 2},
        ):
            made = booster((np.nan_to_num(x[:200]), y[:200]), rounds=5, **params)
            with pytest.raises(ModelError, match="model: "):
                load_trees(bytes(made.save_raw("json")))

    def test_a_key_that_nobody_knows(self, parts):
        parts["learner"]["gradient_booster"]["model"]["weight_drop"] = [0.5] * 60
        refused(parts, "weight_drop")

    def test_a_future_version(self, parts):
        parts["version"] = [4, 0, 0]
        refused(parts, "version")

    @pytest.mark.parametrize("score", ["0E0", "1E0", "[5E-1,5E-1]", "1E99", "..", "-5E-1", "nan"])
    def test_a_base_that_is_no_probability(self, parts, score):
        parts["learner"]["learner_model_param"]["base_score"] = score
        refused(parts, "base_score")

    @pytest.mark.parametrize("name", ["num_feature", "num_class", "num_target"])
    def test_a_head_that_does_not_fit(self, parts, name):
        parts["learner"]["learner_model_param"][name] = "7"
        refused(parts, "num_")

    def test_no_trees(self, parts):
        model = parts["learner"]["gradient_booster"]["model"]
        model["trees"], model["tree_info"] = [], []
        refused(parts, "num_trees")
        model["gbtree_model_param"]["num_trees"] = "0"
        refused(parts, "expected 1..2000 trees, found 0")


class TestATreeThatIsNone:
    def spoil(self, parts, name, place, value, message):
        trees_of(parts)[3][name][place] = value
        refused(parts, message)

    def test_a_circle(self, parts):
        self.spoil(parts, "left_children", 1, 0, "leads out")

    def test_a_node_that_leads_to_itself(self, parts):
        self.spoil(parts, "right_children", 0, 0, "leads out")

    def test_a_child_beyond_the_last(self, parts):
        self.spoil(parts, "left_children", 0, 4_000, "leads out")

    def test_a_child_of_two(self, parts):
        right = trees_of(parts)[3]["right_children"][0]
        self.spoil(parts, "left_children", 0, right, "exactly one")

    def test_half_a_leaf(self, parts):
        self.spoil(parts, "left_children", 0, -1, "leads out")

    def test_a_feature_that_does_not_exist(self, parts):
        self.spoil(parts, "split_indices", 0, FEATURES, "of the features")

    def test_a_categorical_split(self, parts):
        self.spoil(parts, "split_type", 0, 1, "categorical")

    def test_a_number_too_large_for_single_precision(self, parts):
        self.spoil(parts, "split_conditions", 0, 1e300, "finite")

    def test_a_leaf_beyond_all_bounds(self, parts):
        leaf = trees_of(parts)[3]["left_children"].index(-1)
        self.spoil(parts, "split_conditions", leaf, 1e30, "leaf beyond")

    def test_lists_of_different_lengths(self, parts):
        trees_of(parts)[3]["default_left"].pop()
        refused(parts, "different lengths")

    def test_no_nodes(self, parts):
        for name in trees_of(parts)[3]:
            if isinstance(trees_of(parts)[3][name], list):
                trees_of(parts)[3][name] = []
        refused(parts, "num_nodes")
        trees_of(parts)[3]["tree_param"]["num_nodes"] = "0"
        refused(parts, "no nodes")

    def test_a_chain_that_is_too_deep(self, parts):
        trees_of(parts)[3] = chain(MOST_DEPTH + 1)
        refused(parts, "deeper than")
        trees_of(parts)[3] = chain(MOST_DEPTH)
        assert 0.0 < load_trees(json.dumps(parts).encode()).predict([0.0] * FEATURES) < 1.0


def chain(depth):
    """A tree whose every left child is a leaf."""
    count = 2 * depth + 1
    left = [i + 1 if i % 2 == 0 and i < count - 1 else -1 for i in range(count)]
    right = [i + 2 if i % 2 == 0 and i < count - 1 else -1 for i in range(count)]
    zeros = [0] * count
    return {
        "tree_param": {"num_feature": str(FEATURES), "num_nodes": str(count)},
        "left_children": left,
        "right_children": right,
        "split_indices": zeros,
        "split_conditions": [0.0] * count,
        "default_left": zeros,
        "split_type": zeros,
        "categories": [],
    }


def test_a_giant_is_refused_before_it_is_read():
    began = time.process_time()
    with pytest.raises(ModelError, match=f"at most {MOST_BYTES} bytes"):
        load_trees(b"[" * (MOST_BYTES + 1))
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null",
        b"[" * 1_000_000,
        b'{"learner":' * 50_000,
        b"\xff\xfe{}",
        b'{"learner": "\\ud800"}',
        b'{"version": [1e400], "learner": {}}',
        pickle.dumps({"learner": print}),
        b"\x7fELF" + bytes(4_096),
    ],
    ids=["empty", "object", "null", "deep-list", "deep-object", "utf-16", "surrogate", "huge", "pickle", "program"],
)
def test_what_is_no_model_is_refused(raw):
    with pytest.raises(ModelError, match="not the JSON"):
        load_trees(raw)


def test_the_binary_form_of_the_library_is_refused(model):
    with pytest.raises(ModelError, match="not the JSON"):
        load_trees(bytes(model[0].save_raw("ubj")))


@pytest.fixture(scope="module")
def small(examples):
    return bytes(booster(examples, rounds=4, max_depth=3).save_raw("json"))


NUMBERS = (-(2**63), -2, -1, 0, 1, 2**31 - 1, 2**64, 1e39, -1e308, 0.5, None, True, "1", "x" * 50, [], {}, [[0]])
WAYS = ("flip", "cut", "double", "swap", "number", "drop", "grow", "splice")


def spoilt(raw, seed):
    """One of many ways in which a file goes wrong, by accident or on purpose."""
    draw = random.Random(seed)
    match draw.choice(WAYS):
        case "flip":
            data = bytearray(raw)
            for _ in range(draw.choice((1, 1, 2, 20))):
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            return bytes(data)
        case "cut":
            return raw[: draw.randrange(len(raw))]
        case "splice":
            first, second = sorted(draw.sample(range(len(raw)), 2))
            return raw[:first] + raw[second:]
        case way:
            parts = json.loads(raw)
            place, key = draw.choice(list(places(parts)))
            if way == "number":
                place[key] = draw.choice(NUMBERS)
            elif way == "drop":
                del place[key]
            elif way == "swap":
                other, name = draw.choice(list(places(parts)))
                place[key], other[name] = other[name], place[key]
            elif isinstance(place[key], list):
                place[key] = place[key] * 2 if way == "double" else [*place[key], draw.choice(NUMBERS)]
            return json.dumps(parts).encode()


def places(part):
    """Every (container, key) of a decoded file; the numbers of trees, which are most, as often as all the rest."""
    for key, value in list(part.items() if isinstance(part, dict) else enumerate(part)):
        yield part, key
        if isinstance(value, dict | list):
            yield from places(value)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spoilt_file_is_refused_or_harmless(small, seed):
    raw, began = spoilt(small, seed), time.process_time()
    try:
        trees = load_trees(raw)
    except ModelError as e:
        said = str(e)
        assert 0 < len(said) < 1_000
    else:  # a digit or a part that does not count has changed: what it gives is a probability all the same
        assert type(trees) is Trees
        for value in (-1e30, 0.0, math.nan, 1e30):
            assert 0.0 <= trees.predict([value] * trees.features) <= 1.0
    assert time.process_time() - began < 1.0
