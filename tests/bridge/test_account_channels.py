"""Private channels: what becomes of a user's orders, on a real socket, to that user alone."""

import asyncio

import msgspec
import pytest

from config.errors import InvalidInputError
from tests.bridge.fakes import BTC, START_NS
from tests.bridge.trading_world import ticket, trading

PRIVATE = ("orders", "fills", "positions", "balances", "trade_signals", "alerts", "trader")


async def test_an_order_s_life_is_told_in_order():
    async with trading() as world, world.client() as client:
        await client.ask("subscribe", ch=list(PRIVATE[:4]))
        ack = await client.ask("order.submit", order=ticket())
        world.traders.accept("local", "a-1")
        world.traders.fill("local", "a-1", "0.20000")
        world.traders.fill("local", "a-1", "0.30000")
        told = [await client.until("order_update", seq=seq) for seq in (1, 2, 3, 4)]
        balance = await client.until("balance_update", seq=2)

    assert ack["order"]["status"] == "submitted"
    assert [one["data"]["status"] for one in told] == ["submitted", "accepted", "partially_filled", "filled"]
    assert [one["data"]["revision"] for one in told] == [0, 1, 2, 3]
    fills = [one["data"]["quantity"] for one in client.received if one["type"] == "fill"]
    positions = [one["data"]["quantity"] for one in client.received if one["type"] == "position_update"]
    assert (fills, positions) == (["0.20000", "0.30000"], ["0.20000", "0.50000"])
    assert balance["data"]["total"] == "99985.0000000"


async def test_snapshots_have_what_is_open_and_histories_begin_empty():
    async with trading() as world, world.client() as client:
        await world.submit("a-1")
        world.traders.fill("local", "a-1", "0.50000")
        await world.submit("a-2")
        world.traders.act("local", "a-2")
        world.traders.alert("local", "beware")
        await client.ask("subscribe", ch=list(PRIVATE))
        found = {name: (await client.until("snapshot", ch=name))["data"] for name in PRIVATE}

    assert [one["client_order_id"] for one in found["orders"]] == ["a-2"]
    assert [one["instrument_id"] for one in found["positions"]] == [BTC]
    assert [one["currency"] for one in found["balances"]] == ["USDT"]
    assert (found["fills"], found["trade_signals"], found["alerts"]) == ([], [], [])
    assert found["trader"][0]["account"]["open_positions"] == 1


async def test_a_snapshot_shows_only_what_has_been_told():
    async with trading() as world:
        await world.submit("a-1")
        world.traders.listener = None  # in memory already, not on the disk yet
        world.traders.fill("local", "a-1", "0.50000")
        async with world.client() as client:
            await client.ask("subscribe", ch=["orders"])
            before = (await client.until("snapshot", ch="orders"))["data"]
            world.relay.order(world.traders.accounts["local"].orders["a-1"])
            after = await client.until("order_update", seq=1)

    assert [(one["client_order_id"], one["status"]) for one in before] == [("a-1", "submitted")]
    assert after["data"]["status"] == "filled"


async def test_the_first_snapshot_of_all_shows_nothing_that_is_not_on_the_disk():
    async with trading() as world:
        world.traders.listener = None  # in memory already, not on the disk yet
        await world.submit("a-1")
        world.traders.fill("local", "a-1", "0.20000")
        async with world.client() as client:
            await client.ask("subscribe", ch=["orders", "positions", "balances"])
            found = [(await client.until("snapshot", ch=name))["data"] for name in ("orders", "positions", "balances")]

    assert [found[:2], [one["total"] for one in found[2]]] == [[[], []], ["100000"]]


async def test_who_comes_back_gets_what_was_missed():
    async with trading() as world:
        async with world.client() as client:
            ack = await client.ask("subscribe", ch=["orders"])
            await client.until("snapshot")
        for number in range(5):
            await world.submit(f"a-{number}")
        async with world.client() as client:
            await client.ask("subscribe", ch=["orders"], since=ack["position"])
            told = [await client.until("order_update", seq=seq) for seq in range(1, 6)]

    assert [one["data"]["client_order_id"] for one in told] == [f"a-{n}" for n in range(5)]
    assert [one["type"] for one in client.received].count("snapshot") == 0


async def test_a_position_that_ends_is_told_as_flat_and_leaves_the_snapshot():
    async with trading() as world, world.client() as client:
        await client.ask("subscribe", ch=["positions"])
        await world.submit("a-1")
        world.traders.fill("local", "a-1", "0.50000")
        await world.submit("a-2", side="sell")
        world.traders.fill("local", "a-2", "0.50000")
        told = await client.until("position_update", seq=2)
        left = (await world.ask("GET", "/api/v1/positions")).json()["items"]

    assert (told["data"]["side"], told["data"]["quantity"], told["data"]["avg_price"]) == ("flat", "0.00000", None)
    assert left == []


