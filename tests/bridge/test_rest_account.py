"""Positions, fills, balances, equity, trader, limits, kill switch and strategies over REST on a real socket."""

import asyncio
from decimal import Decimal

import pytest

from actors.orders import EquityRow
from actors.ports import OrderVerdict
from config.errors import StoreUnavailableError
from tests.bridge.fakes import BTC, ETH, START_NS
from tests.bridge.trading_world import ticket, trading

API = "/api/v1"
MINUTE_NS = 60_000_000_000


async def filled(world, client_order_id="a-1", part="0.50000", **options):
    await world.submit(client_order_id, **options)
    world.traders.accept("local", client_order_id)
    return world.traders.fill("local", client_order_id, part)


def curve(world, points):
    account = world.traders.accounts["local"]
    account.curve = [
        EquityRow(
            user_id="local",
            account_id=account.account_id,
            ts=START_NS + n * MINUTE_NS,
            equity=Decimal(100_000 + n),
            cash=Decimal("100000.00"),
            unrealized_pnl=Decimal(n),
            fees=Decimal("0.10") * n,
        )
        for n in range(points)
    ]


async def test_a_fill_makes_a_position_and_takes_its_fee_from_the_balance():
    async with trading() as world:
        fill = await filled(world)
        [position] = (await world.ask("GET", f"{API}/positions")).json()["items"]
        [balance] = (await world.ask("GET", f"{API}/balances")).json()["items"]
        [shown] = (await world.ask("GET", f"{API}/fills")).json()["items"]
        order = (await world.ask("GET", f"{API}/orders/a-1")).json()

    assert (position["side"], position["quantity"], position["avg_price"]) == ("long", "0.50000", "30000")
    assert (balance["account"], balance["total"], balance["free"]) == ("PAPER-001", "99985.0000000", "99985.0000000")
    assert (shown["fill_id"], shown["fee"], shown["client_order_id"]) == (fill.fill_id, "15.0000000", "a-1")
    assert (order["status"], order["avg_price"], order["leaves_quantity"]) == ("filled", "30000", "0.00000")


async def test_a_position_is_closed_in_part_and_as_a_whole():
    async with trading() as world:
        await filled(world)
        close = f"{API}/positions/{BTC}/close"
        part = await world.ask("POST", close, {"quantity": "0.2", "price": "31000", "client_order_id": "c-1"})
        whole = await world.ask("POST", close, {})
        other = await world.ask("POST", f"{API}/positions/{ETH}/close", {})
        unknown = await world.ask("POST", f"{API}/positions/NO.SIM/close", {})
        odd = await world.ask("POST", f"{API}/positions/%0A/close", {})
        working = (await world.ask("GET", f"{API}/orders?state=working")).json()["items"]

    [first], [second] = part.json()["items"], whole.json()["items"]
    assert (part.status, first["client_order_id"], first["side"], first["type"]) == (201, "c-1", "sell", "limit")
    assert (second["quantity"], second["type"]) == ("0.50000", "market")
    assert [one["client_order_id"] for one in working] == [second["client_order_id"]]
    assert (other.status, other.code) == (409, "conflict")
    assert [(one.status, one.code) for one in (unknown, odd)] == [(404, "unknown_instrument")] * 2


