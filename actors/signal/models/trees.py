"""Gradient boosted trees in XGBoost's JSON, checked and walked without XGBoost.

The library itself crashes or hangs on files that are well-formed and wrong, so nothing of a file is believed: a model
that could lead a walk out of its tree, in a circle or to a number that is none is refused as a whole. What is known is
`gbtree` with objective `binary:logistic`, one output, numeric splits, as version 3 writes it.
"""

from array import array
from collections.abc import Sequence
from math import isfinite, log
from typing import Final

import msgspec

from actors.signal.models.calibration import sigmoid
from actors.signal.models.xgboost_file import MOST_FEATURES, MOST_NODES, Learner, Tree, XgboostFile
from config.signal_errors import ModelError

MOST_BYTES: Final = 8_388_608
MOST_TREES: Final = 2_000
MOST_DEPTH: Final = 16
_TWICE = 2
"""Counted no further: more often than once is once too often."""
_MOST_MARGIN = 1_000.0
"""Beyond, whatever the sign, a leaf says nothing but certainty."""

_Branch = tuple[int, float, "_Node", "_Node", bool]
"""Feature, threshold, where to go below it, where at or above it, whether missing values count as below."""
_Node = _Branch | float

_decoder = msgspec.json.Decoder(XgboostFile)


class Trees:
    """A checked model; answers in under 100 microseconds for 300 trees of depth 4."""

    def __init__(self, roots: Sequence[_Node], base: float, features: int) -> None:
        """Take what `load_trees` has checked."""
        self.features = features
        """How many numbers a vector has."""
        self._roots = tuple(roots)
        self._base = base

    def __len__(self) -> int:
        return len(self._roots)

    def predict(self, vector: Sequence[float]) -> float:
        """Return the probability 0..1 of the upper class; NaN is a missing value.

        Numbers are compared as XGBoost does, in single precision, and summed in double.

        Raises:
            ValueError: If the vector has another length.
        """
        if len(vector) != self.features:
            raise ValueError(f"expected {self.features} features, found {len(vector)}")
        values = array("f", vector).tolist()
        total = sum(values)
        margin = self._margin(values) if total == total else self._margin_with_missing(values)  # noqa: PLR0124  # NaN
        return sigmoid(margin)

    def _margin(self, values: list[float]) -> float:
        margin = self._base
        for node in self._roots:
            while node.__class__ is tuple:  # asked faster than isinstance
                feature, threshold, below, above, _ = node
                node = below if values[feature] < threshold else above  # noqa: PLW2901  # the walk
            margin += node  # type: ignore[operator]  # a leaf
        return margin

    def _margin_with_missing(self, values: list[float]) -> float:
        margin = self._base
        for node in self._roots:
            while isinstance(node, tuple):
                feature, threshold, below, above, is_below = node
                value = values[feature]
                goes_below = value < threshold or (is_below and value != value)  # noqa: PLR0124  # NaN
                node = below if goes_below else above  # noqa: PLW2901  # the walk
            margin += node
        return margin


def load_trees(raw: bytes) -> Trees:
    """Return the model of an XGBoost JSON file.

    Raises:
        ModelError: If it is anything but a whole model of the known kind; says which part is wrong.
    """
    if len(raw) > MOST_BYTES:
        raise ModelError(f"model: at most {MOST_BYTES} bytes, found {len(raw)}")
    try:
        learner = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise ModelError(f"model: not the JSON of an XGBoost model: {e}") from e
    features, model = int(learner.learner_model_param.num_feature), learner.gradient_booster.model
    roots = [_root(tree, features, f"trees[{number}]") for number, tree in enumerate(model.trees)]
    return Trees(roots, _base(learner.learner_model_param.base_score), features)


