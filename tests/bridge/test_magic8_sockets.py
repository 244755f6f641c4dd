"""The data hub's WebSockets against the real server: flat prices, and whatever a bad client may do to them."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest

from actors.auth.services import listening_services, with_services
from actors.bridge.dialects.magic8.consumers import configured_consumers
from actors.bridge.hub import Hub
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from config.auth import AuthSection
from config.errors import ConfigError
from config.schema import DialectsSection, Magic8ListenersSection, NodeConfig, ServerSection, WebSocketSection
from config.signals import SignalConfig
from node.sockets import dialect_sockets
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.fakes import BTC, ETH, FakeBars, FakeSignals, bar_rows, make_context
from tests.bridge.socket_client import PATIENCE_S, BareClient, Node
from tests.unit.order_models import ScreeningWorld

PORTS = Magic8ListenersSection(predictor_port=0)
MARKET_DATA = "/ws/market_data"


class Hub8(Node):
    """A served hub whose prices the test plays."""

    http: aiohttp.ClientSession

    @property
    def own_port(self):
        return next(iter(self.server.dialect_ports.values()))

    @asynccontextmanager
    async def socket(self, path=MARKET_DATA, *, port=None, **options):
        async with self.http.ws_connect(f"http://127.0.0.1:{port or self.port}{path}", **options) as ws:
            yield Client8(ws)


class Client8:
    """A client of the hub."""

    def __init__(self, ws):
        self.ws = ws

    async def send(self, **demand):
        await self.ws.send_str(json.dumps(demand))

    async def next(self):
        message = await asyncio.wait_for(self.ws.receive(), PATIENCE_S)
        assert message.type is aiohttp.WSMsgType.TEXT, f"{message.type} {message.data}"
        return json.loads(message.data)

    async def price(self, value):
        """Read until the price is this."""
        while (told := await self.next()).get("price") != value:
            pass
        return told

    async def subscribe(self, symbol, **fields):
        await self.send(action="subscribe", symbol=symbol, **fields)
        return await self.next()

    async def end(self):
        async with asyncio.timeout(PATIENCE_S):
            async for _ in self.ws:
                pass
        return self.ws.close_code


def config(*, magic8=True, mode="off", ws=None, consumers=None, signals=None, **server):
    return NodeConfig(
        auth=AuthSection(mode=mode),
        server=ServerSection(**({"port": 0} | server)),
        ws=WebSocketSection(**(ws or {})),
        signals=(SignalConfig(),) if signals is None else signals,
        dialects=DialectsSection(
            magic8=magic8,
            magic8_listeners=PORTS if magic8 else Magic8ListenersSection(),
            magic8_consumers=consumers or {},
        ),
    )


@asynccontextmanager
async def hub(tmp_path, section=None, *, identity=None, loaded=True):
    section = section or config()
    bars, signals = FakeBars(), FakeSignals()
    bars.put(BTC, "1m", bar_rows(3))
    bars.put(ETH, "1m", bar_rows(5))
    if not loaded:
        bars.loaded.clear()
    known = {}
    if identity is not None:
        known["identity"] = with_services(identity, {}, present=listening_services(section.dialects))
    context = make_context(section, bars=bars, signals=signals, screening=ScreeningWorld(tmp_path).screener, **known)
    made = Hub(context)
    view = WebSocketView(made, context, closing_s=0.3)
    server = Server(context, view.handle, sockets=dialect_sockets(view, made, context))
    await server.start()
    try:
        async with aiohttp.ClientSession() as http:
            node = Hub8(server, view, made, bars, signals)
            node.http, node.context = http, context
            yield node
        await view.stop(in_ms=0)
    finally:
        await server.stop()


class TestMarketData:
    async def test_the_newest_price_comes_at_once_and_each_new_one_after_it(self, tmp_path):
        async with hub(tmp_path) as node, node.socket() as client:
            first = await client.subscribe("btcusdt", type="price")
            node.tick(3_123_456)
            second = await client.price(31_234.56)

        row = node.bars.closed[BTC, "1m"][-1]
        assert first == {
            "symbol": "BTCUSDT",
            "type": "price",
            "price": row.close / 100,
            "last": row.close / 100,
            "bid": None,
            "ask": None,
            "bid_size": None,
            "ask_size": None,
            "volume": row.volume / 100_000,
            "source": "mock",
            "timestamp": first["timestamp"],
        }
        assert (second["symbol"], second["volume"]) == ("BTCUSDT", 0.00001)

    async def test_a_bar_that_closes_is_a_price(self, tmp_path):
        async with hub(tmp_path) as node, node.socket() as client:
            await client.subscribe("BTC-USDT")
            node.close()

            assert (await client.price(1.10))["volume"] == 0.00003

    async def test_only_what_was_asked_for_until_it_is_no_more(self, tmp_path):
        async with hub(tmp_path) as node, node.socket() as client:
            await client.subscribe("BTCUSDT")
            await client.send(action="unsubscribe", symbol="BTC/USDT")
            assert (await client.subscribe("ETHUSDT"))["symbol"] == "ETHUSDT"
            node.tick(3_200_000)
            assert (await client.subscribe("ETHUSDT"))["symbol"] == "ETHUSDT"
            assert [(one, *_) for one, *_ in node.bars.held] == [(ETH, "1m", *node.bars.held[0][2:])]

    async def test_who_comes_before_the_bars_hears_the_first_price_when_there_is_one(self, tmp_path):
        async with hub(tmp_path, loaded=False) as node, node.socket() as client:
            await client.send(action="subscribe", symbol="BTCUSDT")
            assert (await client.subscribe("NOPE"))["code"] == "unknown_instrument"
            node.bars.loaded.add((BTC, "1m"))
            node.relay.attach()

            assert (await client.next())["symbol"] == "BTCUSDT"

    @pytest.mark.parametrize(
        ("sent", "code", "detail"),
        [
            ("{", "bad_request", "message must be one JSON object in UTF-8"),
            ("[]", "validation", "object"),
            ('{"x":' + "[" * 30_000, "bad_request", "nested"),
            ('{"action":"subscribe"}', "validation", "symbol"),
            ('{"action":"buy","symbol":"BTCUSDT"}', "validation", "buy"),
            ('{"action":"subscribe","symbol":"BTCUSDT","type":"orders"}', "validation", "orders"),
            ('{"action":"subscribe","symbol":7}', "validation", "str"),
            ('{"action":"subscribe","symbol":""}', "validation", "length"),
            ('{"action":"subscribe","symbol":"' + "A" * 65 + '"}', "validation", "length"),
            ('{"action":"subscribe","symbol":"\\u0000\\ud83d\\ude00"}', "unknown_instrument", "symbol"),
            ('{"action":"unsubscribe","symbol":"NOPE"}', "unknown_instrument", "NOPE"),
        ],
    )
    async def test_what_cannot_be_done_is_told_in_a_text(self, tmp_path, sent, code, detail):
        async with hub(tmp_path) as node, node.socket() as client:
            await client.ws.send_str(sent)
            told = await client.next()
            alive = await client.subscribe("BTCUSDT")

        assert set(told) == {"detail", "code"}
        assert told["code"] == code
        assert detail in told["detail"]
        assert alive["symbol"] == "BTCUSDT"


class TestConsumer:
    async def test_a_configured_one_hears_its_symbols_whatever_it_says(self, tmp_path):
        section = config(consumers={"desk": ("ETHUSDT", "eth-usdt")})
        async with hub(tmp_path, section) as node, node.socket("/ws/desk") as client:
            assert (await client.next())["symbol"] == "ETHUSDT"
            await client.ws.send_str("{")
            await client.ws.send_bytes(b"\x00\xff")
            await client.send(action="subscribe", symbol="BTCUSDT")
            node.tick(3_200_000)
            node.bars.growing[ETH, "1m"] = node.bars.closed[ETH, "1m"][-1]
            await client.ws.ping()
            node.relay.attach()
            assert node.hub.streams.find(f"price:{BTC}") is None

    async def test_another_one_hears_what_the_node_judges(self, tmp_path):
        async with hub(tmp_path) as node, node.socket("/ws/whoever-7") as client:
            assert {(await client.next())["symbol"] for _ in range(2)} == {"BTCUSDT", "ETHUSDT"}
        section = config(signals=(SignalConfig(instruments=(ETH,)),))
        async with hub(tmp_path / "two", section) as node, node.socket("/ws/x") as client:
            assert (await client.next())["symbol"] == "ETHUSDT"
            assert len(node.hub.streams) == 1

    def test_a_symbol_that_means_nothing_stops_the_start(self):
        section = config(consumers={"desk": ("NOPE",)})
        with pytest.raises(ConfigError, match=r"dialects\.magic8_consumers\.desk: no instrument"):
            configured_consumers(section, make_context(section).symbols)


class TestWhoMay:
    async def test_switched_off_there_is_nothing_and_our_own_is_where_it_was(self, tmp_path):
        async with hub(tmp_path, config(magic8=False)) as node:
            found = []
            for path in (MARKET_DATA, "/ws/desk"):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await node.http.ws_connect(f"http://127.0.0.1:{node.port}{path}")
                found.append(refused.value.status)
            async with node.http.ws_connect(f"http://127.0.0.1:{node.port}/ws") as ws:
                hello = json.loads(await ws.receive_str())

        assert (found, hello["type"]) == ([404, 404], "hello")

    async def test_with_users_a_token_opens_the_main_port_and_none_the_own(self, tmp_path):
        people = FakeIdentity()
        people.add("anna", frozenset({"viewer"}))
        async with hub(tmp_path, config(mode="local"), identity=people) as node:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await node.http.ws_connect(f"http://127.0.0.1:{node.port}{MARKET_DATA}")
            async with node.socket(headers={"Authorization": "Bearer anna"}) as anna:
                own = await anna.subscribe("BTCUSDT")
            async with node.socket(port=node.own_port) as client:
                theirs = await client.subscribe("BTCUSDT")

        assert (refused.value.status, own) == (401, theirs)

    async def test_a_session_that_ends_takes_its_sockets_along(self, tmp_path):
        people = FakeIdentity()
        people.add("anna", frozenset({"viewer"}), session_id="s-1")
        bearer = {"Authorization": "Bearer anna"}
        async with (
            hub(tmp_path, config(mode="local"), identity=people) as node,
            node.socket("/ws/desk", headers=bearer) as anna,
        ):
            await anna.next()
            node.view.seats.session_ended("anna", "s-1", "signed_out")
            assert await anna.end() == 4401

    @pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}], ids=str)
    async def test_pages_of_other_sites_open_none(self, tmp_path, headers):
        async with hub(tmp_path) as node:
            for port in (node.port, node.own_port):
                for path in (MARKET_DATA, "/ws/desk"):
                    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                        await node.http.ws_connect(f"http://127.0.0.1:{port}{path}", headers=headers)
                    assert refused.value.status == 403
            assert not node.hub.connections

    async def test_a_request_without_the_handshake_is_told_so(self, tmp_path):
        async with hub(tmp_path) as node:
            async with node.http.get(f"http://127.0.0.1:{node.own_port}{MARKET_DATA}") as answer:
                assert (answer.status, set(await answer.json())) == (400, {"detail", "code", "request_id"})
            async with node.http.get(f"http://127.0.0.1:{node.own_port}/ws") as answer:
                assert answer.status == 404


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


@asynccontextmanager
async def bare(node, path=MARKET_DATA):
    """Connect with a tiny receive buffer."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", node.port))
    reader, writer = await asyncio.open_connection(sock=own, limit=2_048)
    writer.write(
        b"GET %b HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % path.encode()
    )
    client = BareClient(reader, writer)
    client.head = await reader.readuntil(b"\r\n\r\n")
    try:
        yield client
    finally:
        writer.transport.abort()