async def test_positions_are_told_again_at_the_prices_of_now():
    async with trading() as world, world.client() as client:
        await client.ask("subscribe", ch=["positions"])
        await world.submit("a-1")
        world.traders.fill("local", "a-1", "0.50000")
        account = world.traders.accounts["local"]
        held = account.positions[BTC]
        account.positions[BTC] = msgspec.structs.replace(held, mark_price=held.mark_price + 1)
        world.relay.refresh()
        again = await client.until("position_update", seq=2)
        account.positions[BTC] = msgspec.structs.replace(held, quantity=held.quantity * 2)  # not durable yet
        world.relay.refresh()
        same = await client.until("position_update", seq=3)

    assert again["data"]["mark_price"] == "30001.00"
    assert same["data"]["quantity"] == "0.50000"


async def test_a_signal_that_was_acted_on_is_told_with_its_order_and_again_to_who_comes_back():
    async with trading() as world:
        async with world.client() as client:
            ack = await client.ask("subscribe", ch=["trade_signals"])
            await client.until("snapshot", data=[])
        order = await world.submit("a-1", side="sell")
        world.traders.act("local", "a-1")
        async with world.client() as client:
            await client.ask("subscribe", ch=["trade_signals"], since=ack["position"])
            told = (await client.until("trade_signal", seq=1))["data"]

    ts = told.pop("ts"), told.pop("ts_ns")
    assert ts == (world.traders.now // 1_000_000, str(world.traders.now))
    assert told == {
        "instrument_id": BTC,
        "action": "SELL",
        "price": "30000.00",
        "ai_confidence": 0.5,
        "probability": 0.75,
        "strategy": "bot",
        "order_id": order["order_id"],
        "client_order_id": "a-1",
        "bar_type": f"{BTC}-1-MINUTE-LAST-EXTERNAL",
        "interval": "1m",
        "ts_bar": START_NS // 1_000_000,
    }


async def test_the_trader_is_told_when_it_changes():
    async with trading() as world, world.client() as client:
        await client.ask("subscribe", ch=["trader"])
        await client.until("snapshot")
        await world.submit("a-1")
        told = await client.until("trader")

    assert told["data"]["account"]["working_orders"] == 1


async def test_closed_books_begin_with_snapshots():
    async with trading() as world, world.client() as client:
        await client.ask("subscribe", ch=["orders", "balances"])
        await world.submit("a-1")
        await client.until("order_update", seq=1)
        world.traders.accounts["local"].orders.clear()
        world.relay.reset()
        await client.until("snapshot", ch="orders", seq=0, data=[])
        await world.submit("a-2")
        again = await client.until("order_update", seq=1)

    epochs = [one["epoch"] for one in client.received if one["type"] == "snapshot" and one["ch"] == "orders"]
    assert len(set(epochs)) == 2
    assert again["data"]["client_order_id"] == "a-2"


@pytest.mark.parametrize("name", PRIVATE)
async def test_a_private_channel_is_the_own_one_and_says_nothing_of_others(name):
    async with trading("anna", "bob") as world, world.client("anna") as anna, world.client("bob") as bob:
        await anna.ask("subscribe", ch=[name])
        await anna.until("snapshot", ch=name)
        await bob.ask("subscribe", ch=[name])
        await bob.until("snapshot", ch=name)
        await world.submit("a-1", user="anna")
        world.traders.fill("anna", "a-1", "0.50000")
        world.traders.act("anna", "a-1")
        world.traders.alert("anna", "only for anna")
        await anna.until({"alerts": "alert", "trader": "trader"}.get(name) or type_of(name))
        await bob.ask("ping")
        heard = [one for one in bob.received if one.get("ch") == name and one["type"] != "snapshot"]
        [shown] = [one for one in bob.received if one["type"] == "snapshot"]

    assert [one for one in heard if "anna" in str(one) or "a-1" in str(one) or "PAPER-001" in str(one)] == []
    assert [one for one in heard if name != "trader"] == []
    assert "PAPER-001" not in str(shown)


def type_of(name):
    return {
        "orders": "order_update",
        "fills": "fill",
        "positions": "position_update",
        "balances": "balance_update",
        "trade_signals": "trade_signal",
    }[name]


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize("form", ["{}:anna", "{}:bob", "{}:", "{}:BTC-USDT.SIM", "anna.{}"])
async def test_the_name_of_another_s_channel_does_not_exist(name, form):
    async with trading("anna", "bob") as world, world.client("bob") as bob:
        answer = await bob.ask("subscribe", ch=[form.format(name)])

    assert (answer["type"], answer["code"]) == ("error", "unknown_channel")


@pytest.mark.parametrize("name", PRIVATE)
async def test_without_a_trader_there_are_no_channels_and_without_the_role_none_may_be_heard(name):
    async with trading("anna") as world, world.client("carl") as carl, world.client("viewer") as viewer:
        absent = await carl.ask("subscribe", ch=[name])
        refused = await viewer.ask("subscribe", ch=[name])

    assert (absent["code"], refused["code"]) == ("unknown_channel", "forbidden")


@pytest.mark.parametrize(
    ("op", "fields", "code"),
    [
        ("order.modify", {"client_order_id": "a-1", "price": "29000.00"}, "order_unknown"),
        ("order.cancel", {"client_order_id": "a-1"}, "order_unknown"),
        ("position.close", {"instrument_id": BTC}, "conflict"),
    ],
)
async def test_a_command_meets_only_the_own_account(op, fields, code):
    async with trading("anna", "bob") as world, world.client("bob") as bob, world.client("viewer") as viewer:
        await world.submit("a-0", user="anna")
        world.traders.fill("anna", "a-0", "0.50000")
        await world.submit("a-1", user="anna")
        before = dict(world.traders.accounts["anna"].orders)
        answer = await bob.ask(op, **fields)
        refused = await viewer.ask(op, **fields)

    assert (answer["type"], answer["code"], refused["code"]) == ("error", code, "forbidden")
    assert world.traders.accounts["anna"].orders == before


async def test_commands_without_a_name_touch_the_own_account_alone():
    async with trading("anna", "bob") as world, world.client("bob") as bob:
        await world.submit("a-1", user="anna")
        same_id = await bob.ask("order.submit", order=ticket("a-1", quantity="0.10000"))
        batch = await bob.ask("order.batch", orders=[ticket("a-2")])
        looked = await bob.ask("order.validate", order=ticket("a-3"))
        ended = await bob.ask("order.cancel_all")
        set_to = await bob.ask("deadman", timeout_s=30)

    anna, own = world.traders.accounts["anna"], world.traders.accounts["bob"]
    assert (same_id["type"], same_id["order"]["quantity"]) == ("ack", "0.10000")
    assert (batch["results"][0]["error"], looked["preview"]["valid"]) == (None, True)
    assert [one["client_order_id"] for one in ended["orders"]] == ["a-1", "a-2"]
    assert (set_to["timeout_s"], own.deadman_s, anna.deadman_s) == (30.0, 30.0, None)
    assert anna.orders["a-1"].status == "submitted"


@pytest.mark.parametrize(("op", "asked"), [("order.submit", "submit"), ("order.validate", "preview")])
async def test_a_rule_that_an_order_breaks_is_told_with_its_place_in_the_message(op, asked, monkeypatch):
    async def refuse(*_given, **_named):
        raise InvalidInputError("price: a limit order needs one", path="$.price")

    async with trading("bob") as world, world.client("bob") as bob:
        monkeypatch.setattr(world.traders, asked, refuse)
        answer = await bob.ask(op, order=ticket("a-1"))

    assert (answer["code"], [one["path"] for one in answer["errors"]]) == ("validation", ["$.order.price"])


async def test_rest_of_another_s_things_is_as_if_they_were_absent():
    async with trading("anna", "bob") as world:
        await world.submit("a-0", user="anna")
        world.traders.fill("anna", "a-0", "0.50000")
        await world.submit("a-1", user="anna")
        await world.ask("POST", "/api/v1/strategies", {"name": "one", "kind": "signal_follow"}, user="anna")
        world.traders.alert("anna", "only for anna")
        one = [await world.ask(verb, "/api/v1/orders/a-1", body, user="bob") for verb, body in VERBS]
        strategy = await world.ask("PATCH", "/api/v1/strategies/one", {"state": "stopped"}, user="bob")
        removed = await world.ask("DELETE", "/api/v1/strategies/one", user="bob")
        lists = ("orders", "orders?state=working", "positions", "fills", "equity", "alerts", "strategies")
        seen = await asyncio.gather(*(world.ask("GET", f"/api/v1/{name}", user="bob") for name in lists))
        balances = await world.ask("GET", "/api/v1/balances", user="bob")
        cursor = (await world.ask("GET", "/api/v1/orders?limit=1", user="anna")).json()["next"]
        stolen = await world.ask("GET", f"/api/v1/orders?cursor={cursor}", user="bob")
        nobody = await world.ask("GET", "/api/v1/orders", user="carl")

    assert {(answer.status, answer.code) for answer in one} == {(404, "order_unknown")}
    assert {(answer.status, answer.code) for answer in (strategy, removed, nobody)} == {(404, "not_found")}
    assert [answer.json()["items"] for answer in seen] == [[]] * len(lists)
    assert [item["account"] for item in balances.json()["items"]] == ["PAPER-002"]
    assert (stolen.status, stolen.code) == (422, "validation")


VERBS = [("GET", None), ("PATCH", {"price": "29000.00"}), ("DELETE", None)]
