"""A small history for the tests of training: a seeded walk, and one whose future can be told from its past."""

import hashlib

import numpy as np

from actors.market import interval_of
from actors.signal.training.dataset import Bars
from config.training import Barriers, GbtSection, TrainingSection
from tests.unit.walks import floats, walk

SMALL = TrainingSection(
    interval="1m",
    folds=2,
    embargo=6,
    label=Barriers(up=1.5, down=1.5, horizon=6),
    gbt=GbtSection(trees=8, leaf_weight=5.0),
)


def bars(count=900, rows=None):
    columns = np.array(floats(walk(count)) if rows is None else rows).T
    ts = np.round(columns[0] / 1e9).astype(np.int64) * 1_000_000_000
    return Bars(
        instrument_id="BTC-USDT.SIM",
        interval=interval_of("1m"),
        ts=ts,
        open=columns[1],
        high=columns[2],
        low=columns[3],
        close=columns[4],
        volume=columns[5],
        source="a walk",
        sha256=hashlib.sha256(columns.tobytes()).hexdigest(),
        fee=0.0005,
    )


def waves(count=1_500):
    """Prices that swing with some noise: a model can learn that."""
    draw, at = np.random.default_rng(8), np.arange(count)
    close = 100.0 * np.exp(0.03 * np.sin(at / 12.0) + np.cumsum(draw.normal(0.0, 0.0004, count)))
    opened = np.concatenate([[close[0]], close[:-1]])
    high = np.maximum(opened, close) * (1.0 + draw.random(count) * 0.0004)
    low = np.minimum(opened, close) * (1.0 - draw.random(count) * 0.0004)
    ts = 1_700_000_040_000_000_000 + at * 60_000_000_000
    return bars(rows=list(zip(ts, opened, high, low, close, draw.random(count), strict=True)))
