"""The client's order book: kept from steps, proved by its checksum, fetched again when a step is wrong."""

import asyncio
import json
import zlib
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from whisperer_client import Client, GapError, NoSourceError, OrderBook
from whisperer_client.types import BookDelta

from tests.bridge.client_world import take
from tests.contract_check import check_message

NAME = "BTC-USDT.SIM"
CHANNEL = f"book_delta:{NAME}"
HELLO = {
    "type": "hello", "protocol": "trader.v1", "server": "test/0", "node_id": "n", "market_time": 0, "wall_ms": 0,
    "speed": 1.0, "paused": False, "auth": "local", "intervals": ["1m"],
    "limits": {"max_channels": 9, "max_message_bytes": 9999, "operations_per_s": 999, "operations_burst": 999,
               "heartbeat_interval_s": 20.0, "idle_heartbeat_s": 5.0},
}  # fmt: skip


class Truth:
    """The book of a node, in plain dictionaries."""

    def __init__(self):
        self.sides = {"bids": {}, "asks": {}}
        self.sequence = 90

    def checksum(self):
        best = (sorted(self.sides["bids"].items(), reverse=True)[:20], sorted(self.sides["asks"].items())[:20])
        return zlib.crc32("|".join(",".join(f"{p:.1f}:{q:.3f}" for p, q in side) for side in best).encode())

    def body(self, bids, asks):
        told = {"bids": _levels(bids), "asks": _levels(asks), "sequence": self.sequence, "crc32": self.checksum()}
        return told | {"ts": self.sequence, "ts_ns": str(self.sequence * 1_000_000)}

    def whole(self):
        return self.body(sorted(self.sides["bids"].items(), reverse=True), sorted(self.sides["asks"].items()))

    def step(self, *, bids=(), asks=()):
        self.sequence += 1
        for name, levels in (("bids", bids), ("asks", asks)):
            self.sides[name] |= dict(levels)
            self.sides[name] = {price: size for price, size in self.sides[name].items() if size}
        return self.body(bids, asks)


def _levels(levels):
    return [[f"{price:.1f}", f"{size:.3f}"] for price, size in levels]


class Scripted:
    """A node that sends what the test says after each subscription."""

    def __init__(self, scripts):
        self.scripts = list(scripts)
        self.asked = []
        self.names = {}
        """What a client says -> what the node calls it."""

    async def handle(self, request):
        ws = web.WebSocketResponse(protocols=("trader.v1",))
        await ws.prepare(request)
        await self.send(ws, HELLO)
        async for message in ws:
            asked = json.loads(message.data)
            self.asked.append(asked)
            position = {self.names.get(name, name): ["e", 0] for name in asked["ch"]}
            await self.send(ws, {"type": "ack", "id": asked["id"], "position": position})
            for one in self.scripts.pop(0) if self.scripts else ():
                await self.send(ws, one)
        return ws

    async def send(self, ws, told):
        check_message(text := json.dumps(told))
        await ws.send_str(text)


def snapshot(body, seq=0):
    return {"type": "snapshot", "ch": CHANNEL, "epoch": "e", "seq": seq, "part": [0, 1], "data": [body]}


def delta(body, seq):
    return {"type": "book_delta", "ch": CHANNEL, "seq": seq, "ts": 0, "data": body}