def _decode(raw: bytes) -> Learner:
    """Return the part of a file that counts, its head checked."""
    file = _decoder.decode(raw)
    learner = file.learner
    booster, param = learner.gradient_booster, learner.learner_model_param
    trees, cats = booster.model.trees, booster.model.cats
    _same("version", file.version[:1], [3])
    _same("booster", booster.name, "gbtree")
    _same("objective", learner.objective.name, "binary:logistic")
    _same("num_class", param.num_class, "0", "1")
    _same("num_target", param.num_target, "1")
    _same("num_parallel_tree", booster.model.gbtree_model_param.num_parallel_tree, "1")
    _same("num_trees", int(booster.model.gbtree_model_param.num_trees), len(trees))
    _same("tree_info", booster.model.tree_info, [0] * len(trees))
    if cats.enc or cats.feature_segments or cats.sorted_idx:
        raise ModelError("model: categorical features are not known")
    if not 1 <= len(trees) <= MOST_TREES:
        raise ModelError(f"model: expected 1..{MOST_TREES} trees, found {len(trees)}")
    nodes = sum(len(tree.left_children) for tree in trees)
    if nodes > MOST_NODES:
        raise ModelError(f"model: at most {MOST_NODES} nodes, found {nodes}")
    if not 1 <= int(param.num_feature) <= MOST_FEATURES:
        raise ModelError(f"model: expected 1..{MOST_FEATURES} features, found {param.num_feature}")
    return learner


def _base(text: str) -> float:
    """Return the margin before the first tree."""
    try:
        score = float(text.strip("[]"))
    except ValueError as e:
        raise ModelError(f"model: base_score must be a number, was {text}") from e
    if not 0.0 < score < 1.0:
        raise ModelError(f"model: base_score must lie between 0 and 1, was {text}")
    return log(score / (1.0 - score))


def _root(tree: Tree, features: int, name: str) -> _Node:
    """Return one tree as nested tuples, from its leaves up."""
    conditions = array("f", tree.split_conditions).tolist()
    _check_tree(tree, conditions, features, name)
    nodes: list[_Node] = [0.0] * len(conditions)
    depths = [0] * len(conditions)
    for place in range(len(conditions) - 1, -1, -1):
        left = tree.left_children[place]
        if left < 0:
            nodes[place] = conditions[place]
            continue
        right = tree.right_children[place]
        depths[place] = depth = max(depths[left], depths[right]) + 1
        if depth > MOST_DEPTH:
            raise ModelError(f"model: {name} is deeper than {MOST_DEPTH}")
        is_below = bool(tree.default_left[place])
        nodes[place] = (tree.split_indices[place], conditions[place], nodes[left], nodes[right], is_below)
    return nodes[0]


def _check_tree(tree: Tree, conditions: Sequence[float], features: int, name: str) -> None:
    """Refuse a tree unless every node but the first is the later child of exactly one other."""
    count, param = len(conditions), tree.tree_param
    _same(f"{name}.num_nodes", int(param.num_nodes), count)
    _same(f"{name}.num_feature", int(param.num_feature), features)
    _same(f"{name}.num_deleted", param.num_deleted, "0")
    _same(f"{name}.size_leaf_vector", param.size_leaf_vector, "0", "1")
    if not count:
        raise ModelError(f"model: {name} has no nodes")
    lists = tree.left_children, tree.right_children, tree.split_indices, tree.default_left, tree.split_type
    if any(len(each) != count for each in lists):
        raise ModelError(f"model: {name} has lists of different lengths")
    if any((tree.categories, tree.categories_nodes, *tree.split_type)):
        raise ModelError(f"model: {name} has categorical splits")
    if not all(map(isfinite, conditions)):
        raise ModelError(f"model: {name} has a number that is not finite")
    children = bytearray(count)
    for place, (left, right) in enumerate(zip(tree.left_children, tree.right_children, strict=True)):
        if left == right == -1:
            if abs(conditions[place]) > _MOST_MARGIN:
                raise ModelError(f"model: {name} has a leaf beyond {_MOST_MARGIN}, at {place}")
            continue
        if not (place < left < count and place < right < count) or tree.split_indices[place] >= features:
            raise ModelError(f"model: {name} leads out of itself or of the features at {place}")
        children[left] += children[left] < _TWICE
        children[right] += children[right] < _TWICE
    if children[0] or children.count(1) != count - 1:
        raise ModelError(f"model: {name} has nodes that are not the child of exactly one other")


def _same(name: str, found: object, *expected: object) -> None:
    if found not in expected:
        wanted = " or ".join(str(one) for one in expected)
        raise ModelError(f"model: {name}: expected {wanted[:80]}, found {str(found)[:80]}")
