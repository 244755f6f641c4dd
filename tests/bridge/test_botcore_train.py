"""The bot core's `POST /train`: a job on the candles that are sent, else on the node's history, answered at once."""

import pytest

from tests.bridge.fake_jobs import FakeJobs
from tests.bridge.fakes import BTC, make_context
from tests.bridge.rest_client import serving
from tests.candles import FIRST_MS, HOUR_MS, candles

FLAT = [
    {"timestamp": FIRST_MS + number * HOUR_MS, "open": 3, "high": 3, "low": 3, "close": 3, "volume": 1}
    for number in range(10_001)
]


async def train(jobs, **fields):
    body = {"symbol": "BTCUSDT", "model_type": "lstm", "retrain": True, "candles": candles(850)} | fields
    async with serving(make_context(jobs=jobs)) as client:
        return await client.ask("POST", "/train", json=body)


async def test_a_training_on_the_candles_that_are_sent_begins_at_once():
    jobs, sent = FakeJobs(), candles(1_200)
    told = (await train(jobs, candles=sent)).json()

    (row,) = jobs.jobs()
    assert (row.wish.instrument_id, row.wish.interval, row.wish.model, row.wish.promote) == (BTC, "1h", "lstm", False)
    assert row.wish.candles == len(jobs.given) == 1_200
    last = jobs.given[-1]
    assert (last.ts_open, last.close) == (sent[-1]["timestamp"] * 1_000_000, round(sent[-1]["close"] * 100))
    assert told == {
        "message": "Model training started",
        "model_type": "lstm",
        "training_samples": 1_200,
        "learns_from": "candles",
        "status": "training_in_progress",
        "job_id": row.job_id,
    }


async def test_without_candles_it_learns_from_the_node_s_history():
    jobs = FakeJobs()
    first = (await train(jobs, candles=None)).json()
    second = (await train(jobs, candles=None, timeframe="1H", model_type="gbt")).json()

    assert (first["learns_from"], first["training_samples"], jobs.given) == ("history", 0, [])
    assert [row.wish.interval for row in jobs.jobs()] == ["1h", "5m"]
    assert [row.wish.candles for row in jobs.jobs()] == [0, 0]
    assert second["model_type"] == "gbt"


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"model_type": "transformer"}, 400, "model_type must be one of gbt, lstm"),
        ({"candles": []}, 400, "Insufficient data. Minimum 100 candles required, got 0"),
        ({"candles": candles(99)}, 400, "Insufficient data. Minimum 100 candles required, got 99"),
        ({"candles": candles(848)}, 400, "a lstm model needs 849 candles, got 848"),
        ({"candles": candles(817), "model_type": "gbt"}, 400, "a gbt model needs 818 candles, got 817"),
        ({"candles": candles(850)[::-1]}, 422, "oldest first"),
        ({"candles": candles(430) + candles(430)}, 422, "oldest first"),
        ({"candles": candles(850, step=7_000)}, 422, "7000 ms"),
        ({"candles": [*candles(849), candles(850)[-1] | {"volume": 9e14}]}, 422, "larger than any market's"),
        ({"candles": [*candles(849), candles(850)[-1] | {"high": 9.9e18}]}, 422, "larger than any market's"),
        ({"candles": candles(10_001)}, 413, "bytes"),
        ({"candles": FLAT}, 422, "at most 10000"),
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
