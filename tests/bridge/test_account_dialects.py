"""Orders, positions and balances in the words of clients that were written for other servers."""

import json

import pytest

from tests.bridge.fakes import BTC
from tests.bridge.trading_world import trading


async def heard(client, *names):
    """The first message of each of these types, whatever comes in between."""
    found = {}
    while not found.keys() >= set(names):
        told = json.loads(await client.ws.receive_str(timeout=30))
        found.setdefault(told["type"], told)
    return found


async def subscribed(world, *names, user="local"):
    """What a client of a dialect hears without having asked is begun by the time it has been greeted."""
    assert all(world.hub.streams.find(name, user) for name in names)


async def test_a_page_of_the_bot_core_hears_positions_trades_and_the_bot():
    async with trading() as world, world.client(protocols=["trader.v1.pascal"]) as page:
        await heard(page, "Connected")
        await subscribed(world, "positions", "fills", "trader")
        await world.submit("a-1")
        world.traders.fill("local", "a-1", "0.50000")
        told = await heard(page, "PositionUpdate", "TradeExecuted", "BotStatusUpdate")

    position, trade, bot = (told[name] for name in ("PositionUpdate", "TradeExecuted", "BotStatusUpdate"))
    ts = position["data"].pop("timestamp")
    assert position["data"] == {"symbol": "BTCUSDT", "side": "BUY", "size": 0.5, "pnl": 0.0}
    assert trade["data"] == {"symbol": "BTCUSDT", "side": "BUY", "quantity": 0.5, "price": 30_000.0, "timestamp": ts}
    assert (bot["data"]["status"], bot["data"]["total_pnl"]) == ("running", 0.0)


async def test_a_client_of_the_ecosystem_hears_of_signals_that_were_acted_on():
    async with trading() as world, world.client(protocols=["trader.v1.be"]) as page:
        await heard(page, "hello")
        await subscribed(world, "trade_signals")
        await world.submit("a-1")
        world.traders.act("local", "a-1")
        told = (await heard(page, "trade_signal"))["trade_signal"]

    assert told["data"] == {"symbol": "BTCUSDT", "action": "BUY", "price": 30_000.0, "ai_confidence": 0.5}
    assert set(told) == {"type", "data", "timestamp"}


async def test_a_client_of_the_ecosystem_hears_orders_positions_and_balances():
    async with trading() as world, world.client(protocols=["trader.v1.be"]) as page:
        await heard(page, "hello")
        await subscribed(world, "orders", "positions", "balances")
        await world.submit("a-1")
        first = await heard(page, "order_update")
        world.traders.fill("local", "a-1", "0.50000")
        told = await heard(page, "order_update", "position_update", "balance_update")

    assert first["order_update"]["data"] | {"timestamp": "", "order_id": ""} == {
        "order_id": "",
        "client_order_id": "a-1",
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "status": "NEW",
        "quantity": 0.5,
        "executed_quantity": 0.0,
        "price": 29_999.0,
        "executed_price": 0.0,
        "reason": "",
        "timestamp": "",
    }
    assert (told["order_update"]["data"]["status"], told["order_update"]["data"]["executed_price"]) == (
        "FILLED",
        30_000.0,
    )
    assert (told["position_update"]["data"]["side"], told["position_update"]["data"]["entry_price"]) == (
        "LONG",
        30_000.0,
    )
    assert told["balance_update"]["data"]["total"] == 99_985.0


@pytest.mark.parametrize(("protocol", "word"), [("pascal", "TradeExecuted"), ("be", "order_update")])
async def test_dialects_tell_nobody_of_others(protocol, word):
    options = {"protocols": [f"trader.v1.{protocol}"]}
    async with (
        trading("anna", "bob") as world,
        world.client("anna", **options) as anna,
        world.client("bob", **options) as bob,
    ):
        for client in (anna, bob):
            client.first = json.loads(await client.ws.receive_str(timeout=30))
        await world.submit("a-1", user="anna")
        world.traders.fill("anna", "a-1", "0.50000")
        world.traders.act("anna", "a-1")
        await heard(anna, word)
        await bob.ws.send_str('{"type":"Ping"}' if protocol == "pascal" else '{"op":"ping","id":1}')
        seen = []
        while not seen or seen[-1]["type"].lower() != "pong":
            seen.append(json.loads(await bob.ws.receive_str(timeout=30)))

    assert {one["type"].lower() for one in seen} <= {"pong", "botstatusupdate", "hb"}
    assert [one for one in seen if one.get("data", {}).get("active_positions")] == []


async def test_who_has_no_trader_hears_the_rest_all_the_same():
    async with trading("anna") as world, world.client("carl", protocols=["trader.v1.pascal"]) as page:
        found = await heard(page, "Connected")

    assert found["Connected"]["data"]["message"] == "connected"
    assert [name for name, owner in world.hub.streams if owner == "carl"] == []
    assert world.hub.streams.find("signals") is not None


async def test_a_short_position_and_one_that_ended_have_their_words():
    async with trading() as world, world.client(protocols=["trader.v1.pascal"]) as page:
        await heard(page, "Connected")
        await world.submit("a-1", side="sell", instrument_id=BTC)
        world.traders.fill("local", "a-1", "0.50000")
        short = (await heard(page, "PositionUpdate"))["PositionUpdate"]["data"]
        await world.submit("a-2", side="buy")
        world.traders.fill("local", "a-2", "0.50000")
        flat = (await heard(page, "PositionUpdate"))["PositionUpdate"]["data"]

    assert (short["side"], short["size"], flat["side"], flat["size"]) == ("SELL", 0.5, "FLAT", 0.0)
