"""Small models made by hand, as training would save them."""

import json

from actors.signal.features import NAMES, SCHEMA, schema_hash
from actors.signal.golden import golden
from actors.signal.models.meta import Golden, ModelMeta
from actors.signal.models.trees import load_trees
from tests.unit.walks import NAME


def stump(low: float, high: float, *, feature: int = 0, threshold: float = 0.0, features: int = len(NAMES)) -> bytes:
    """XGBoost JSON of one tree: margin `low` where the feature is below the threshold or missing, else `high`."""
    tree = {
        "tree_param": {"num_feature": str(features), "num_nodes": "3", "num_deleted": "0", "size_leaf_vector": "1"},
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "split_indices": [feature, 0, 0],
        "split_conditions": [threshold, low, high],
        "default_left": [1, 0, 0],
        "split_type": [0, 0, 0],
    }
    model = {"gbtree_model_param": {"num_trees": "1", "num_parallel_tree": "1"}, "trees": [tree], "tree_info": [0]}
    learner = {
        "gradient_booster": {"name": "gbtree", "model": model},
        "learner_model_param": {
            "base_score": "[5E-1]",
            "num_class": "0",
            "num_feature": str(features),
            "num_target": "1",
        },
        "objective": {"name": "binary:logistic"},
    }
    return json.dumps({"learner": learner, "version": [3, 0, 0]}).encode()


def made_meta(model_id: str, raw: bytes | None = None, **changed: object) -> ModelMeta:
    """What is known of a `gbt` model of one instrument; its golden answer is that of `raw`."""
    probability = 0.5 if raw is None else load_trees(raw).predict(golden())
    known = {
        "id": model_id,
        "kind": "gbt",
        "instrument_id": NAME,
        "interval": "1m",
        "feature_schema": SCHEMA,
        "feature_names": NAMES,
        "schema_hash": schema_hash(),
        "golden": Golden(features=golden(), probability=probability),
        "created_ms": 1_700_000_000_000,
        "trained_from_ms": 1_690_000_000_000,
        "trained_to_ms": 1_700_000_000_000,
        "data_sha256": "0" * 64,
        "rows": 1_000,
        "is_promotable": True,
    }
    return ModelMeta(**(known | changed))
