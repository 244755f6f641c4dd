"""A model that another process promotes votes in the running node, from its next bar on; so does the one before."""

import time

import pytest

from actors.signal.models.registry import ModelRegistry
from tests.node_process import NodeProcess
from tests.unit.model_files import made_meta, stump

pytestmark = pytest.mark.slow

NAME = "BTC-USDT.SIM"
SIGNALS = f'signals=[{{interval="1m",instruments=["{NAME}"],predictors=[{{name="gbt",weight=0.5}}]}}]'


def saved(models, model_id, margin):
    raw = stump(margin, margin)
    meta = made_meta(model_id, raw, instrument_id=NAME, trained_to_ms=time.time_ns() // 1_000_000 - 86_400_000)
    models.save(meta, {"model.json": raw})


def newest(node):
    """The newest signal, and what its one source said."""
    signal = node.get(f"/api/v1/signals?instrument_id={NAME}&interval=1m&limit=1")["items"][0]
    return signal, signal["sources"][0]


def has_voted(node, *, up):
    signal, source = newest(node)
    return source["state"] == "voted" and (source["score"] > 0) == up and not signal["backfilled"]


def test_promotions_reach_a_running_node(tmp_path):
    models = ModelRegistry(tmp_path / "models")
    with NodeProcess(tmp_path, "sim.speed=120", SIGNALS) as node:
        node.ready()
        assert newest(node)[1]["state"] == "disabled"

        saved(models, "rising", 2.0)
        models.promote("rising")
        node.until(lambda: has_voted(node, up=True))
        saved(models, "falling", -2.0)
        models.promote("falling")
        node.until(lambda: has_voted(node, up=False))
        models.rollback(NAME, "1m", "gbt")
        node.until(lambda: has_voted(node, up=True))
