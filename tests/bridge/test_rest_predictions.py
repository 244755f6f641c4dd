"""`/api/v1/predictions` over a real socket and a real store."""

import msgspec
import pytest

from actors.clock import MarketClock
from actors.market import DAY_NS
from actors.signal.models.meta import Golden, ModelMeta
from actors.store.analyses.store import AnalysisStore
from config.analyses import AnalysesSection
from config.signal_errors import ModelError
from tests.analysis_rows import BTC, FIRST, MINUTE, analysed, resolved
from tests.bridge.fakes import ETH, make_context
from tests.bridge.rest_client import serving

PATH = "/api/v1/predictions"
MS = 1_000_000


@pytest.fixture
async def store(tmp_path):
    store = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    store.start()
    yield store
    await store.close()


def context(store, minutes=1_000):
    clock = MarketClock()
    clock.advance(FIRST + minutes * MINUTE)
    return make_context(analyses=store, clock=clock)


async def keep(store, *rows):
    store.put(*rows)
    await store.settled()


async def get(store, path, minutes=1_000):
    async with serving(context(store, minutes)) as client:
        return await client.get(path)


async def test_a_prediction_is_told_with_what_became_of_it(store):
    await keep(store, analysed(1), resolved(1, label=1), analysed(2, score=-0.5), resolved(2, label=1), analysed(3))

    items = (await get(store, PATH)).json()["items"]

    assert [(item["predictor"], item["outcome"], item["correct"]) for item in items] == [
        ("signal", "open", None),
        ("technical", "open", None),
        ("signal", "up", False),
        ("technical", "up", False),
        ("signal", "up", True),
        ("technical", "up", True),
    ]
    assert (items[2]["net_return"], items[4]["net_return"]) == (-0.012, 0.008)
    assert (items[4]["upper"], items[4]["lower"], items[4]["stance"]) == ("30300.00", "29700.00", "up")
    assert items[4]["ts_outcome"] == (FIRST + 5 * MINUTE) // MS


async def test_an_unresolved_one_says_why_and_an_abstention_nothing(store):
    lost = resolved(1, label=None, outcome="unresolved", reason="bars are missing from 1 on")
    await keep(store, analysed(1, score=0.0, confidence=0.0), lost)

    item = (await get(store, f"{PATH}?predictor=signal")).json()["items"][0]

    assert (item["outcome"], item["reason"], item["correct"]) == ("unresolved", "bars are missing from 1 on", None)
    assert (item["stance"], item["probability"]) == ("abstained", None)


