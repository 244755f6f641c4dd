"""`GET /api/v1/instruments` over a real socket."""

import msgspec
import pytest

from actors.market import Instrument
from tests.bridge.fakes import BTC, ETH, FakeBars, instrument, make_context
from tests.bridge.rest_client import serving

PATH = "/api/v1/instruments"


async def test_all_are_listed_by_id_with_their_exact_limits():
    async with serving(make_context()) as client:
        answered = await client.get(PATH)

    assert [item["instrument_id"] for item in answered.json()["items"]] == [BTC, ETH]
    assert answered.json()["next"] is None
    assert answered.json()["items"][0]["price_increment"] == "0.01"


async def test_an_item_read_back_is_the_instrument():
    known = msgspec.structs.replace(instrument(BTC), ts_event=1_700_000_000_123_000_000)
    async with serving(make_context(bars=FakeBars([known]))) as client:
        answered = await client.get(f"{PATH}/{BTC}")

    body = answered.json()
    assert body["ts_event"] == 1_700_000_000_123, "milliseconds, as everywhere on the wire"
    assert msgspec.convert(body | {"ts_event": known.ts_event}, Instrument) == known


async def test_it_says_which_bars_there_are():
    bars = FakeBars()
    bars.intervals = {"1h", "1m", "5m"}
    async with serving(make_context(bars=bars)) as client:
        answered = await client.get(f"{PATH}/{BTC}")

    assert answered.json()["intervals"] == ["1m", "5m", "1h"]


async def test_cursors_walk_through_all_of_them():
    names = [f"C{n:03}-USDT.SIM" for n in range(25)]
    seen, cursor = [], ""
    async with serving(make_context(bars=FakeBars([instrument(name) for name in reversed(names)]))) as client:
        while cursor is not None:
            page = (await client.get(f"{PATH}?limit=10" + (f"&cursor={cursor}" if cursor else ""))).json()
            seen += [item["instrument_id"] for item in page["items"]]
            cursor = page["next"]

    assert seen == names


@pytest.mark.parametrize("path", [PATH, f"{PATH}/{BTC}"])
async def test_what_has_not_changed_is_not_sent_again(path):
    async with serving(make_context()) as client:
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": f'"x", W/{first.headers["ETag"]}'})

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("name", ["NOPE.SIM", "btc-usdt.sim", "%00", "..", "%2e%2e%2f", "x" * 5_000, "%F0%9F%92%A5"])
async def test_an_unknown_one_is_a_404(name):
    async with serving(make_context()) as client:
        answered = await client.get(f"{PATH}/{name}")

    assert answered.status == 404
    assert answered.code in {"unknown_instrument", "not_found"}


@pytest.mark.parametrize("query", ["limit=1001", "limit=0", "cursor=x", "offset=1"])
async def test_a_bad_question_is_refused(query):
    async with serving(make_context()) as client:
        answered = await client.get(f"{PATH}?{query}")

    assert (answered.status, answered.code) == (422, "validation")
