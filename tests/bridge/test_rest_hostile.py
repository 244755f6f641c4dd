"""No input gives a 5xx: whatever is asked, the answer is one of the contract and nothing is logged as failed."""

import re
import string
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

from actors.bridge.access import ROUTES
from actors.clock import MarketClock
from actors.signal.log import SignalLog
from tests.bridge.fake_traders import FakeTraders
from tests.bridge.fakes import BTC, START_NS, FakeBars, bar_rows, make_context, signal
from tests.bridge.rest_client import serving
from tests.contract_check import contract

PATHS = sorted(name.removeprefix("GET ") for name in ROUTES if name.startswith("GET /api/"))
NAMES = sorted(
    {one["name"] for path in PATHS for one in contract()["paths"][path]["get"]["parameters"] if one["in"] == "query"}
)
NASTY = [
    "",
    " ",
    "null",
    "NaN",
    "Infinity",
    "-1",
    "0",
    "1e400",
    "9" * 30,
    "true",
    "[]",
    "{}",
    "é-1",
    "💥",
    "\x00x",
    "a\r\nX-Evil: 1",
    "../../etc/passwd",
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "%",
    "A" * 4_000,
    "{",
    "}a{b}",
    BTC,
    "1m",
    str(START_NS // 1_000_000),
]
VALUES = st.sampled_from(NASTY) | st.text(max_size=40) | st.integers().map(str)
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=12), VALUES), max_size=5)


def a_full_context():
    bars, signals, clock = FakeBars(), SignalLog(), MarketClock()
    bars.put(BTC, "1m", bar_rows(20))
    for n in range(20):
        signals.append(signal(START_NS + n * 60_000_000_000))
    clock.advance(START_NS + 20 * 60_000_000_000)
    return make_context(bars=bars, signals=signals, clock=clock, traders=FakeTraders())


def unlimited():
    """Seconds that run so fast that no budget is ever used up."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 60.0
        return now

    return clock


def url(path: str, query: list[tuple[str, str]]) -> URL:
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    return URL(f"{path}?{pairs}", encoded=True)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES, QUERIES), min_size=1, max_size=5))
async def test_any_question_gets_an_answer_of_the_contract(questions):
    async with serving(a_full_context(), monotonic=unlimited()) as client:
        with capture_logs() as logs:
            for path, value, query in questions:
                filled = re.sub(r"\{\w+\}", lambda _, value=value: quote(value, safe="") or "x", path)
                answered = await client.get(url(filled, query))
                assert answered.status < 500

    assert {one["event"] for one in logs} <= {"http_request", "http_malformed"}


@pytest.mark.parametrize("value", ["}a{b}", "A" * 9_000])
@pytest.mark.parametrize("path", [one for one in PATHS if "{" in one])
async def test_who_asks_for_something_of_an_odd_name_is_answered_in_the_words_of_its_path(path, value):
    async with serving(a_full_context()) as client:
        answered = await client.get(url(re.sub(r"\{\w+\}", quote(value), path), []))

    assert 400 <= answered.status < 500


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=string.printable, max_size=40), st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]))
async def test_any_path_gets_an_answer(path, method):
    async with serving(a_full_context(), monotonic=unlimited()) as client:
        with capture_logs() as logs:
            answered = await client.ask(method, URL("/x" + quote(path), encoded=True))

    assert answered.status in {404, 405, 422}
    assert {one["event"] for one in logs} == {"http_request"}


@pytest.mark.parametrize("header", ["X-Request-ID", "Origin", "X-Forwarded-For", "If-None-Match", "Authorization"])
@pytest.mark.parametrize(
    "value", ["", ",", '"', "*", "W/", "a" * 4_000, "é", "Bearer ", "null", "\t", "::1, 127.0.0.1"]
)
async def test_any_header_gets_an_answer(header, value):
    async with serving(a_full_context()) as client:
        with capture_logs() as logs:
            answered = await client.get("/api/v1/instruments", headers={header: value})

    assert answered.status in {200, 304, 403}
    assert {one["event"] for one in logs} == {"http_request"}
