"""Gradient boosted trees by XGBoost: the one place that imports it, which only the training process does."""

import importlib
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from actors.signal.training.labels import Floats, Ints
from config.training import GbtSection

if TYPE_CHECKING:
    from xgboost import Booster

_BESIDE = ("sklearn", "pandas", "pyarrow", "matplotlib")


def fit_gbt(x: Floats, y: Ints, w: Floats, params: GbtSection, seed: int) -> bytes:
    """Return trees that were fitted on one thread, as XGBoost's JSON: the same input gives the same bytes.

    Args:
        x: Features, shape (n, features).
        y: Labels 0 and 1, shape (n,).
        w: Weights, mean 1, shape (n,).
        params: Size and speed.
        seed: Of the rows and columns that each tree sees.
    """
    xgboost = _library()
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
    booster: Booster = _library().Booster({"nthread": 1})
    booster.load_model(bytearray(model))
    return booster


def _library() -> Any:  # noqa: ANN401  # a module
    """Import XGBoost, 190 MB that the node never loads, without what it would load beside, a second and 100 MB more."""
    hidden = [name for name in _BESIDE if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's own mark for "not to be had"
    try:
        return importlib.import_module("xgboost")
    finally:
        for name in hidden:
            del sys.modules[name]
