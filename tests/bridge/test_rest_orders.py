"""Orders over REST on a real socket."""

import asyncio

import pytest

from config.errors import (
    InsufficientMarginError,
    NotReadyError,
    ShutdownError,
    StoreUnavailableError,
    TradingHaltedError,
    VenueUnavailableError,
)
from tests.bridge.fakes import BTC, ETH, make_context
from tests.bridge.rest_client import serving
from tests.bridge.socket_client import StandingClock
from tests.bridge.trading_world import ticket, trading

PATH = "/api/v1/orders"


async def test_an_order_is_answered_as_known_with_its_place_and_trace():
    async with trading() as world:
        answered = await world.ask("POST", PATH, ticket("a-1"), headers={"X-Request-ID": "mine-1"})
        again = await world.ask("GET", answered.headers["Location"])

    order = answered.json()
    assert (answered.status, answered.headers["Location"]) == (201, "/api/v1/orders/a-1")
    assert (order["status"], order["quantity"], order["price"]) == ("submitted", "0.50000", "29999.00")
    assert (order["leaves_quantity"], order["avg_price"], order["trace_id"]) == ("0.50000", None, "mine-1")
    assert again.json() == order


async def test_the_same_ticket_is_the_same_order_and_another_body_a_conflict():
    async with trading() as world:
        first = await world.ask("POST", PATH, ticket())
        again = await world.ask("POST", PATH, ticket())
        other = await world.ask("POST", PATH, ticket(quantity="0.60000"))
        kept = (await world.ask("GET", PATH)).json()["items"]

    assert (again.status, again.json()) == (201, first.json())
    assert (other.status, other.code) == (409, "idempotency_conflict")
    assert len(kept) == 1


async def test_a_denial_names_rule_limit_and_value():
    async with trading() as world:
        answered = await world.ask("POST", PATH, ticket(quantity="100"))
        kept = (await world.ask("GET", PATH)).json()["items"]

    assert (answered.status, answered.code) == (422, "order_denied")
    [item] = answered.json()["errors"]
    assert (item["rule"], item["limit"], item["value"]) == ("max_order_notional", "1000000", "2999900.00")
    assert kept == []


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (InsufficientMarginError("needs 10", rule="margin", limit="5", value="10"), 422),
        (TradingHaltedError("halted"), 409),
        (VenueUnavailableError("stale"), 503),
        (StoreUnavailableError("disk full", retry_after_s=5), 503),
        (ShutdownError("stopping", retry_after_s=5), 503),
        (NotReadyError("not reconciled yet", retry_after_s=1), 503),
    ],
)
async def test_why_an_order_is_not_taken_is_told_alike_over_rest_and_websocket(failure, status):
    async with trading() as world, world.client() as client:
        world.traders.failure = failure
        answered = await world.ask("POST", PATH, ticket())
        told = await client.ask("order.submit", order=ticket())

    assert (answered.status, answered.code) == (status, failure.code)
    assert (told["type"], told["code"], told["retry"]) == ("error", failure.code, failure.is_retryable)
    assert told.get("errors", []) == answered.json()["errors"]
    assert (answered.headers.get("Retry-After") is None) == (failure.retry_after_s is None)


async def test_an_order_is_changed_and_taken_back():
    async with trading() as world:
        await world.submit("a-1")
        changed = await world.ask("PATCH", f"{PATH}/a-1", {"price": "29000.50", "quantity": "0.75000"})
        ended = await world.ask("DELETE", f"{PATH}/a-1")
        again = await world.ask("DELETE", f"{PATH}/a-1")
        late = await world.ask("PATCH", f"{PATH}/a-1", {"price": "29000.00"})

    assert (changed.json()["price"], changed.json()["quantity"]) == ("29000.50", "0.75000")
    assert ended.json()["status"] == "canceled"
    assert [(one.status, one.code) for one in (again, late)] == [(409, "conflict")] * 2


async def test_all_orders_or_those_of_one_instrument_are_taken_back():
    async with trading() as world:
        for number in range(3):
            await world.submit(f"a-{number}", instrument_id=ETH if number else BTC)
        one = await world.ask("DELETE", f"{PATH}?instrument_id={BTC}")
        rest = await world.ask("DELETE", PATH)
        none = await world.ask("DELETE", PATH)

    assert [[item["client_order_id"] for item in answer.json()["items"]] for answer in (one, rest, none)] == [
        ["a-0"],
        ["a-1", "a-2"],
        [],
    ]


