"""A real node that is killed: what was predicted before is judged after, and signals reach back to both lives."""

import pytest

from tests.node_process import NodeProcess

SIGNAL = "instrument_id=BTC-USDT.SIM&interval=1m"
LIVE = "/api/v1/predictions?instrument_id=BTC-USDT.SIM&predictor=technical&limit=1000"


def live_predictions(node):
    return [item for item in node.get(LIVE)["items"] if not item["backfilled"]]


@pytest.mark.slow
@pytest.mark.property
def test_predictions_of_a_killed_node_are_judged_by_the_next_one(tmp_path):
    with NodeProcess(tmp_path, "sim.speed=120", "signals=[{backfill=20}]") as node:
        node.ready()
        first = node.until(lambda: [item for item in live_predictions(node) if item["outcome"] == "open"])
        node.kill()
    left_open = {item["ts_bar"] for item in first}

    with NodeProcess(tmp_path, "sim.speed=240", "signals=[{backfill=20}]") as node:
        node.ready()
        judged = node.until(
            lambda: (
                {item["ts_bar"]: item for item in live_predictions(node) if item["outcome"] != "open"}.keys()
                >= left_open
            )
        )
        signals = node.get(f"/api/v1/signals?{SIGNAL}&limit=1000")["items"]
        accuracy = node.get("/api/v1/predictions/accuracy?predictor=technical")["items"]
        told = {item["ts_bar"]: item for item in live_predictions(node)}

    assert judged
    assert {told[ts]["outcome"] for ts in left_open} <= {"up", "down", "both", "time"}
    opens = [item["ts_bar"] for item in signals]
    assert opens == sorted(set(opens), reverse=True)
    assert left_open <= set(opens)
    assert {item["sample"] for item in accuracy} == {"live", "history"}
