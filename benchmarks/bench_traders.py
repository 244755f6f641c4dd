"""What traders cost: CPU per tick from 1 to 100 of them, and an order over HTTP until its ACCEPTED is parsed.

A node with traders that have only their desk does the same per tick as with one; a hundred strategies that all hear
the ticks are printed. The floor of an order is the same order given to the traders in the process, its durable intent
included, and below that the disk's own sync.
"""

import asyncio
import gc
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp
import pytest

from config.trading import TraderSection
from tests.node.live_world import NAME, SWAP, config_of, live, strategy
from tests.node.many_orders import EACH, Sent, decided, many_config

pytestmark = pytest.mark.bench
MANY, RUNS, SECONDS = 100, 3, 4.0
SPEED = 50.0
"""Market seconds per wall second: two instruments with ten trades a second make 1,000 a second."""
ORDERS = 200
LOCAL = "local"


class Count:
    """Counts trades at the traders' own feed."""

    def __init__(self):
        self.trades = 0

    def on_trade(self, _row):
        self.trades += 1

    def on_quote(self, _row):
        pass

    on_book = on_book_lost = on_quote


async def cpu_per_tick(traders, name):
    """Return CPU microseconds of the whole node per trade."""
    with tempfile.TemporaryDirectory() as folder:
        async with live(config_of(Path(folder), *traders, slots=128, speed=SPEED)) as world:
            count = Count()
            world.process._ticks.listen(count)
            await asyncio.sleep(1.0)
            gc.collect()
            cpu, trades = time.process_time(), count.trades
            await asyncio.sleep(SECONDS)
            found = (time.process_time() - cpu) / (count.trades - trades) * 1e6
    print(f"  {name}: {found:.0f} us a tick")
    return found


async def test_a_trader_who_does_nothing_costs_nothing_per_tick():
    desks = [f"t{number}" for number in range(MANY)]
    listening = [
        TraderSection(name=name, strategies=(strategy("s", instrument_id=NAME, hears="trades"),)) for name in desks
    ]
    one, many = [], []
    print()
    for _ in range(RUNS):
        one.append(await cpu_per_tick(["t0"], "1 trader"))
        many.append(await cpu_per_tick(desks, f"{MANY} traders"))
    await cpu_per_tick(listening, f"{MANY} traders with a subscribed strategy each (printed)")
    ratio = statistics.median(many) / statistics.median(one)
    print(f"  {MANY} traders cost {ratio:.2f} times as much as one (bar 1.5); load {os.getloadavg()[0]:.2f}")
    assert ratio <= 1.5


def sync_ms(folder):
    """Return the disk's own sync: median and p99 of a page written and synced, milliseconds."""
    found = []
    with (Path(folder) / "sync").open("wb") as file:
        for _ in range(ORDERS):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            file.flush()
            os.fdatasync(file.fileno())
            found.append((time.perf_counter() - began) * 1e3)
    return figures(found)


def figures(found):
    """Return median and p99."""
    found = sorted(found)
    return statistics.median(found), found[int(len(found) * 0.99) - 1]


class Accepted:
    """Tells when an order is ACCEPTED."""

    def __init__(self, listener):
        self._listener = listener
        self.waiting = {}

    def order(self, row):
        self._listener.order(row)
        if row.status == "accepted" and (future := self.waiting.pop(row.client_order_id, None)) is not None:
            future.set_result(time.perf_counter())

    def __getattr__(self, name):
        return getattr(self._listener, name)


async def direct(world):
    """Return milliseconds from the call of the port to ACCEPTED."""
    books = world.process._books
    accepted = books.listener.target = Accepted(books.listener.target)
    found = []
    for number in range(ORDERS):
        ticket = world.ticket(price=world.near("0.9", SWAP), instrument_id=SWAP, name=f"d{number}")
        future = accepted.waiting[f"d{number}"] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await world.traders.submit(LOCAL, ticket)
        found.append((await future - began) * 1e3)
        await world.traders.cancel(LOCAL, ticket.client_order_id)
    return figures(found)


async def over_http(world, relay):
    """Return milliseconds from the request to the frame with ACCEPTED, parsed."""
    world.process._books.listener.target = relay
    url = f"http://127.0.0.1:{world.process._server.port}"
    found = []
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/ws") as socket:
        await socket.send_json({"op": "subscribe", "id": 1, "ch": ["orders"]})
        for number in range(ORDERS):
            body = {"client_order_id": f"h{number}", "instrument_id": SWAP, "side": "buy", "type": "limit"}
            body |= {"quantity": "1", "price": world.near("0.9", SWAP)}
            began = time.perf_counter()
            posted = asyncio.create_task(session.post(f"{url}/api/v1/orders", json=body))
            while not is_accepted(json.loads((await socket.receive()).data), body["client_order_id"]):
                pass
            found.append((time.perf_counter() - began) * 1e3)
            answer = await posted
            assert answer.status == 201, await answer.text()
            await world.traders.cancel(LOCAL, body["client_order_id"])
    return figures(found)


def is_accepted(message, name):
    rows = message.get("data")
    rows = rows if isinstance(rows, list) else [rows]
    return any(
        isinstance(row, dict) and row.get("client_order_id") == name and row.get("status") == "accepted" for row in rows
    )


async def test_an_order_over_http_is_accepted_soon(tmp_path):
    names = [LOCAL, *(f"t{number}" for number in range(MANY - 1))]
    config = config_of(tmp_path, *names, slots=128, speed=SPEED)
    async with live(config) as world:
        relay = world.relay
        within = await direct(world)
        outside = await over_http(world, relay)
        disk = sync_ms(tmp_path)
    for name, (median, worst) in (("the disk's sync", disk), ("in the process", within), ("over HTTP", outside)):
        print(f"\n  {name}: median {median:.2f} ms, p99 {worst:.2f} ms", end="")
    allowed = 20.0 + (disk[1] if disk[1] > 8.0 else 0.0)
    print(
        f"\n  bars: median 5 ms and twice the call in the process, p99 {allowed:.0f} ms; load {os.getloadavg()[0]:.2f}"
    )
    assert outside[0] <= 5.0
    assert outside[0] <= 2 * within[0]
    assert outside[1] <= allowed


async def test_a_thousand_orders_at_once_cost_less_each_than_one_alone(tmp_path):
    async with live(many_config(tmp_path)) as world:
        alone, _ = await direct(world)
        sent = Sent(world, 5)
        began = time.perf_counter()
        await sent.all(world)
        answered = time.perf_counter() - began
        await decided(world)
        took, taken = time.perf_counter() - began, len(sent.taken())
    each = took * 1e3 / taken
    print(f"\n  {MANY} traders x {EACH} orders: answered in {answered:.2f} s, {taken} decided in {took:.2f} s", end="")
    print(f"\n  {each:.2f} ms each, one alone {alone:.2f} ms; load {os.getloadavg()[0]:.2f}")
    assert each <= alone
