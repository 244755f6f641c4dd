"""`GET /api/v1/bars` over a real socket."""

import json

import pytest

from actors.clock import MarketClock
from actors.market import MINUTE_NS, BarRow
from config.errors import VenueUnavailableError
from tests.bridge.fakes import BTC, START_NS, FakeBars, bar_rows, make_context
from tests.bridge.rest_client import serving

MS = 1_000_000
START = START_NS // MS
MINUTE = MINUTE_NS // MS


def bars_with(count: int, *, without: tuple[int, ...] = ()) -> FakeBars:
    bars = FakeBars()
    bars.put(BTC, "1m", bar_rows(count, without=without))
    return bars


def clock_at(ts: int) -> MarketClock:
    clock = MarketClock()
    clock.advance(ts)
    return clock


def times(answered) -> list[int]:
    return [item["t"] for item in answered.json()["items"]]


async def test_the_newest_bars_come_oldest_first():
    async with serving(make_context(bars=bars_with(50))) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}&interval=1m&limit=3")

    assert times(answered) == [START + n * MINUTE for n in (47, 48, 49)]


async def test_a_bar_is_exact_text():
    bars = FakeBars()
    bars.put(BTC, "1m", [BarRow(START_NS, 3_000_001, 3_000_250, 2_999_900, 3_000_100, 7)])
    async with serving(make_context(bars=bars)) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}")

    assert answered.json()["items"] == [
        {"t": START, "o": "30000.01", "h": "30002.50", "l": "29999.00", "c": "30001.00", "v": "0.00007", "closed": True}
    ]


async def test_the_body_is_the_bytes_of_the_buffer():
    bars = bars_with(3)
    rows, _ = bars.recent(BTC, "1m", 3)
    async with serving(make_context(bars=bars)) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}")

    assert answered.body == b'{"items":[' + b",".join(rows) + b'],"next":null,"holes":[]}'


async def test_the_range_is_half_open():
    async with serving(make_context(bars=bars_with(50))) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}&start={START + MINUTE}&end={START + 4 * MINUTE}")

    assert times(answered) == [START + n * MINUTE for n in (1, 2, 3)]
    assert answered.json()["next"] is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [("", range(50)), (f"&start={START + 10 * MINUTE}&end={START + 40 * MINUTE}", range(10, 40))],
)
async def test_cursors_walk_back_through_a_range_without_loss_or_repetition(question, expected):
    pages, cursor = [], ""
    async with serving(make_context(bars=bars_with(50))) as client:
        while cursor is not None:
            suffix = f"&cursor={cursor}" if cursor else ""
            answered = await client.get(f"/api/v1/bars?instrument_id={BTC}&limit=7{question}{suffix}")
            pages.insert(0, times(answered))
            cursor = answered.json()["next"]

    assert [t for page in pages for t in page] == [START + n * MINUTE for n in expected]


async def test_with_a_start_alone_the_cursor_walks_forward():
    pages, cursor = [], ""
    async with serving(make_context(bars=bars_with(50))) as client:
        while cursor is not None:
            suffix = f"&cursor={cursor}" if cursor else ""
            answered = await client.get(f"/api/v1/bars?instrument_id={BTC}&limit=7&start={START + 5 * MINUTE}{suffix}")
            pages.append(times(answered))
            cursor = answered.json()["next"]

    assert [t for page in pages for t in page] == [START + n * MINUTE for n in range(5, 50)]


async def test_a_cursor_of_another_question_is_refused():
    async with serving(make_context(bars=bars_with(50))) as client:
        cursor = (await client.get(f"/api/v1/bars?instrument_id={BTC}&limit=7")).json()["next"]
        answered = await client.get(f"/api/v1/bars?instrument_id=ETH-USDT.SIM&limit=7&cursor={cursor}")

    assert (answered.status, answered.code) == (422, "validation")
    assert answered.json()["errors"][0]["path"] == "$.cursor"


async def test_holes_are_told():
    async with serving(make_context(bars=bars_with(10, without=(4, 5)))) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}")

    assert answered.json()["holes"] == [[START + 4 * MINUTE, START + 6 * MINUTE]]