@pytest.mark.parametrize("limit", [1, 3, 4, 50])
async def test_cursors_lose_and_repeat_nothing(store, limit):
    await keep(store, *[analysed(n, instrument_id=name) for n in range(5) for name in (BTC, ETH)])
    seen, cursor = [], ""

    async with serving(context(store)) as client:
        while cursor is not None:
            page = (await client.get(f"{PATH}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))).json()
            seen += [(item["ts_bar"], item["instrument_id"], item["predictor"]) for item in page["items"]]
            cursor = page["next"]

    assert len(seen) == len(set(seen)) == 20
    assert [one[0] for one in seen] == sorted((one[0] for one in seen), reverse=True)


async def test_accuracy_stands_beside_its_baseline_with_its_interval(store):
    rows = []
    for number in range(10):  # eight rises of ten, all called a rise but one
        rows += [analysed(number, score=-0.5 if number == 0 else 0.5), resolved(number, label=int(number > 1), bars=1)]
    await keep(store, *rows, analysed(10, score=0.1, signal="neutral"), analysed(11, score=0.0, confidence=0.0))

    (item,) = (await get(store, f"{PATH}/accuracy?predictor=signal")).json()["items"]

    assert (item["count"], item["accuracy"], item["baseline"]) == (10, 0.9, 0.8)
    assert (item["low"], item["high"]) == (pytest.approx(0.5958, abs=1e-4), pytest.approx(0.9821, abs=1e-4))
    assert item["verdict"] == "unclear"
    assert item["brier"] == pytest.approx((9 * 0.0625 + 0.5625) / 10)
    assert item["brier_baseline"] == pytest.approx(0.16)
    assert item["net_return"] == pytest.approx((9 * 0.008 - 0.012) / 10)
    assert (item["neutral"], item["abstained"], item["open"], item["sample"]) == (1, 1, 2, "live")
    assert [(one["low"], one["count"], one["predicted"], one["observed"]) for one in item["calibration"]] == [
        (0.2, 1, 0.25, 0.0),
        (0.7, 9, 0.75, pytest.approx(8 / 9)),
    ]
    assert [one["count"] for one in item["over_time"]] == [10]


async def test_overlapping_outcomes_count_once(store):
    rows = [row for n in range(100) for row in (analysed(n), resolved(n, label=n % 2, bars=20))]
    await keep(store, *rows)

    (item,) = (await get(store, f"{PATH}/accuracy?predictor=signal")).json()["items"]

    assert (item["count"], item["effective_count"]) == (100, 5.0)
    assert item["high"] - item["low"] > 0.6


async def test_history_stands_apart_from_live(store):
    await keep(store, analysed(1, backfilled=True, took=None), resolved(1), analysed(2), resolved(2, label=0))

    items = (await get(store, f"{PATH}/accuracy?predictor=signal")).json()["items"]

    assert [(one["sample"], one["accuracy"]) for one in items] == [("live", 0.0), ("history", 1.0)]


async def test_accuracy_over_time_is_in_pieces(store):
    rows = [row for n in range(300) for row in (analysed(n), resolved(n, label=int(n < 150)))]
    await keep(store, *rows)
    first = FIRST // MS

    answered = (await get(store, f"{PATH}/accuracy?predictor=signal&start={first}&end={first + 18_000_000}")).json()

    points = answered["items"][0]["over_time"]
    assert answered["bucket_ms"] == 3_600_000
    assert (points[0]["accuracy"], points[-1]["accuracy"]) == (1.0, 0.0)
    assert sum(point["count"] for point in points) == 300


async def test_without_a_start_it_is_the_last_seven_days_of_market_time(store):
    await keep(store, analysed(0), resolved(0))

    found = [
        len((await get(store, f"{PATH}/accuracy", minutes)).json()["items"]) for minutes in (10, 8 * DAY_NS // MINUTE)
    ]
    assert found == [2, 0]


async def test_nobody_sees_what_is_still_to_come(store):
    await keep(store, analysed(1), resolved(1), analysed(5), resolved(5))

    items = (await get(store, PATH, minutes=3)).json()["items"]

    assert {item["ts_bar"] for item in items} == {(FIRST + MINUTE) // MS}


async def test_drift_finds_the_feature_that_moved(store):
    rows = [analysed(n, features=(n % 50 / 50 + (n >= 150), n % 30 / 30, 0.5), score=n % 20 / 20) for n in range(300)]
    await keep(store, *rows)

    answered = (await get(store, f"{PATH}/drift?instrument_id={BTC}&count=100")).json()

    assert (answered["reference"]["count"], answered["recent"]["count"]) == (100, 100)
    assert next((one["name"], one["verdict"]) for one in answered["features"]) == ("feature_0", "drifted")
    assert answered["features"][-1]["psi"] < 0.1
    assert answered["score"]["verdict"] == "stable"


async def test_drift_waits_until_there_is_enough(store):
    await keep(store, *[analysed(n) for n in range(150)])

    answered = (await get(store, f"{PATH}/drift?instrument_id={BTC}&count=100")).json()

    assert answered["feature_schema"] is None
    assert answered["features"] == answered["models"] == []


class OneModel:
    """A promoted model that has learnt from features between 0 and 1, and another kind whose file is broken."""

    def current(self, instrument_id, interval, kind):
        return None if (instrument_id, interval) != (BTC, "1m") else model_meta(kind)

    def read(self, meta, name):
        if meta.kind == "lstm":
            raise ModelError("features.json is not what was saved")
        edges = [tenth / 10 for tenth in range(1, 10)]
        return msgspec.json.encode({one: {"edges": edges, "shares": [0.1] * 10} for one in meta.feature_names})

    def version(self):
        return 1


def model_meta(kind):
    return ModelMeta(
        id=f"{kind}-1",
        kind=kind,
        instrument_id=BTC,
        interval="1m",
        feature_schema="bars-v1",
        feature_names=("calm", "moved"),
        schema_hash="0",
        golden=Golden(features=(0.5, 0.5), probability=0.5),
        created_ms=1,
        trained_from_ms=0,
        trained_to_ms=1,
        data_sha256="0" * 64,
        rows=100,
    )


async def test_drift_against_training_needs_a_promoted_model(store):
    await keep(store, *[analysed(n, features=(n % 100 / 100, 5.0)) for n in range(300)])
    made = context(store)
    async with serving(msgspec.structs.replace(made, models=OneModel())) as client:
        answered = (await client.get(f"{PATH}/drift?instrument_id={BTC}&count=100")).json()

    (one,) = answered["models"]
    assert (one["kind"], one["model"]) == ("gbt", "gbt-1")
    assert [(item["name"], item["verdict"]) for item in one["features"]] == [("moved", "drifted"), ("calm", "stable")]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{PATH}?limit=0", 422, "validation"),
        (f"{PATH}?instrument_id=NO.SIM", 404, "unknown_instrument"),
        (f"{PATH}?interval=7m", 422, "unsupported_interval"),
        (f"{PATH}?cursor=AAAA", 422, "validation"),
        (f"{PATH}/accuracy?limit=3", 422, "validation"),
        (f"{PATH}/accuracy?start=10&end=5", 422, "validation"),
        (f"{PATH}/drift", 422, "validation"),
        (f"{PATH}/drift?instrument_id={BTC}&count=5", 422, "validation"),
    ],
)
async def test_bad_questions_get_their_code(store, path, status, code):
    answered = await get(store, path)

    assert (answered.status, answered.code) == (status, code)


async def test_a_node_without_a_store_says_so():
    async with serving(make_context()) as client:
        answered = await client.get(PATH)

    assert (answered.status, answered.code) == (404, "not_found")


async def test_a_store_that_cannot_be_read_says_so(tmp_path):
    absent = AnalysisStore(tmp_path / "nowhere" / "analytics.db", AnalysesSection())
    answered = await get(absent, PATH)
    await absent.close()

    assert (answered.status, answered.code) == (503, "store_unavailable")
