"""Orders over HTTP and WebSocket on a real node: from the ticket to the fill, and after a kill."""

import asyncio
import json
import urllib.error
import urllib.request

import aiohttp
import pytest
from whisperer_client import Client

from tests.contract_check import check_answer, check_message
from tests.node_process import PATIENCE_S, NodeProcess

pytestmark = pytest.mark.slow

BTC = "BTC-USDT.SIM"


class Page:
    """A WebSocket client that keeps all it hears, checked."""

    def __init__(self, ws):
        self.ws = ws
        self.heard = []
        self._ids = 0

    async def next(self):
        told = check_message(await self.ws.receive_str(timeout=PATIENCE_S))
        self.heard.append(told)
        return told

    async def ask(self, op, **fields):
        self._ids += 1
        own = self._ids
        await self.ws.send_str(json.dumps({"op": op, "id": own, **fields}))
        while (told := await self.next()).get("id") != own:
            pass
        return told

    def of(self, client_order_id):
        """Statuses told of an order, in order."""
        rows = [one["data"] for one in self.heard if one["type"] == "order_update"]
        return [row["status"] for row in rows if row["client_order_id"] == client_order_id]

    async def until(self, client_order_id, status):
        while status not in self.of(client_order_id):
            await self.next()


def ask(node, method, path, body=None):
    """Ask over HTTP; return status, JSON, headers."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(
        f"{node.url}{path}", data=data, method=method, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
            status, headers, said = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as e:
        status, headers, said = e.code, e.headers, e.read()
    check_answer(method, path, status, headers, said)
    return status, json.loads(said), headers


def ticket(client_order_id, **fields):
    return {
        "client_order_id": client_order_id,
        "instrument_id": BTC,
        "side": "buy",
        "type": "market",
        "quantity": "0.01000",
    } | fields


def below(node, share=0.9):
    """A price far below the market."""
    bars = node.get(f"/api/v1/bars?instrument_id={BTC}&interval=1m&limit=1")["items"]
    return f"{float(bars[-1]['c']) * share:.0f}"


async def test_an_order_s_whole_life_and_the_same_answer_after_a_kill(tmp_path):
    with NodeProcess(tmp_path, "log.format=json") as node:
        node.ready()
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{node.url}/ws") as ws:
            page = Page(ws)
            await page.ask("subscribe", ch=["orders", "fills", "positions", "balances"])
            status, order, headers = await asyncio.to_thread(ask, node, "POST", "/api/v1/orders", ticket("m-1"))
            await page.until("m-1", "filled")
            resting = ticket("l-1", type="limit", price=await asyncio.to_thread(below, node))
            ack = await page.ask("order.submit", order=resting)
            await page.until("l-1", "accepted")
            denied = await page.ask("order.submit", order=ticket("d-1", quantity="900"))
            while not {"fill", "position_update", "balance_update"} <= {one["type"] for one in page.heard}:
                await page.next()
        before = {name: node.get(f"/api/v1/{name}") for name in ("positions", "fills")}
        assert (status, headers["Location"], order["client_order_id"]) == (201, "/api/v1/orders/m-1", "m-1")
        assert page.of("m-1").index("accepted") < page.of("m-1").index("filled")
        assert (ack["type"], ack["order"]["quantity"]) == ("ack", "0.01000")
        assert (denied["code"], denied["errors"][0]["rule"]) == ("order_denied", "max_order_notional")
        node.kill()
        node.start().ready()
        check_after(node, resting, order, ack["order"], before)


def check_after(node, resting, order, rested, before):
    """What a fresh process answers of what the killed one has taken."""
    again = ask(node, "POST", "/api/v1/orders", ticket("m-1"))
    rests = ask(node, "POST", "/api/v1/orders", resting)
    other = ask(node, "POST", "/api/v1/orders", ticket("m-1", quantity="0.02000"))
    working = node.get("/api/v1/orders?state=working")["items"]
    after = {name: node.get(f"/api/v1/{name}") for name in before}
    cancelled = ask(node, "DELETE", "/api/v1/orders/l-1")
    node.until(lambda: node.get("/api/v1/orders/l-1")["status"] == "canceled")
    late = ask(node, "DELETE", "/api/v1/orders/l-1")

    assert (again[0], again[1]["order_id"], again[1]["status"]) == (201, order["order_id"], "filled")
    assert (rests[0], rests[1]["order_id"]) == (201, rested["order_id"])
    assert (other[0], other[1]["code"]) == (409, "idempotency_conflict")
    assert [one["client_order_id"] for one in working] == ["l-1"]
    assert [one["fill_id"] for one in after["fills"]["items"]] == [one["fill_id"] for one in before["fills"]["items"]]
    assert [(one["quantity"], one["cost"]) for one in after["positions"]["items"]] == [
        (one["quantity"], one["cost"]) for one in before["positions"]["items"]
    ]
    assert (cancelled[0], late[0], late[1]["code"]) == (200, 409, "conflict")


async def test_the_python_client_trades_across_a_kill(tmp_path):
    with NodeProcess(tmp_path, "log.format=json") as node:
        node.ready()
        async with Client(node.url, first_wait_s=0.05) as client:
            changes, fills = client.orders(), client.fills()
            price = await asyncio.to_thread(below, node)
            order = await client.trading.submit(BTC, "buy", "limit", "0.01", price=price, client_order_id="l-1")
            seen = [await asyncio.wait_for(anext(changes), PATIENCE_S)]
            while seen[-1].status != "accepted":
                seen.append(await asyncio.wait_for(anext(changes), PATIENCE_S))
            await asyncio.to_thread(node.kill)
            node.start()
            await asyncio.to_thread(node.ready)
            await client.trading.submit(BTC, "buy", "market", "0.01", client_order_id="m-1")
            fill = await asyncio.wait_for(anext(fills), PATIENCE_S)
            await client.trading.cancel("l-1")
            while (seen[-1].client_order_id, seen[-1].status) != ("l-1", "canceled"):
                seen.append(await asyncio.wait_for(anext(changes), PATIENCE_S))
            closing = await client.trading.close_position(BTC)
            while (seen[-1].client_order_id, seen[-1].status) != (closing[0].client_order_id, "filled"):
                seen.append(await asyncio.wait_for(anext(changes), PATIENCE_S))
            positions, account = await client.trading.positions(), (await client.trading.trader()).account

    assert (fill.client_order_id, fill.side) == ("m-1", "buy")
    assert {one.order_id for one in seen if one.client_order_id == "l-1"} == {order.order_id}
    assert (positions, account.open_positions, account.working_orders) == ((), 0, 0)
    assert account.fees > 0


def test_a_client_of_the_bot_core_trades_on_a_real_node(tmp_path):
    with NodeProcess(tmp_path, "log.format=json") as node:
        node.ready()
        trade = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 0.01}
        status, done, _ = ask(node, "POST", "/api/trades/execute", trade)
        held = node.get("/api/positions")
        _, closed, _ = ask(node, "POST", "/api/positions/BTCUSDT/close")
        account, stats = node.get("/api/account"), node.get("/api/performance/stats")
        overview = node.get("/api/market/overview")["data"]

    assert (status, done["status"], done["executed_quantity"]) == (200, "FILLED", 0.01)
    assert done["ai"]["signal"] in {"long", "short", "neutral"}, "the word on the newest bar"
    assert done["executed_price"] > 0
    assert [(one["symbol"], one["side"], one["size"]) for one in held] == [("BTCUSDT", "BUY", 0.01)]
    assert closed["exit_price"] > 0
    assert (account["positions_count"], stats["total_trades"] >= 2) == (0, True)
    assert account["total_pnl"] == pytest.approx(closed["pnl"] - stats["total_fees"])
    assert {one["symbol"] for one in overview} == {"BTCUSDT", "ETHUSDT", "BTCUSDTSWAP"}


def test_watch_prints_the_orders_of_a_real_node(tmp_path):
    with NodeProcess(tmp_path, "log.format=json") as node:
        node.ready()
        told = watching(node, lambda: ask(node, "POST", "/api/v1/orders", ticket("m-1")))

    assert told[0]["type"] == "snapshot"
    assert [one["data"]["client_order_id"] for one in told[1:]] == ["m-1", "m-1"]


def watching(node, act):
    """What `run_node.py watch orders` prints while something is done."""
    import subprocess
    import sys

    command = [sys.executable, "run_node.py", "watch", "orders", "--count", "3", "--url", node.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        first = json.loads(watch.stdout.readline())
        act()
        return [first, *(json.loads(line) for line in watch.stdout)]
