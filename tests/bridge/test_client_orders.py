"""Orders through the Python client, over a line that may be bad."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from whisperer_client import ApiError, Client, GapError, NotConnectedError, ticket
from whisperer_client import trading as trading_module

from tests.bad_line import bad_line
from tests.bridge.client_world import take, until
from tests.bridge.fakes import BTC, ETH
from tests.bridge.trading_world import trading


@asynccontextmanager
async def world(*users, **client):
    """Traders, a line to them, a client at the other end."""
    async with (
        trading(*users) as served,
        bad_line(served.port) as line,
        Client(line.url, first_wait_s=0.01, **client) as talking,
    ):
        yield served, line, talking


async def send(client, name, **fields):
    return await client.trading.submit(BTC, "buy", "limit", "0.50000", price="29999.00", client_order_id=name, **fields)


async def test_everything_that_is_asked_or_sent_once():
    async with world("local") as (served, _, client):
        desk = client.trading
        order = await send(client, "a-1", post_only=True)
        looked = await desk.validate(BTC, "buy", "limit", Decimal("0.1"), price=Decimal("1E+4"))
        batch = await desk.submit_batch([ticket(BTC, "buy", "market", "1"), ticket(ETH, "sell", "market", "999999")])
        changed = await desk.modify("a-1", price=Decimal("29000.50"))
        served.traders.fill("local", "a-1", "0.20000")
        ended = await desk.cancel("a-1")
        rest = await desk.cancel_all()
        [position] = await desk.positions()
        closing = await desk.close_position(BTC, quantity="0.1")
        fills, orders = await desk.fills(limit=5), await desk.orders(BTC, limit=1)

        assert (order.status, order.quantity, order.price, order.post_only) == (
            "submitted",
            Decimal("0.50000"),
            Decimal("29999.00"),
            True,
        )
        assert (looked.valid, looked.notional) == (True, 1_000)
        assert [item.error and item.error.code for item in batch] == [None, "order_denied"]
        assert (changed.price, ended.status, len(rest)) == (Decimal("29000.50"), "canceled", 1)
        assert (position.side, position.quantity) == ("long", Decimal("0.20000"))
        assert (closing[0].side, closing[0].quantity) == ("sell", Decimal("0.1"))
        assert (len(fills.items), orders.items[0].order_id, orders.next is None) == (1, closing[0].order_id, False)
        assert (await desk.order("a-1")).filled_quantity == Decimal("0.20000")
        assert (await desk.orders(state="working")).items == closing
        assert (await desk.balances())[0].total == Decimal("99994.0000000")
        assert ((await desk.equity()).items, (await desk.alerts()).items) == ((), ())
        assert (await desk.deadman(30), await desk.deadman(None)) == (30.0, None)
        assert (await desk.trader()).account.open_positions == 1
        assert [one.user_id for one in await desk.traders()] == ["local"]
        assert (await desk.set_trading_state("reducing")).trading_state == "reducing"
        assert (await desk.set_limits(max_open_orders=3, max_daily_loss="5")).limits.max_open_orders == 3
        assert (await desk.limits()).limits.max_daily_loss == 5
        assert (await desk.kill(flatten=True)).trading_state == "halted"
        assert (await desk.release()).trading_state == "active"
        assert [one.kind for one in await desk.strategy_kinds()] == ["signal_follow"]
        assert (await desk.start_strategy("one", "signal_follow", quantity="1")).state == "running"
        assert (await desk.change_strategy("one", state="stopped")).params == {"quantity": "1"}
        assert [one.name for one in await desk.strategies()] == ["one"]
        assert await desk.remove_strategy("one") == ()


@pytest.mark.slow
async def test_an_order_that_was_not_answered_is_sent_again_and_is_the_same(monkeypatch):
    monkeypatch.setattr(trading_module, "WAITS_S", (0.01, *[0.5] * 20))
    async with world("local", timeout_s=0.3) as (served, line, client):
        line.stall()
        sending = asyncio.create_task(client.trading.submit(BTC, "buy", "market", 1))
        await until(lambda: len(served.traders.accounts["local"].orders) == 1)
        await until(lambda: line.connections >= 2)
        line.flow()
        order = await sending
        [kept] = served.traders.accounts["local"].orders.values()

    assert (order.order_id, order.client_order_id) == (kept.order_id, kept.client_order_id)


async def test_nobody_there_is_told_at_last_and_refusals_at_once(monkeypatch):
    monkeypatch.setattr(trading_module, "WAITS_S", (0.0, 0.0))
    async with Client("http://127.0.0.1:1") as client:
        with pytest.raises(NotConnectedError):
            await send(client, "a-1")
    async with world("local") as (_, _, client):
        await send(client, "a-1")
        with pytest.raises(ApiError) as other:
            await send(client, "a-1", post_only=True)
        with pytest.raises(ApiError) as denied:
            await client.trading.submit(BTC, "buy", "market", "100")

    assert (other.value.code, other.value.status) == ("idempotency_conflict", 409)
    assert denied.value.problem["errors"][0]["rule"] == "max_order_notional"


@pytest.mark.parametrize("name", ["../orders", "a-1#b", "a-1?b", "x/../a-1"])
async def test_a_name_leads_to_no_other_order(name):
    async with world("local") as (_, _, client):
        await send(client, "a-1")
        with pytest.raises(ApiError) as refused:
            await client.trading.cancel(name)
        assert refused.value.code == "order_unknown"
        assert (await client.trading.order("a-1")).status == "submitted"


async def test_a_float_is_no_amount():
    async with world("local") as (served, _, client):
        with pytest.raises(TypeError, match="floats are not exact"):
            await client.trading.submit(BTC, "buy", "market", 0.1)
        with pytest.raises(TypeError, match="floats are not exact"):
            await client.trading.modify("a-1", price=0.1)

    assert served.traders.accounts["local"].orders == {}


async def test_streams_tell_what_there_is_and_what_changes():
    async with world("local") as (served, _, client):
        await send(client, "a-1")
        orders, fills, positions, balances = client.orders(), client.fills(), client.positions(), client.balances()
        first = await take(orders, 1)
        [balance] = await take(balances, 1)
        await until(lambda: served.hub.streams.find("fills", "local") and served.hub.streams.find("positions", "local"))
        served.traders.accept("local", "a-1")
        served.traders.fill("local", "a-1", "0.50000")
        served.traders.alert("local", "beware")
        later, [fill], [position] = await take(orders, 2), await take(fills, 1), await take(positions, 1)
        [poorer] = await take(balances, 1)

    assert [one.status for one in first + later] == ["submitted", "accepted", "filled"]
    assert (fill.quantity, position.side, balance.total - poorer.total) == (Decimal("0.50000"), "long", fill.fee)


async def test_what_happened_while_the_line_was_away_is_told():
    async with world("local") as (served, line, client):
        await send(client, "a-1")
        await send(client, "a-2")
        orders, fills, alerts = client.orders(), client.fills(), client.alerts()
        await take(orders, 2)
        await until(lambda: served.hub.streams.find("fills", "local") and served.hub.streams.find("alerts", "local"))
        served.traders.fill("local", "a-1", "0.10000")
        await take(orders, 1)
        await take(fills, 1)
        line.is_refusing = True
        line.cut()
        served.traders.fill("local", "a-1", "0.40000")
        served.traders.alert("local", "beware")
        line.is_refusing = False
        [ended], [fill], [alert] = await take(orders, 1), await take(fills, 1), await take(alerts, 1)

    assert (ended.client_order_id, ended.status, fill.quantity) == ("a-1", "filled", Decimal("0.40000"))
    assert alert.message == "beware"


async def test_signals_that_were_acted_on_come_once_and_a_restart_s_gap_is_told():
    async with world("local") as (served, line, client):
        await send(client, "a-1")
        acted = client.trade_signals()
        await until(lambda: served.hub.streams.find("trade_signals", "local"))
        served.traders.act("local", "a-1", "first")
        [first] = await take(acted, 1)
        line.is_refusing = True
        line.cut()
        served.traders.act("local", "a-1", "second")
        line.is_refusing = False
        [second] = await take(acted, 1)
        served.relay.reset()  # as after a restart: numbering begins anew
        with pytest.raises(GapError, match="not kept"):
            await take(acted, 1)
        served.traders.act("local", "a-1", "third")
        [third] = await take(acted, 1)

    assert (first.action, first.price, first.order_id) == ("BUY", Decimal("30000.00"), second.order_id)
    assert [one.strategy for one in (first, second, third)] == ["first", "second", "third"]


async def test_what_the_node_keeps_no_more_is_told_as_it_is_now():
    async with world("local") as (served, line, client):
        for name in ("a-1", "a-2", "a-3"):
            await send(client, name)
        served.traders.fill("local", "a-3", "0.50000")
        orders, positions = client.orders(), client.positions()
        await take(orders, 2)
        await take(positions, 1)
        line.is_refusing = True
        line.cut()
        served.traders.end("local", "a-1")
        await served.traders.modify("local", "a-2", price="1000.00")
        closing = (await served.traders.close_position("local", BTC))[0]
        served.traders.fill("local", closing.client_order_id, "0.50000")
        await served.submit("a-4")
        served.relay.reset()  # as after a restart: numbering begins anew
        line.is_refusing = False
        told = {one.client_order_id: one for one in await take(orders, 3)}
        [flat] = await take(positions, 1)

    assert {name: one.status for name, one in told.items()} == {
        "a-1": "canceled",
        "a-2": "canceled",
        "a-4": "submitted",
    }
    assert told["a-2"].price == Decimal("1000.00")
    assert (flat.instrument_id, flat.side, flat.quantity) == (BTC, "flat", 0)


async def test_fills_that_a_restart_hides_are_read_from_the_history():
    async with world("local") as (served, line, client):
        await send(client, "a-1")
        served.traders.fill("local", "a-1", "0.10000")
        fills = client.fills()
        await until(fills._marking.done)
        await until(lambda: served.hub.streams.find("fills", "local"))
        line.is_refusing = True
        line.cut()
        served.traders.fill("local", "a-1", "0.20000")
        served.traders.fill("local", "a-1", "0.15000")
        served.relay.reset()
        line.is_refusing = False
        told = await take(fills, 2)
        served.traders.fill("local", "a-1", "0.05000")
        told += await take(fills, 1)

    assert [one.quantity for one in told] == [Decimal("0.20000"), Decimal("0.15000"), Decimal("0.05000")]


async def test_fills_from_before_the_first_snapshot_was_heard_are_read_from_the_history():
    async with world("local") as (served, line, client):
        await served.submit("a-1")  # not through the line, whose connection the client would use again
        served.traders.fill("local", "a-1", "0.10000")
        line.loses = lambda payload: b'"snapshot"' in payload
        fills = client.fills()
        await until(lambda: fills._marking.done() and line.lost)
        line.cut()
        line.loses = None
        served.traders.fill("local", "a-1", "0.20000")
        told = await take(fills, 1)
        served.traders.fill("local", "a-1", "0.05000")
        told += await take(fills, 1)

    assert [one.quantity for one in told] == [Decimal("0.20000"), Decimal("0.05000")]


async def test_a_history_that_is_another_one_is_a_gap():
    async with world("local") as (served, _, client):
        await send(client, "a-1")
        alerts = client.alerts()
        await until(alerts._marking.done)
        served.traders.alert("local", "before")
        assert (await take(alerts, 1))[0].message == "before"
        served.traders.accounts["local"].alerts.clear()
        served.traders.alert("local", "anew")
        assert (await take(alerts, 1))[0].message == "anew"
        served.traders.accounts["local"].alerts.clear()
        served.relay.reset()
        with pytest.raises(GapError):
            await take(alerts, 1)


async def test_the_trader_s_newest_state_comes():
    async with world("local") as (_, _, client):
        states = client.trader()
        [first] = await take(states, 1)
        await send(client, "a-1")
        while (await take(states, 1))[0].account.working_orders != 1:
            pass

    assert first.account.working_orders == 0
