"""Gradient boosted trees by XGBoost: the one place that imports it, which only the training process does."""

from typing import TYPE_CHECKING

import numpy as np

from actors.signal.training.labels import Floats, Ints
from config.training import GbtSection

if TYPE_CHECKING:
    from xgboost import Booster


def fit_gbt(x: Floats, y: Ints, w: Floats, params: GbtSection, seed: int) -> bytes:
    """Return trees that were fitted on one thread, as XGBoost's JSON: the same input gives the same bytes.

    Args:
        x: Features, shape (n, features).
        y: Labels 0 and 1, shape (n,).
        w: Weights, mean 1, shape (n,).
        params: Size and speed.
        seed: Of the rows and columns that each tree sees.
    """
    import xgboost  # noqa: PLC0415  # 190 MB that the node never loads

    settings = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "nthread": 1,
        "seed": seed % 2**31,
        "max_depth": params.depth,
        "eta": params.learning_rate,
        "subsample": params.rows,
        "colsample_bytree": params.columns,
        "min_child_weight": params.leaf_weight,
        "lambda": params.ridge,
        "verbosity": 0,
    }
    data = xgboost.DMatrix(x.astype(np.float32), y, weight=w, nthread=1)
    return bytes(xgboost.train(settings, data, params.trees).save_raw("json"))


def predict_gbt(model: bytes, x: Floats) -> Floats:
    """Return the probabilities of one model of `fit_gbt`, shape (n,)."""
    booster = _opened(model)
    return np.asarray(booster.inplace_predict(x.astype(np.float32)), np.float64)


def _opened(model: bytes) -> "Booster":
    import xgboost  # noqa: PLC0415  # likewise

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(model))
    return booster
