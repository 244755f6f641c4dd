"""A running node trains on its own market: jobs are remembered over a kill, models are seen."""

import json
import time
import urllib.request

import pytest

from tests.node_process import PATIENCE_S, NodeProcess

pytestmark = pytest.mark.slow

NAME = "BTC-USDT.SIM"
SMALL = ["training.gbt.trees=5", "training.folds=2", "training.first=0.5", "training.nice=0", "training.days=3"]


def begin(node, **wish):
    body = json.dumps({"instrument_id": NAME, **wish}).encode()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{node.url}/api/v1/jobs", body, headers, method="POST")
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        assert answer.status == 202
        return json.loads(answer.read())["job_id"]


def job(node, job_id):
    return node.get(f"/api/v1/jobs/{job_id}")


def test_jobs_of_a_running_node(tmp_path):
    with NodeProcess(tmp_path, *SMALL) as node:
        node.ready()
        done = begin(node, days=4)
        while job(node, done)["state"] == "running":
            time.sleep(0.05)
        finished = job(node, done)
        [model] = node.get(f"/api/v1/models?instrument_id={NAME}&kind=gbt")["items"]
        cut = begin(node, days=60)
        node.kill()
        node.start()
        node.ready()
        states = {one["job_id"]: (one["state"], one["code"]) for one in node.get("/api/v1/jobs")["items"]}

    assert (finished["state"], finished["model_id"]) == ("finished", model["model_id"])
    assert model["state"] == "candidate"
    assert model["out_of_sample"] is not None
    assert states == {done: ("finished", None), cut: ("failed", "shutdown")}