@asynccontextmanager
async def scripted(*scripts):
    node = Scripted(scripts)
    app = web.Application()
    app.router.add_get("/ws", node.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with Client(f"http://127.0.0.1:{port}", first_wait_s=0.01) as client:
            yield node, client
    finally:
        await runner.cleanup()


def begun():
    truth = Truth()
    truth.step(bids=[(99.0, 1.0), (98.5, 2.0)], asks=[(100.0, 1.5), (101.0, 3.0)])
    return truth


async def test_steps_are_applied_one_by_one():
    truth = begun()
    script = [snapshot(truth.whole()), delta(truth.step(bids=[(99.0, 0.0)], asks=[(99.5, 0.2)]), 1)]
    async with scripted(script) as (_, client):
        stream = client.order_book(NAME)
        book, same = await take(stream, 2)

    assert book is same
    assert book.best_bid == (Decimal("98.5"), Decimal(2))
    assert [f"{price}:{size}" for price, size in book.asks()] == ["99.5:0.200", "100.0:1.500", "101.0:3.000"]
    assert (book.sequence, book.ts, book.ts_ns, book.is_whole) == (92, 92, 92_000_000, False)
    assert (stream.snapshots, stream.mismatches) == (1, 0)


@pytest.mark.parametrize("wrong", [{"crc32": 1}, {"sequence": 95}, {"bids": [["98.0", "1.000"]]}])
async def test_a_wrong_step_is_never_shown_and_the_book_is_fetched_again(wrong):
    truth = begun()
    first = [snapshot(truth.whole()), delta(truth.step(asks=[(100.0, 9.0)]) | wrong, 1)]
    second = [snapshot(truth.whole(), seq=1), delta(truth.step(bids=[(99.5, 1.0)]), 2)]
    async with scripted(first, second) as (node, client):
        stream = client.order_book(NAME)
        sequences = [(await take(stream, 1))[0].sequence for _ in range(3)]

    assert sequences == [91, 92, 93]
    assert stream.mismatches == 1
    assert [sorted(one) for one in node.asked] == [["ch", "id", "op", "since"]] * 2
    assert node.asked[1]["since"] == {}


async def test_a_book_that_is_always_wrong_is_told():
    wrong = [snapshot(begun().whole() | {"crc32": 1})]
    async with scripted(*[wrong] * 8) as (_, client):
        with pytest.raises(GapError, match="checksum"):
            await take(client.order_book(NAME), 1)


@pytest.mark.parametrize("name", ["order_book", "trades", "quotes", "book"])
async def test_what_the_source_does_not_have_is_told(name):
    channel = {"order_book": CHANNEL, "book": f"book:{NAME}:20"}.get(name, f"{name}:{NAME}")
    none = {"type": "snapshot", "ch": channel, "epoch": "e", "seq": 0, "source": "none", "part": [0, 1], "data": []}
    async with scripted([none]) as (_, client):
        with pytest.raises(NoSourceError):
            await take(getattr(client, name)(NAME), 1)


async def test_parts_of_a_snapshot_are_joined_and_a_lost_part_is_asked_for_again():
    def part(number, count, *ids):
        trades = [
            {"id": one, "price": "1.0", "quantity": "1", "side": "buy", "ts": 1, "ts_ns": "1000000"} for one in ids
        ]
        ch = f"trades:{NAME}"
        return {"type": "snapshot", "ch": ch, "epoch": "e", "seq": 0, "part": [number, count], "data": trades}

    async with scripted([part(0, 3, "a"), part(2, 3, "c")], [part(0, 2, "a", "b"), part(1, 2, "c")]) as (node, client):
        trades = await take(client.trades(NAME, history=9), 3)

    assert [trade.id for trade in trades] == ["a", "b", "c"]
    assert len(node.asked) == 2


async def test_a_channel_is_heard_under_the_node_s_name_for_it():
    def values(seq, t):
        data = {"t": t, "values": {"value": 1.5}, "closed": True}
        name = f"indicators:{NAME}:1m:SMA(20)"
        return {"type": "indicator", "ch": name, "seq": seq, "ts": 0, "data": data}

    def first(t):
        row = values(0, t)
        return {"type": "snapshot", "ch": row["ch"], "epoch": "e", "seq": 0, "part": [0, 1], "data": [row["data"]]}

    async with scripted([first(1)], [first(1), values(1, 2)]) as (node, client):
        node.names = {
            f"indicators:{NAME}:1m:{one}": f"indicators:{NAME}:1m:SMA(20)" for one in ("sma(20)", "sma(20.0)")
        }
        small = client.indicators(NAME, "1m", "sma(20)", history=1)
        got = await take(small, 1)
        also = await take(client.indicators(NAME, "1m", "sma(20.0)", history=1), 2)
        got += await take(small, 1)

    assert [row.t for row in got] == [row.t for row in also] == [1, 2]


async def test_an_answer_that_is_no_message_ends_the_connection_only():
    app = web.Application()

    async def handle(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        handle.times += 1
        await ws.send_str("garbage" if handle.times < 3 else json.dumps(HELLO))
        await asyncio.sleep(0)
        await ws.close(code=4401)
        return ws

    handle.times = 0
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with Client(url, first_wait_s=0.01, first_patience_s=30) as client, aiohttp.ClientSession():
        with pytest.raises(Exception, match="4401"):
            await take(client.status(), 1)
    await runner.cleanup()

    assert handle.times == 3


LEVELS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 4)), max_size=6, unique_by=lambda level: level[0])


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=30))
@pytest.mark.slow
def test_whatever_the_steps_the_book_is_the_node_s(steps):
    truth, book = Truth(), OrderBook(NAME)
    assert book.begin(_struct(truth.whole()))
    for bids, asks in steps:
        step = truth.step(bids=[(p / 2, q / 8) for p, q in bids], asks=[(50 + p / 2, q / 8) for p, q in asks])
        assert book.apply(_struct(step))

    assert [(float(p), float(q)) for p, q in book.bids()] == sorted(truth.sides["bids"].items(), reverse=True)
    assert [(float(p), float(q)) for p, q in book.asks(3)] == sorted(truth.sides["asks"].items())[:3]


def _struct(body):
    import msgspec

    return msgspec.convert(body, BookDelta)