async def test_the_open_bar_is_the_last_item_on_request():
    bars = bars_with(5)
    bars.growing[BTC, "1m"] = BarRow(START_NS + 5 * MINUTE_NS, 100, 120, 90, 110, 7)
    context = make_context(bars=bars, clock=clock_at(START_NS + 5 * MINUTE_NS + 1))
    async with serving(context) as client:
        without = await client.get(f"/api/v1/bars?instrument_id={BTC}")
        with_it = await client.get(f"/api/v1/bars?instrument_id={BTC}&include_open=true")
        old = await client.get(f"/api/v1/bars?instrument_id={BTC}&include_open=true&end={START + 3 * MINUTE}")

    assert [len(times(one)) for one in (without, with_it, old)] == [5, 6, 3]
    assert with_it.json()["items"][-1]["c"] == "1.10"
    assert [item["closed"] for item in with_it.json()["items"]] == [True] * 5 + [False]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (f"start={START + 5 * MINUTE}", [5]),
        (f"start={START + 5 * MINUTE + 1}", []),
        (f"start={START + 3 * MINUTE}", [3, 4, 5]),
        (f"start={START + 3 * MINUTE}&limit=2", [3, 4]),
        (f"start={START + 3 * MINUTE}&end={START + 5 * MINUTE}", [3, 4]),
        (f"start={START + 3 * MINUTE}&end={START + 5 * MINUTE + 1}", [3, 4, 5]),
        (f"start={START + 6 * MINUTE}&end={START + 9 * MINUTE}", []),
        (f"end={START + 5 * MINUTE}", [0, 1, 2, 3, 4]),
    ],
)
@pytest.mark.parametrize("seconds", [1, 150])
async def test_the_open_bar_obeys_the_range(question, expected, seconds):
    """Also when nothing has traded for so long that market time is beyond its end."""
    bars = bars_with(5)
    bars.growing[BTC, "1m"] = BarRow(START_NS + 5 * MINUTE_NS, 100, 120, 90, 110, 7)
    context = make_context(bars=bars, clock=clock_at(START_NS + 5 * MINUTE_NS + seconds * 10**9))
    async with serving(context) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}&include_open=true&{question}")

    assert times(answered) == [START + n * MINUTE for n in expected]


async def test_the_open_bar_comes_once_in_a_walk_forward():
    bars = bars_with(14)
    bars.growing[BTC, "1m"] = BarRow(START_NS + 14 * MINUTE_NS, 100, 120, 90, 110, 7)
    pages, cursor = [], ""
    async with serving(make_context(bars=bars, clock=clock_at(START_NS + 14 * MINUTE_NS + 1))) as client:
        while cursor is not None:
            suffix = f"&cursor={cursor}" if cursor else ""
            answered = await client.get(
                f"/api/v1/bars?instrument_id={BTC}&limit=7&include_open=true&start={START}{suffix}"
            )
            pages += times(answered)
            cursor = answered.json()["next"]

    assert pages == [START + n * MINUTE for n in range(15)]


async def test_an_open_bar_after_one_that_closed_meanwhile_is_left_out():
    class Late(FakeBars):
        async def page(self, *args, **options):
            page = await super().page(*args, **options)
            self.put(BTC, "1m", bar_rows(6))
            self.growing[BTC, "1m"] = BarRow(START_NS + 6 * MINUTE_NS, 100, 120, 90, 110, 7)
            return page

    bars = Late()
    bars.put(BTC, "1m", bar_rows(5))
    async with serving(make_context(bars=bars, clock=clock_at(START_NS + 6 * MINUTE_NS + 1))) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}&include_open=true")

    assert times(answered) == [START + n * MINUTE for n in range(5)]


async def test_a_closed_range_has_a_tag_and_is_not_sent_twice():
    context = make_context(bars=bars_with(50), clock=clock_at(START_NS + 50 * MINUTE_NS))
    path = f"/api/v1/bars?instrument_id={BTC}&end={START + 20 * MINUTE}"
    async with serving(context) as client:
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        other = await client.get(path, headers={"If-None-Match": '"something"'})

    assert (first.status, again.status, other.status) == (200, 304, 200)
    assert again.body == b""
    assert again.headers["ETag"] == first.headers["ETag"]


