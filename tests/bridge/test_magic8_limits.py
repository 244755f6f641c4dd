"""Whatever a bad client does on the data hub's WebSockets costs itself alone."""

import asyncio
import json

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.bridge.connection import Connection
from actors.bridge.dialects.magic8.conversations import Confidence, MarketData
from actors.bridge.dialects.magic8.flat import Flat
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.hub_loop import FakeSocket
from tests.bridge.hub_world import World
from tests.bridge.magic8_world import MARKET_DATA, bare, config, hub
from tests.bridge.socket_client import PATIENCE_S


class TestLimits:
    async def test_everybody_at_the_own_port_is_one_user_with_so_many_connections(self, tmp_path):
        section = config(mode="local", ws={"max_connections_per_user": 2})
        async with hub(tmp_path, section, identity=FakeIdentity()) as node:
            async with node.socket(port=node.own_port), node.socket("/ws/desk", port=node.own_port):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await node.http.ws_connect(f"http://127.0.0.1:{node.own_port}/ws/third")
            async with node.socket(port=node.own_port) as client:
                assert (await client.subscribe("BTCUSDT"))["symbol"] == "BTCUSDT"

        assert refused.value.status == 503

    async def test_a_connection_has_so_many_symbols(self, tmp_path):
        async with hub(tmp_path, config(ws={"max_channels": 1})) as node, node.socket() as client:
            await client.subscribe("BTCUSDT")
            again, more = await client.subscribe("BTCUSDT"), await client.subscribe("ETHUSDT")

        assert (again["symbol"], more["code"]) == ("BTCUSDT", "channel_limit")

    async def test_ten_thousand_subscriptions_cost_their_sender_the_connection_and_nobody_else_anything(self, tmp_path):
        async with hub(tmp_path) as node, node.socket() as good, node.socket() as bad:
            await good.subscribe("BTCUSDT")
            flood = json.dumps({"action": "subscribe", "symbol": "ETHUSDT"})
            closed = asyncio.ensure_future(bad.end())
            for _ in range(10_000):
                if closed.done():
                    break
                try:
                    await bad.ws.send_str(flood)
                except ConnectionError:
                    break
            node.tick(3_333_333)
            told = await good.price(33_333.33)
            assert (await closed, told["symbol"]) == (4429, "BTCUSDT")
            assert len(node.hub.streams) == 2

    async def test_binary_frames_are_refused_and_huge_ones_end_the_connection(self, tmp_path):
        async with hub(tmp_path, config(ws={"max_message_bytes": 1_024})) as node:
            for path in (MARKET_DATA, "/ws/desk"):
                async with node.socket(path) as client:
                    await client.ws.send_bytes(b"{}")
                    if path == MARKET_DATA:
                        assert (await client.next())["code"] == "bad_request"
                    await client.ws.send_str("x" * 1_025)
                    assert await client.end() == 1009

    async def test_who_never_reads_is_skipped_hears_the_newest_and_slows_nobody(self, tmp_path):
        limits = {"slow_after_bytes": 4_096, "caught_up_below_bytes": 2_048}
        async with hub(tmp_path, config(ws=limits)) as node, node.socket() as good, bare(node) as slow:
            await good.subscribe("BTCUSDT")
            slow.send(json.dumps({"action": "subscribe", "symbol": "BTCUSDT"}).encode())
            await slow.frame()
            slow.stall()
            behind, price = None, 3_000_000
            async with asyncio.timeout(PATIENCE_S):
                while behind is None:
                    price += 1
                    node.tick(price)
                    await good.price(price / 100)
                    behind = next((one for one in node.hub.connections if one.behind_since is not None), None)
            assert behind.buffered() < 16_384
            for _ in range(50):
                price += 1
                node.tick(price)
                await good.price(price / 100)
            assert behind.buffered() < 16_384
            slow.recover()
            heard, told = 0, {}
            async with asyncio.timeout(PATIENCE_S):
                while told.get("price") != price / 100:
                    told, heard = json.loads((await slow.frame())[1]), heard + 1

        assert heard <= price - 3_000_000 - 50

    async def test_one_that_stays_stuck_is_closed(self, tmp_path):
        limits = {"slow_after_bytes": 4_096, "caught_up_below_bytes": 2_048, "stuck_after_s": 0.05}
        async with hub(tmp_path, config(ws=limits)) as node, bare(node) as slow:
            slow.send(json.dumps({"action": "subscribe", "symbol": "BTCUSDT"}).encode())
            await slow.frame()
            slow.stall()
            async with asyncio.timeout(PATIENCE_S):
                price = 3_000_000
                while node.hub.connections:
                    price += 1
                    node.tick(price)
                    await asyncio.sleep(0)


words = st.sampled_from(["subscribe", "unsubscribe", "price", "BTCUSDT", "eth-usdt", "NOPE", ""]) | st.text(max_size=8)
values = st.recursive(
    words | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
demands = st.fixed_dictionaries({}, optional=dict.fromkeys(("action", "symbol", "symbols", "type", "op", "id"), values))


@settings(max_examples=25)
@given(st.lists(demands.map(json.dumps) | values.map(json.dumps) | st.text(max_size=20), max_size=8), st.booleans())
def test_whatever_is_said_is_an_answer_at_the_most(sent, is_market_data):
    """Every answer is a price or says what is wrong; nothing is left behind when the client has gone."""
    world = World(operations_burst=100)
    received: list[bytes] = []
    connection = Connection(FakeSocket(received.append), lambda code, reason: None, Flat(world.context.symbols))
    world.hub.attach(connection)
    talk = (MarketData if is_market_data else Confidence)(world.hub, world.context, connection, clock=world.loop)
    talk.greet()
    asyncio.run(say(talk, sent))
    world.tick(3_100_000)
    world.loop.settle()
    heard = [json.loads(one) for one in payloads(b"".join(received))]
    world.hub.detach(connection)

    assert all(set(one) == {"detail", "code"} or one["type"] == "price" for one in heard)
    assert not [one for one in heard if one.get("code") == "internal"]
    assert world.bars.held == []


async def say(talk, sent):
    for text in sent:
        await talk.receive(text)


def payloads(data):
    """Return what is in text frames, one after the other."""
    while data:
        size, head = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4]), 4)
        yield data[head : head + size]
        data = data[head + size :]
