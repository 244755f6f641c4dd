"""`GET /api/v1/signals` over a real socket."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.clock import MarketClock
from actors.market import MINUTE_NS
from actors.ports.analyses import Analysis
from actors.signal.log import SignalLog
from actors.store.analyses.store import AnalysisStore
from config.analyses import AnalysesSection
from tests.bridge.fakes import BTC, ETH, START_NS, make_context, signal
from tests.bridge.rest_client import serving

PATH = "/api/v1/signals"
MS = 1_000_000


def kept(count: int, *instruments: str) -> SignalLog:
    log = SignalLog()
    for n in range(count):
        for one in instruments or (BTC,):
            log.append(signal(START_NS + n * MINUTE_NS, instrument_id=one))
    return log


def times(answered) -> list[int]:
    return [item["ts_bar"] for item in answered.json()["items"]]


async def test_the_newest_comes_first():
    async with serving(make_context(signals=kept(5))) as client:
        answered = await client.get(f"{PATH}?instrument_id={BTC}&interval=1m&limit=2")

    assert times(answered) == [(START_NS + n * MINUTE_NS) // MS for n in (4, 3)]
    assert answered.json()["items"][0]["signal"] == "long"


async def test_the_range_is_half_open_on_the_open_time_of_the_bar():
    first, last = START_NS // MS, (START_NS + 3 * MINUTE_NS) // MS
    async with serving(make_context(signals=kept(5))) as client:
        answered = await client.get(f"{PATH}?start={first}&end={last}")

    assert times(answered) == [(START_NS + n * MINUTE_NS) // MS for n in (2, 1, 0)]


async def test_features_come_on_request_only():
    async with serving(make_context(signals=kept(1))) as client:
        plain = (await client.get(PATH)).json()["items"][0]
        full = (await client.get(f"{PATH}?include_features=true")).json()["items"][0]

    assert "features" not in plain
    assert (full["features"], full["feature_schema"]) == ([0.25, -1.5], "bars-v2")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 12), limit=st.integers(1, 8), instruments=st.integers(1, 4))
async def test_cursors_lose_and_repeat_nothing_although_instruments_share_bar_times(count, limit, instruments):
    names = [f"C{n}-USDT.SIM" for n in range(instruments)]
    seen, cursor = [], ""
    async with serving(make_context(signals=kept(count, *names))) as client:
        while cursor is not None:
            page = (await client.get(f"{PATH}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))).json()
            seen += [(item["ts_bar"], item["instrument_id"]) for item in page["items"]]
            cursor = page["next"]

    assert len(set(seen)) == len(seen) == count * instruments
    assert [ts for ts, _ in seen] == sorted((ts for ts, _ in seen), reverse=True)


async def test_one_instrument_can_be_asked_for():
    async with serving(make_context(signals=kept(2, BTC, ETH))) as client:
        answered = await client.get(f"{PATH}?instrument_id={ETH}")

    assert {item["instrument_id"] for item in answered.json()["items"]} == {ETH}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("instrument_id=NOPE.SIM", 404, "unknown_instrument"),
        ("instrument_id=", 404, "unknown_instrument"),
        ("interval=7m", 422, "unsupported_interval"),
        ("interval=", 422, "unsupported_interval"),
        ("limit=1001", 422, "validation"),
        ("limit=-1", 422, "validation"),
        ("start=NaN", 422, "validation"),
        ("cursor=AAAA", 422, "validation"),
        ("include_features=2", 422, "validation"),
        ("user_id=anna", 422, "validation"),
    ],
)
async def test_bad_questions_get_their_code(query, status, code):
    async with serving(make_context(signals=kept(2))) as client:
        answered = await client.get(f"{PATH}?{query}")

    assert (answered.status, answered.code) == (status, code)


@pytest.fixture
async def store(tmp_path):
    store = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    store.start()
    yield store
    await store.close()


async def keep(store, log: SignalLog) -> None:
    store.put(*[Analysis(one, (), None, None) for one in log.page(None, None, start=None, end=None, limit=10_000)[0]])
    await store.settled()


async def test_older_ones_come_from_the_store_in_the_same_bytes(store):
    everything, recent = kept(9, BTC, ETH), SignalLog()
    await keep(store, everything)
    for n in (7, 8):
        recent.append(signal(START_NS + n * MINUTE_NS))
    query = f"{PATH}?include_features=true&limit=100"

    async with serving(make_context(signals=everything)) as client:
        from_memory = await client.get(query)
    async with serving(make_context(signals=recent, analyses=store)) as client:
        from_store = await client.get(query)

    assert from_store.body == from_memory.body
    assert len(times(from_store)) == 18


@pytest.mark.parametrize("limit", [1, 2, 5, 7])
async def test_cursors_go_on_from_memory_into_the_store(store, limit):
    await keep(store, kept(9, BTC, ETH))
    recent, seen, cursor = SignalLog(), [], ""
    for n in (6, 7, 8, 9):  # the newest is not written yet
        recent.append(signal(START_NS + n * MINUTE_NS))

    async with serving(make_context(signals=recent, analyses=store)) as client:
        while cursor is not None:
            page = (await client.get(f"{PATH}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))).json()
            seen += [(item["ts_bar"], item["instrument_id"]) for item in page["items"]]
            cursor = page["next"]

    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 19


async def test_after_a_jump_back_nobody_sees_what_is_still_to_come(store):
    await keep(store, kept(9))
    clock = MarketClock()
    clock.advance(START_NS + 3 * MINUTE_NS)

    async with serving(make_context(signals=SignalLog(), analyses=store, clock=clock)) as client:
        answered = await client.get(PATH)

    assert times(answered) == [(START_NS + n * MINUTE_NS) // MS for n in (2, 1, 0)]


async def test_memory_answers_alone_while_the_store_cannot_be_read(tmp_path):
    absent = AnalysisStore(tmp_path / "nowhere" / "analytics.db", AnalysesSection())
    async with serving(make_context(signals=kept(2), analyses=absent)) as client:
        answered = await client.get(PATH)
    await absent.close()

    assert (answered.status, len(times(answered))) == (200, 2)


async def test_what_was_said_as_the_bar_closed_stays_though_a_restart_computes_it_again(store):
    await keep(store, kept(3))
    again = SignalLog()
    for n in range(3):
        again.append(replace(signal(START_NS + n * MINUTE_NS), backfilled=True))

    async with serving(make_context(signals=again, analyses=store)) as client:
        answered = await client.get(f"{PATH}?instrument_id={BTC}&interval=1m&limit=2")

    assert [item["backfilled"] for item in answered.json()["items"]] == [False, False]
