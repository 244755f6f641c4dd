"""The JSON of an XGBoost model, as far as it is known; `trees.py` checks what the types cannot."""

from typing import Annotated, Final

from msgspec import Meta, Raw, Struct

MOST_NODES: Final = 131_072
"""Of all trees together."""
MOST_FEATURES: Final = 1_000

_Count = Annotated[str, Meta(pattern=r"\A[0-9]{1,9}\Z")]
_Places = list[Annotated[int, Meta(ge=-1, le=MOST_NODES)]]


class _Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A part that counts: a key that nobody knows may change what a model says, as `weight_drop` does."""


class _TreeParam(_Strict, frozen=True):
    num_feature: _Count
    num_nodes: _Count
    num_deleted: _Count = "0"
    size_leaf_vector: _Count = "1"


class Tree(_Strict, frozen=True):
    """One tree as lists, one place for each node."""

    tree_param: _TreeParam
    left_children: _Places
    right_children: _Places
    split_indices: list[Annotated[int, Meta(ge=0, le=MOST_FEATURES)]]
    split_conditions: list[float]
    default_left: list[Annotated[int, Meta(ge=0, le=1)] | bool]
    split_type: list[int]
    categories: list[int] = []
    categories_nodes: list[int] = []
    categories_segments: list[int] = []
    categories_sizes: list[int] = []
    id: Raw = Raw()
    parents: Raw = Raw()
    base_weights: Raw = Raw()
    loss_changes: Raw = Raw()
    sum_hessian: Raw = Raw()


class _TreesParam(_Strict, frozen=True):
    num_trees: _Count
    num_parallel_tree: _Count


class _Categories(_Strict, frozen=True):
    enc: list[int] = []
    feature_segments: list[int] = []
    sorted_idx: list[int] = []


class _Model(_Strict, frozen=True):
    gbtree_model_param: _TreesParam
    trees: list[Tree]
    tree_info: list[int]
    cats: _Categories = _Categories()
    iteration_indptr: Raw = Raw()


class _Booster(_Strict, frozen=True):
    name: str
    model: _Model


class _LearnerParam(_Strict, frozen=True):
    base_score: Annotated[str, Meta(pattern=r"\A\[?[0-9.]{1,20}(E-?[0-9]{1,2})?\]?\Z")]
    num_class: _Count
    num_feature: _Count
    num_target: _Count
    boost_from_average: Raw = Raw()


class _Objective(_Strict, frozen=True):
    name: str
    reg_loss_param: Raw = Raw()


class Learner(_Strict, frozen=True):
    """All of a file but its version."""

    gradient_booster: _Booster
    learner_model_param: _LearnerParam
    objective: _Objective
    attributes: Raw = Raw()
    feature_names: Raw = Raw()
    feature_types: Raw = Raw()


class XgboostFile(_Strict, frozen=True):
    """A whole file."""

    learner: Learner
    version: list[int]
