"""The bot core's `POST /train`: a job on the node's own history, answered at once."""

import pytest

from tests.bridge.fake_jobs import FakeJobs
from tests.bridge.fakes import BTC, make_context
from tests.bridge.rest_client import serving
from tests.candles import candles


async def train(jobs, **fields):
    body = {"symbol": "BTCUSDT", "model_type": "lstm", "retrain": True, "candles": candles(120)} | fields
    async with serving(make_context(jobs=jobs)) as client:
        return await client.ask("POST", "/train", json=body)


async def test_a_training_begins_at_once():
    jobs = FakeJobs()
    told = (await train(jobs)).json()

    (row,) = jobs.jobs()
    assert (row.wish.instrument_id, row.wish.interval, row.wish.model, row.wish.promote) == (BTC, "1h", "lstm", False)
    assert told == {
        "message": "Model training started",
        "model_type": "lstm",
        "training_samples": 120,
        "learns_from": "history",
        "status": "training_in_progress",
        "job_id": row.job_id,
    }


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"model_type": "transformer"}, 400, "model_type must be one of gbt, lstm"),
        ({"candles": candles(99)}, 400, "Insufficient data. Minimum 100 candles required, got 99"),
        ({"candles": candles(120)[::-1]}, 422, "oldest first"),
        ({"candles": candles(60) + candles(60)}, 422, "oldest first"),
        ({"candles": candles(120, step=7_000)}, 422, "7000 ms"),
        ({"candles": candles(1_001)}, 422, "at most 1000"),
        ({"timeframe": "1M"}, 422, "1M"),
        ({"symbol": "NOPE"}, 404, "NOPE"),
    ],
)
async def test_what_cannot_be_trained_is_refused_before_anything_begins(fields, status, words):
    jobs = FakeJobs()
    answered = await train(jobs, **fields)

    assert (answered.status, words in answered.json()["detail"]) == (status, True)
    assert jobs.jobs() == []


async def test_a_node_that_trains_nothing_says_so():
    assert (await train(None)).status == 404
