"""`GET /api/v1/signals` over a real socket."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.market import MINUTE_NS
from actors.signal.log import SignalLog
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
