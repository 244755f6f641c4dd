"""Small networks for tests."""

import numpy as np

from actors.signal.models.lstm import dump_lstm, shapes


def network(features=5, hidden=4, window=6, seed=0):
    """Return (the arrays, the file) of a random network."""
    draw = np.random.default_rng(seed)
    arrays = {
        name: draw.normal(scale=0.8, size=shape).astype(np.float32) for name, shape in shapes(features, hidden).items()
    }
    arrays["scale"] = np.abs(arrays["scale"]) + np.float32(0.1)
    return arrays, dump_lstm(window, arrays)
