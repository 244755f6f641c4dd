"""`/api/v1/trades`, `/quotes` and `/book`: what is kept, what is waited for, and what no source has."""

import asyncio

import pytest

from tests.bridge.fakes import BTC, ETH, make_context
from tests.bridge.rest_client import serving
from tests.tick_books import change, snapshot
from tests.tick_world import EVERY, TickWorld, quote, trade


def market(**options):
    options.setdefault("wait_s", 0.05)
    return TickWorld(**options)


def asking(world):
    return serving(make_context(ticks=world.ticks))


class TestTrades:
    async def test_the_newest_come_first_and_pages_lead_back(self):
        world = market().attach(past=[trade(number) for number in range(7)])
        seen, path = [], f"/api/v1/trades?instrument_id={BTC}&limit=3"
        async with asking(world) as client:
            page = (await client.get(path)).json()
            world.trade(7)
            while True:
                seen.append([item["id"] for item in page["items"]])
                if page["next"] is None:
                    break
                page = (await client.get(f"{path}&cursor={page['next']}")).json()

        assert seen == [["t6", "t5", "t4"], ["t3", "t2", "t1"], ["t0"]]

    async def test_a_page_of_trades_that_are_kept_no_more_is_empty(self):
        world = market().attach(past=[trade(number) for number in range(7)])
        path = f"/api/v1/trades?instrument_id={BTC}&limit=3"
        async with asking(world) as client:
            page = (await client.get(path)).json()
            for number in range(7, 1_200):
                world.trade(number)
            later = (await client.get(f"{path}&cursor={page['next']}")).json()

        assert later == {"items": [], "next": None}

    async def test_a_market_without_trades_yet_has_an_empty_list(self):
        async with asking(market().attach()) as client:
            assert (await client.get(f"/api/v1/trades?instrument_id={BTC}")).json() == {"items": [], "next": None}

    @pytest.mark.parametrize("query", ["", "&limit=0", "&limit=1001", "&limit=x", "&cursor=zzz", "&depth=5"])
    async def test_a_wrong_question_is_told(self, query):
        path = f"/api/v1/trades?instrument_id={BTC}{query}" if query else "/api/v1/trades"
        async with asking(market().attach()) as client:
            answered = await client.get(path)

        assert (answered.status, answered.code) == (422, "validation")

    async def test_a_cursor_of_another_instrument_is_refused(self):
        world = market().attach(past=[trade(number) for number in range(7)])
        async with asking(world) as client:
            page = (await client.get(f"/api/v1/trades?instrument_id={BTC}&limit=3")).json()
            answered = await client.get(f"/api/v1/trades?instrument_id={ETH}&limit=3&cursor={page['next']}")

        assert answered.code == "validation"


class TestQuotes:
    async def test_one_instruments_quote_is_waited_for(self):
        world = market(wait_s=30.0).attach()
        async with asking(world) as client:
            asked = asyncio.ensure_future(client.get(f"/api/v1/quotes?instrument_id={BTC}"))
            async with asyncio.timeout(30):
                while ("start", BTC, "quotes") not in world.source.calls:  # noqa: ASYNC110  # a fake tells nobody
                    await asyncio.sleep(0.001)
            world.quote(1)
            answered = await asked

        assert [(item["instrument_id"], item["bid"]) for item in answered.json()["items"]] == [(BTC, "29999.00")]

    async def test_of_all_those_that_have_one_are_shown(self):
        world = market(kinds=lambda name: EVERY if name == BTC else EVERY - {"quotes"}).attach()
        world.ticks.hold(BTC, "quotes", "r")
        world.ticks.quote_tick(quote(1))
        async with asking(world) as client:
            answered = await client.get("/api/v1/quotes")

        assert [item["instrument_id"] for item in answered.json()["items"]] == [BTC]
        assert ("start", ETH, "quotes") not in world.source.calls

    async def test_of_all_those_that_are_silent_are_left_out(self):
        async with asking(market().attach()) as client:
            assert (await client.get("/api/v1/quotes")).json() == {"items": [], "next": None}


class TestBook:
    async def test_the_levels_down_to_the_depth(self):
        world = market().attach()
        world.ticks.hold(BTC, "book", "r")
        world.ticks.step(snapshot(10))
        async with asking(world) as client:
            whole = (await client.get(f"/api/v1/book?instrument_id={BTC}")).json()
            best = (await client.get(f"/api/v1/book?instrument_id={BTC}&depth=1")).json()

        assert [whole["bids"], whole["asks"]] == [
            [["1.00", "0.00005"], ["0.99", "0.00007"]],
            [["1.01", "0.00004"], ["1.03", "0.00002"]],
        ]
        assert best == {
            "instrument_id": BTC,
            "bids": [["1.00", "0.00005"]],
            "asks": [["1.01", "0.00004"]],
            "sequence": 10,
            "ts": 1_700_000_040_000,
        }

    async def test_a_broken_book_is_not_shown(self):
        world = market().attach()
        world.ticks.hold(BTC, "book", "r")
        world.ticks.step(snapshot(10))
        world.ticks.step(change(12, bids=[(98, 1)]))
        async with asking(world) as client:
            answered = await client.get(f"/api/v1/book?instrument_id={BTC}")

        assert (answered.status, answered.code, answered.headers["Retry-After"]) == (503, "venue_unavailable", "1")
        assert "after step 10 came 12" in answered.json()["detail"]

    @pytest.mark.parametrize("depth", ["0", "201", "-1", "1.5", "x"])
    async def test_a_depth_that_cannot_be_had_is_told(self, depth):
        async with asking(market().attach()) as client:
            answered = await client.get(f"/api/v1/book?instrument_id={BTC}&depth={depth}")

        assert (answered.status, answered.code) == (422, "validation")


@pytest.mark.parametrize("kind", ["trades", "quotes", "book"])
class TestEveryKind:
    async def test_what_the_source_does_not_have_is_not_found(self, kind):
        async with asking(market(kinds=lambda _: EVERY - {kind}).attach()) as client:
            answered = await client.get(f"/api/v1/{kind}?instrument_id={BTC}")

        assert (answered.status, answered.code) == (404, "not_found")
        assert f"the source has no {kind} of {BTC}" in answered.json()["detail"]

    async def test_an_instrument_that_does_not_exist_is_told(self, kind):
        async with asking(market().attach()) as client:
            assert (await client.get(f"/api/v1/{kind}?instrument_id=XRP")).code == "unknown_instrument"

    async def test_without_a_node_it_is_told_to_come_back(self, kind):
        async with asking(market()) as client:
            answered = await client.get(f"/api/v1/{kind}?instrument_id={BTC}")

        assert (answered.status, answered.code, answered.headers["Retry-After"]) == (503, "venue_unavailable", "1")


async def test_an_instrument_tells_what_its_source_has():
    world = market(kinds=lambda name: EVERY if name == BTC else frozenset({"trades"}))
    async with asking(world) as client:
        items = (await client.get("/api/v1/instruments")).json()["items"]

    assert {item["instrument_id"]: item["ticks"] for item in items} == {
        BTC: ["trades", "quotes", "book"],
        ETH: ["trades"],
    }
