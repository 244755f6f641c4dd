"""`subscribe_bars` and its kin, over real sockets."""

import aiohttp
import pytest

from tests.bridge.fakes import BTC
from tests.bridge.socket_client import connected, node
from tests.contract_check import hear

BARS = f"bars:{BTC}:1m"


@pytest.mark.parametrize("symbol", ["BTCUSDT", "btc/usdt", "BTC-USDT", BTC])
async def test_bars_by_symbol_are_the_native_channel(symbol):
    async with node() as served, connected(served.port) as client:
        ack = await client.ask("subscribe_bars", symbol=symbol, timeframe="1m")
        snapshot = await client.until("snapshot")
        served.close()
        row = await client.until("bar")
        gone = await client.ask("unsubscribe_bars", symbol=symbol, timeframe="1m")

        assert list(ack["position"]) == [snapshot["ch"]] == [row["ch"]] == [BARS]
        assert gone["type"] == "ack"
        assert served.hub.streams.find(BARS).lanes == {}


@pytest.mark.parametrize(
    ("op", "fields", "channel"),
    [
        ("bars", {"timeframe": "1H"}, f"bars:{BTC}:1h"),
        ("bars", {}, BARS),
        ("trades", {}, f"trades:{BTC}"),
        ("orderbook", {}, f"book:{BTC}"),
        ("orderbook", {"depth": 50}, f"book:{BTC}:50"),
    ],
)
async def test_each_means_one_channel(op, fields, channel):
    async with node() as served, connected(served.port) as client:
        ack = await client.ask(f"subscribe_{op}", symbol="BTCUSDT", **fields)
        assert list(ack["position"]) == [channel]
        assert list(served.hub.connections[0].lanes) == [channel]
        assert (await client.ask(f"unsubscribe_{op}", symbol="btcusdt", **fields))["type"] == "ack"
        assert list(served.hub.connections[0].lanes) == []


async def test_a_client_that_knows_neither_op_nor_id_is_understood():
    async with (
        node() as served,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{served.port}/ws") as plain,
    ):
        await plain.send_str('{"type": "subscribe_bars", "symbol": "BTCUSDT", "timeframe": "1m"}')
        told = [await hear(plain) for _ in range(3)]

    assert [one["type"] for one in told] == ["hello", "ack", "snapshot"]
    assert told[1]["id"] is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"symbol": "DOGEUSDT"}, "unknown_instrument"),
        ({"symbol": "x" * 64}, "unknown_instrument"),
        ({"symbol": "x" * 65}, "validation"),
        ({"symbol": "\x00"}, "unknown_instrument"),
        ({"symbol": 7}, "validation"),
        ({}, "validation"),
        ({"symbol": "BTCUSDT", "timeframe": "90m"}, "unsupported_interval"),
        ({"symbol": "BTCUSDT", "timeframe": "1m:x"}, "unknown_channel"),
        ({"symbol": "BTCUSDT", "timeframe": None}, "validation"),
    ],
)
async def test_what_means_nothing_is_refused_with_its_code(fields, code):
    async with node() as served, connected(served.port) as client:
        refused = await client.ask("subscribe_bars", **fields)

    assert (refused["type"], refused["code"]) == ("error", code)


@pytest.mark.parametrize("depth", [0, 201, 1.5, "20"])
async def test_a_depth_that_no_book_has_is_refused(depth):
    async with node() as served, connected(served.port) as client:
        assert (await client.ask("subscribe_orderbook", symbol="BTCUSDT", depth=depth))["code"] == "validation"