async def test_histories_come_by_time_and_in_pages():
    async with trading() as world:
        for number in range(5):
            await filled(world, f"a-{number}", "0.10000", quantity="0.10000")
        times = [fill.ts // 1_000_000 for fill in world.traders.accounts["local"].fills]
        some = (await world.ask("GET", f"{API}/fills?start={times[1]}&end={times[4]}&limit=2")).json()
        rest = (await world.ask("GET", f"{API}/fills?start={times[1]}&end={times[4]}&cursor={some['next']}")).json()
        wrong = await world.ask("GET", f"{API}/fills?start=2&end=1")

    assert [item["client_order_id"] for item in some["items"] + rest["items"]] == ["a-3", "a-2", "a-1"]
    assert (rest["next"], wrong.status, wrong.code) == (None, 422, "validation")


async def test_the_equity_curve_comes_in_pages_and_as_one_file():
    async with trading() as world:
        curve(world, 2_500)
        page = (await world.ask("GET", f"{API}/equity?limit=2")).json()
        file = await world.ask("GET", f"{API}/equity?format=csv")

    lines = file.body.decode().splitlines()
    assert [item["equity"] for item in page["items"]] == ["102499", "102498"]
    assert (file.media_type, file.headers["Content-Disposition"]) == ("text/csv", 'attachment; filename="equity.csv"')
    assert lines[0] == "ts,equity,cash,unrealized_pnl,fees"
    assert lines[1] == f"{START_NS // 1_000_000},100000,100000.00,0,0.00"
    assert len(lines) == 2_501
    assert lines[1:] == sorted(lines[1:])


async def test_alerts_of_the_past_are_listed():
    async with trading() as world:
        world.traders.alert("local", "strategy one was retired: boom")
        [alert] = (await world.ask("GET", f"{API}/alerts")).json()["items"]

    assert (alert["kind"], alert["level"], alert["message"]) == (
        "strategy_retired",
        "warning",
        "strategy one was retired: boom",
    )


async def test_the_trader_tells_its_account_and_what_it_may():
    async with trading() as world:
        await filled(world, quantity="1")
        body = (await world.ask("GET", f"{API}/trader")).json()

    assert (body["user_id"], body["state"], body["trading_state"], body["on_stop"]) == (
        "local",
        "running",
        "active",
        "keep",
    )
    assert (body["account"]["open_positions"], body["account"]["working_orders"]) == (1, 1)
    assert body["limits"] == body["ceilings"]


async def test_limits_and_state_are_changed_within_the_ceilings():
    async with trading() as world:
        lower = await world.ask("PATCH", f"{API}/limits", {"max_order_notional": "100.5", "max_daily_loss": "50"})
        above = await world.ask("PATCH", f"{API}/limits", {"max_leverage": "11"})
        both = await world.ask(
            "PATCH", f"{API}/trader", {"trading_state": "reducing", "limits": {"max_open_orders": 3}}
        )
        shown = (await world.ask("GET", f"{API}/limits")).json()

    assert (lower.json()["limits"]["max_order_notional"], lower.json()["ceilings"]["max_order_notional"]) == (
        "100.5",
        "1000000",
    )
    assert (above.status, above.json()["errors"][0]["path"]) == (422, "$.max_leverage")
    assert (both.json()["trading_state"], both.json()["limits"]["max_open_orders"]) == ("reducing", 3)
    assert shown["limits"]["max_daily_loss"] == "50"


async def test_screening_is_switched_by_its_user_alone_and_keeps_what_is_not_named():
    async with trading("anna", "bob") as world:
        path = f"{API}/trader"
        before = (await world.ask("GET", path, user="anna")).json()["screening"]
        on = await world.ask("PATCH", path, {"screening": {"enabled": True, "threshold": 0.7}}, user="anna")
        strict = (await world.ask("PATCH", path, {"screening": {"strict": True}}, user="anna")).json()["screening"]
        others = (await world.ask("GET", path, user="bob")).json()["screening"]
        back = (await world.ask("PATCH", path, {"screening": {"threshold": None}}, user="anna")).json()["screening"]

    assert (before, others) == (before, before)
    assert (before["enabled"], before["threshold"], before["strict"], before["last"]) == (False, None, False, None)
    assert (on.status, strict["enabled"], strict["threshold"], strict["strict"]) == (200, True, 0.7, True)
    assert (back["enabled"], back["threshold"], back["strict"]) == (True, None, True)
    assert {call[:2] for call in world.traders.calls} == {("screening", "anna")}


async def test_the_newest_verdict_is_shown_to_its_user_alone():
    async with trading("anna", "bob") as world:
        world.traders.accounts["anna"].verdict = OrderVerdict(
            instrument_id=BTC,
            side="buy",
            recommendation="SKIP",
            probability=0.25,
            threshold=0.6,
            reasons=("against it",),
            bar_type=f"{BTC}-1-MINUTE-LAST-EXTERNAL",
            ts=START_NS,
        )
        shown = (await world.ask("GET", f"{API}/trader", user="anna")).json()["screening"]
        others = (await world.ask("GET", f"{API}/trader", user="bob")).json()["screening"]

    assert (shown["skipped"], shown["last"]["recommendation"], shown["last"]["probability"]) == (1, "SKIP", 0.25)
    assert (shown["last"]["reasons"], shown["last"]["ts"]) == (["against it"], START_NS // 1_000_000)
    assert others["last"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("limits", {}),
        ("limits", {"max_open_orders": 0}),
        ("limits", {"max_order_notional": 5}),
        ("limits", {"max_order_notional": "NaN"}),
        ("limits", {"unknown": "5"}),
        ("trader", {}),
        ("trader", {"trading_state": "off"}),
        ("trader", {"limits": {}}),
        ("trader", {"state": "stopped"}),
        ("trader", {"screening": {}}),
        ("trader", {"screening": {"enabled": "yes"}}),
        ("trader", {"screening": {"threshold": 1.5}}),
        ("trader", {"screening": {"user_id": "bob"}}),
    ],
)
async def test_odd_changes_are_refused(path, body):
    async with trading() as world:
        answered = await world.ask("PATCH", f"{API}/{path}", body)

    assert (answered.status, answered.code) == (422, "validation")


async def test_the_kill_switch_halts_cancels_and_is_released():
    async with trading() as world:
        await world.submit("a-1")
        killed = await world.ask("POST", f"{API}/kill-switch", {"flatten": True})
        refused = await world.ask("POST", f"{API}/orders", ticket("a-2"))
        shown = (await world.ask("GET", f"{API}/kill-switch")).json()
        released = await world.ask("DELETE", f"{API}/kill-switch")

    assert world.traders.calls == [("kill", "local", True, "local"), ("release", "local", "local")]
    assert (killed.json(), shown["trading_state"]) == (shown, "halted")
    assert (refused.status, refused.code) == (409, "trading_halted")
    assert released.json()["trading_state"] == "active"


async def test_only_an_admin_halts_the_node():
    async with trading("anna", "admin") as world:
        own = await world.ask("POST", f"{API}/kill-switch", {}, user="anna")
        refused = await world.ask("POST", f"{API}/kill-switch", {"scope": "node"}, user="anna")
        refused_too = await world.ask("DELETE", f"{API}/kill-switch?scope=node", user="anna")
        everybody = await world.ask("POST", f"{API}/kill-switch", {"scope": "node"}, user="admin")

    assert [one.status for one in (own, refused, refused_too, everybody)] == [200, 403, 403, 200]
    assert world.traders.calls == [("kill", "anna", False, "anna"), ("kill", None, False, "admin")]


async def test_only_an_admin_sees_all_traders():
    async with trading("anna", "admin") as world:
        seen = await world.ask("GET", f"{API}/traders", user="admin")
        refused = await world.ask("GET", f"{API}/traders", user="anna")

    assert [item["user_id"] for item in seen.json()["items"]] == ["anna", "admin"]
    assert (refused.status, refused.code) == (403, "forbidden")


async def test_a_strategy_is_started_configured_stopped_and_forgotten():
    wish = {"name": "one", "kind": "signal_follow", "params": {"instrument_id": BTC, "quantity": "0.1"}}
    async with trading() as world:
        [kind] = (await world.ask("GET", f"{API}/strategies/catalogue")).json()["items"]
        made = await world.ask("POST", f"{API}/strategies", wish)
        again = await world.ask("POST", f"{API}/strategies", wish)
        other = await world.ask("POST", f"{API}/strategies", wish | {"params": {}})
        running = await world.ask("DELETE", f"{API}/strategies/one")
        stopped = await world.ask("PATCH", f"{API}/strategies/one", {"state": "stopped", "params": {"quantity": "0.2"}})
        resumed = await world.ask("PATCH", f"{API}/strategies/one", {"state": "running"})
        await world.ask("PATCH", f"{API}/strategies/one", {"state": "stopped"})
        left = await world.ask("DELETE", f"{API}/strategies/one")
        gone = await world.ask("PATCH", f"{API}/strategies/one", {"state": "running"})

    assert (kind["kind"], kind["params"]["type"], kind["params"]["required"]) == (
        "signal_follow",
        "object",
        ["instrument_id"],
    )
    assert kind["params"]["properties"]["instrument_id"]["pattern"] == "^[A-Z.-]+$"
    assert (made.status, made.json()["state"], made.json()["params"]) == (201, "running", wish["params"])
    assert (again.status, again.json()) == (201, made.json())
    assert [(one.status, one.code) for one in (other, running)] == [(409, "conflict")] * 2
    assert (stopped.json()["state"], stopped.json()["params"]) == ("stopped", {"quantity": "0.2"})
    assert resumed.json()["state"] == "running"
    assert left.json()["items"] == []
    assert (gone.status, gone.code) == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "one", "kind": "no_such"},
        {"name": "one\n", "kind": "signal_follow"},
        {"name": "../one", "kind": "signal_follow"},
        {"name": "one", "kind": "os:system"},
        {"name": "one", "kind": "signal_follow", "path": "os:system"},
        {"name": "one", "kind": "signal_follow", "params": []},
    ],
)
async def test_an_odd_strategy_is_refused(body):
    async with trading() as world:
        answered = await world.ask("POST", f"{API}/strategies", body)

    assert (answered.status, answered.code) == (422, "validation")


async def test_the_dead_man_s_switch_is_set_and_turned_off():
    async with trading() as world:
        answers = [await world.ask("POST", f"{API}/deadman", {"timeout_s": one}) for one in (30, 0, 5.5, None)]
        wrong = [await world.ask("POST", f"{API}/deadman", one) for one in ({}, {"timeout_s": -1}, {"timeout_s": 1e9})]

    assert [one.json()["timeout_s"] for one in answers] == [30.0, None, 5.5, None]
    assert {(one.status, one.code) for one in wrong} == {(422, "validation")}


async def test_reading_goes_on_when_nothing_can_be_written():
    async with trading() as world:
        await filled(world)
        world.traders.failure = StoreUnavailableError("the disk is full", retry_after_s=5)
        paths = ("orders", "orders/a-1", "positions", "fills", "balances", "equity", "alerts", "trader", "limits")
        seen = await asyncio.gather(*(world.ask("GET", f"{API}/{path}") for path in paths))
        refused = await world.ask("POST", f"{API}/orders", ticket("a-2"))

    assert {one.status for one in seen} == {200}
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "store_unavailable", "5")
