"""Orders of a real process that is killed at random moments: none is lost, none doubled, positions are their fills."""

import http.client
import json
import os
import random
import threading
import time
from decimal import Decimal

import pytest

from tests.node_process import PATIENCE_S, NodeProcess

CHAOS = bool(os.environ.get("CHAOS"))
ROUNDS = 50 if CHAOS else 5
THREADS = 4
SWAP = "BTC-USDT-SWAP.SIM"
SETTINGS = (
    "server.user_rate_limit_per_min=1000000",
    "server.user_orders_per_s=10000",
    "server.user_orders_burst=10000",
    "limits.max_orders_per_s=10000",
    "limits.max_open_orders=100000",
    'limits.max_position_notional="100000000"',
    "buffer.window=100",
    "signals=[]",
    "trading.compare_every_s=0.1",
    "store.checkpoint_fills=3",
)

pytestmark = [pytest.mark.slow, pytest.mark.property]


class Caller:
    """One keep-alive connection."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def __call__(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def every(self, path):
        """Return the items of all pages."""
        items, cursor = [], None
        while True:
            more = "" if cursor is None else f"&cursor={cursor}"
            status, page = self("GET", f"{path}?limit=1000{more}")
            assert status == 200, page
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items


class Load:
    """Threads that send orders until the node is gone; they keep what was acknowledged and what was not."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.acknowledged, self.unknown, self.errors = {}, {}, []
        self._lock = threading.Lock()
        self._numbers = 0

    def ticket(self, price):
        with self._lock:
            self._numbers += 1
            name, draw = f"k{self._numbers}", self.random.random()
            side = self.random.choice(["buy", "sell"])
        ticket = {"client_order_id": name, "instrument_id": SWAP, "side": side, "quantity": "0.001"}
        low, high = (f"{price * share:.1f}" for share in (0.95, 1.05))
        if draw < 0.4:
            return ticket | {"type": "market"}
        if draw < 0.7:
            return ticket | {"type": "limit", "price": low if side == "buy" else high}
        if draw < 0.85:
            return ticket | {"type": "limit", "price": high if side == "buy" else low}
        return ticket | {"type": "stop_market", "trigger_price": high if side == "buy" else low}

    def run(self, port, price):
        threads = [threading.Thread(target=self._send, args=(port, price), daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        return threads

    def _send(self, port, price):
        call = Caller(port)
        while True:
            ticket = self.ticket(price)
            try:
                status, body = call("POST", "/api/v1/orders", ticket)
            except (OSError, http.client.HTTPException):
                self.unknown[ticket["client_order_id"]] = ticket
                return
            if status == 201:
                self.acknowledged[ticket["client_order_id"]] = (ticket, body["order_id"])
                if len(self.acknowledged) % 7 == 0:
                    self._cancel(call, ticket["client_order_id"])
            elif body.get("code") not in {"order_denied", "insufficient_margin"}:
                self.errors.append(body)

    def _cancel(self, call, name):
        try:
            call("DELETE", f"/api/v1/orders/{name}")
        except (OSError, http.client.HTTPException):
            return


def check(call, load):
    """Hold everything against what was acknowledged."""
    orders = {row["client_order_id"]: row for row in call.every("/api/v1/orders")}
    lost = [
        name for name, (_, order_id) in load.acknowledged.items() if orders.get(name, {}).get("order_id") != order_id
    ]
    assert lost == []
    fills = call.every("/api/v1/fills")
    assert len({(fill["fill_id"], fill["order_id"]) for fill in fills}) == len(fills)
    filled, net = {}, Decimal(0)
    for fill in fills:
        quantity = Decimal(fill["quantity"])
        filled[fill["order_id"]] = filled.get(fill["order_id"], 0) + quantity
        net += quantity if fill["side"] == "buy" else -quantity
    for row in orders.values():
        assert Decimal(row["filled_quantity"]) == filled.get(row["order_id"], 0) <= Decimal(row["quantity"]), row
        assert row["status"] not in {"submitted", "unknown"}, row
    status, positions = call("GET", "/api/v1/positions")
    assert status == 200, positions
    signed = {"long": 1, "short": -1, "flat": 0}
    assert sum(Decimal(row["quantity"]) * signed[row["side"]] for row in positions["items"]) == net
    return orders


def test_no_order_is_lost_or_doubled_when_the_node_is_killed_under_load(tmp_path):
    seed = random.SystemRandom().randrange(10**9) if CHAOS else 5
    print("seed", seed)
    load, dice = Load(seed), random.Random(seed)
    node = NodeProcess(tmp_path, *SETTINGS)
    sent = 0
    with node:
        for round_ in range(ROUNDS):
            node.ready()
            call = Caller(node.port)
            price = last_price(call)
            threads = load.run(node.port, price)
            time.sleep(dice.uniform(0.02, 0.8))
            node.kill()
            for thread in threads:
                thread.join(PATIENCE_S)
            node.start()
            node.ready()
            call = Caller(node.port)
            orders = settled(call, load)
            for ticket, order_id in dice.sample(list(load.acknowledged.values()), min(20, len(load.acknowledged))):
                status, body = call("POST", "/api/v1/orders", ticket)
                assert (status, body["order_id"]) == (201, order_id)
            for name, ticket in load.unknown.items():  # sent again it is one order, whether it had arrived or not
                status, body = call("POST", "/api/v1/orders", ticket)
                assert status == 201, body
                assert orders.get(name, body)["order_id"] == body["order_id"]
                load.acknowledged[name] = (ticket, body["order_id"])
            load.unknown.clear()
            assert load.errors == [], round_
            sent = len(load.acknowledged)
        settled(Caller(node.port), load)
        code, took = node.stop()
        assert code == 0, node.text()
        assert took < max(5.0, node.start_s), "or as slow as the machine is"
    assert sent > ROUNDS
    assert [event for event in node.events() if event["level"] == "error"] == []


def last_price(call):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        status, page = call("GET", f"/api/v1/trades?instrument_id={SWAP}&limit=1")
        if status == 200 and page["items"]:
            return float(page["items"][0]["price"])
        time.sleep(0.05)
    raise AssertionError("no trade yet")


def settled(call, load):
    """Wait until nothing is on its way any more, then check."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return check(call, load)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