async def test_an_open_range_has_no_tag():
    context = make_context(bars=bars_with(50), clock=clock_at(START_NS + 50 * MINUTE_NS))
    async with serving(context) as client:
        newest = await client.get(f"/api/v1/bars?instrument_id={BTC}")
        future = await client.get(f"/api/v1/bars?instrument_id={BTC}&end={START + 99 * MINUTE}")

    assert "ETag" not in newest.headers
    assert "ETag" not in future.headers
    assert newest.headers["Cache-Control"] == "no-store"


async def test_ten_thousand_bars_come_in_one_answer_and_one_more_is_refused():
    bars = bars_with(10_001)
    async with serving(make_context(bars=bars)) as client:
        most = await client.get(f"/api/v1/bars?instrument_id={BTC}&limit=10000")
        more = await client.get(f"/api/v1/bars?instrument_id={BTC}&limit=10001")

    assert len(json.loads(most.body)["items"]) == 10_000
    assert (more.status, more.code) == (422, "validation")
    assert "10000" in more.json()["detail"]


async def test_an_instrument_without_bars_gives_an_empty_list():
    async with serving(make_context()) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}")

    assert answered.json() == {"items": [], "next": None, "holes": []}


async def test_a_source_that_does_not_answer_is_a_503_with_its_code():
    bars = FakeBars()
    bars.failure = VenueUnavailableError("the source did not answer in 10 s", retry_after_s=1.2)
    async with serving(make_context(bars=bars)) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}")

    assert (answered.status, answered.code) == (503, "venue_unavailable")
    assert answered.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("query", "status", "code", "path"),
    [
        ("", 422, "validation", "$.instrument_id"),
        ("instrument_id=NOPE.SIM", 404, "unknown_instrument", None),
        ("instrument_id=%00%F0%9F%92%A5", 404, "unknown_instrument", None),
        (f"instrument_id={BTC}&interval=7m", 422, "unsupported_interval", None),
        (f"instrument_id={BTC}&interval=1m%0A", 422, "unsupported_interval", None),
        (f"instrument_id={BTC}&limit=0", 422, "validation", "$.limit"),
        (f"instrument_id={BTC}&limit=-5", 422, "validation", "$.limit"),
        (f"instrument_id={BTC}&limit=NaN", 422, "validation", "$.limit"),
        (f"instrument_id={BTC}&limit=1e400", 422, "validation", "$.limit"),
        (f"instrument_id={BTC}&limit={'9' * 5000}", 422, "validation", "$.limit"),
        (f"instrument_id={BTC}&limit=%EF%BC%91", 422, "validation", "$.limit"),
        (f"instrument_id={BTC}&limit=1&limit=2", 422, "validation", "$.limit"),
        (f"instrument_id={BTC}&start=99999999999999999999", 422, "validation", "$.start"),
        (f"instrument_id={BTC}&start=null", 422, "validation", "$.start"),
        (f"instrument_id={BTC}&start=20&end=20", 422, "validation", "$.end"),
        (f"instrument_id={BTC}&end=-1", 422, "validation", "$.end"),
        (f"instrument_id={BTC}&include_open=maybe", 422, "validation", "$.include_open"),
        (f"instrument_id={BTC}&cursor=%F0%9F%92%A5", 422, "validation", "$.cursor"),
        (f"instrument_id={BTC}&cursor=AAAA", 422, "validation", "$.cursor"),
        (f"instrument_id={BTC}&symbol=BTC", 422, "validation", "$.symbol"),
    ],
)
async def test_bad_questions_get_their_code_and_the_place(query, status, code, path):
    async with serving(make_context(bars=bars_with(5))) as client:
        answered = await client.get(f"/api/v1/bars?{query}")

    assert (answered.status, answered.code) == (status, code)
    assert [item["path"] for item in answered.json()["errors"]] == ([path] if path else [])


async def test_an_interval_the_source_does_not_have_is_refused():
    bars = bars_with(5)
    bars.intervals = {"1m", "5m"}
    async with serving(make_context(bars=bars)) as client:
        answered = await client.get(f"/api/v1/bars?instrument_id={BTC}&interval=1s")

    assert (answered.status, answered.code) == (422, "unsupported_interval")