async def test_orders_come_in_pages_newest_first_and_by_instrument_and_state():
    async with trading() as world:
        for number in range(7):
            await world.submit(f"a-{number}", instrument_id=ETH if number % 2 else BTC)
        world.traders.end("local", "a-6")
        seen, cursor = [], ""
        while cursor is not None:
            page = (await world.ask("GET", f"{PATH}?limit=3{cursor and '&cursor='}{cursor}")).json()
            seen += [item["client_order_id"] for item in page["items"]]
            cursor = page["next"]
        eth = (await world.ask("GET", f"{PATH}?instrument_id={ETH}&limit=2")).json()
        working = (await world.ask("GET", f"{PATH}?state=working&instrument_id={BTC}")).json()
        foreign = await world.ask("GET", f"{PATH}?cursor={eth['next']}")

    assert seen == [f"a-{number}" for number in reversed(range(7))]
    assert [item["client_order_id"] for item in eth["items"]] == ["a-5", "a-3"]
    assert ([item["client_order_id"] for item in working["items"]], working["next"]) == (["a-4", "a-2", "a-0"], None)
    assert (foreign.status, foreign.code) == (422, "validation")


async def test_an_order_is_looked_at_without_sending_it():
    async with trading() as world:
        good = (await world.ask("POST", f"{PATH}/validate", ticket())).json()
        bad = (await world.ask("POST", f"{PATH}/validate", ticket(quantity="100"))).json()
        kept = (await world.ask("GET", PATH)).json()["items"]

    assert (good["valid"], good["problem"], good["notional"], good["currency"]) == (True, None, "14999.5000000", "USDT")
    assert (bad["valid"], bad["problem"]["code"]) == (False, "order_denied")
    assert bad["problem"]["errors"][0]["rule"] == "max_order_notional"
    assert kept == []


async def test_a_batch_has_an_outcome_for_each_in_order():
    async with trading() as world:
        orders = [ticket("a-1"), ticket("a-2", quantity="100"), ticket("a-1"), ticket("a-3", instrument_id="NO.SIM")]
        items = (await world.ask("POST", f"{PATH}/batch", {"orders": orders})).json()["items"]

    assert [item["client_order_id"] for item in items] == ["a-1", "a-2", "a-1", "a-3"]
    assert [item["error"] and item["error"]["code"] for item in items] == [
        None,
        "order_denied",
        None,
        "unknown_instrument",
    ]
    assert items[0]["order"] == items[2]["order"]


@pytest.mark.parametrize(
    "orders", [[], [ticket(f"a-{n}") for n in range(51)], [ticket("a-1"), ticket("a-2", side="up")]]
)
async def test_a_batch_that_is_malformed_sends_nothing(orders):
    async with trading() as world:
        answered = await world.ask("POST", f"{PATH}/batch", {"orders": orders})
        kept = (await world.ask("GET", PATH)).json()["items"]

    assert (answered.status, answered.code, kept) == (422, "validation", [])


async def test_orders_have_a_budget_of_their_own_that_both_ways_share_and_cancels_do_not_touch():
    limits = {"user_orders_per_s": 1, "user_orders_burst": 3, "clock": StandingClock()}
    async with trading(**limits) as world, world.client() as client:
        taken = [await world.ask("POST", PATH, ticket(f"a-{n}")) for n in range(2)]
        over_ws = await client.ask("order.submit", order=ticket("a-2"))
        refused = await world.ask("POST", PATH, ticket("a-3"))
        refused_ws = await client.ask("order.modify", client_order_id="a-0", price="29000.00")
        ended = await world.ask("DELETE", f"{PATH}/a-0")
        seen = await world.ask("GET", f"{PATH}/a-1")

    assert [one.status for one in taken] == [201, 201]
    assert over_ws["type"] == "ack"
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, "rate_limited", "1")
    assert refused_ws["code"] == "rate_limited"
    assert 0 < refused_ws["retry_after_ms"] <= 1_000
    assert (ended.status, seen.status) == (200, 200)


@pytest.mark.slow
async def test_many_at_once_are_each_kept_once():
    async with trading() as world:
        sent = [world.ask("POST", PATH, ticket(f"a-{n % 40}")) for n in range(80)]
        answers = await asyncio.gather(*sent)

    assert {one.status for one in answers} == {201}
    assert len({one.json()["order_id"] for one in answers}) == 40


async def test_a_node_without_traders_says_so():
    async with serving(make_context()) as client:
        answered = await client.ask("POST", PATH, json=ticket())
        seen = await client.get("/api/v1/positions")

    assert [(one.status, one.code) for one in (answered, seen)] == [(503, "degraded")] * 2
