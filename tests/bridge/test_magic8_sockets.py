"""The data hub's WebSockets against the real server: flat prices, and who may open them."""

import json

import aiohttp
import pytest

from actors.bridge.dialects.magic8.consumers import configured_consumers
from config.errors import ConfigError
from config.signals import SignalConfig
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.fakes import BTC, ETH, bar_rows, make_context
from tests.bridge.magic8_world import MARKET_DATA, config, hub
from tests.bridge.socket_client import StandingClock


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

    async def test_it_goes_on_after_the_node_was_rebuilt_and_after_a_jump(self, tmp_path):
        async with hub(tmp_path) as node, node.socket() as client:
            await client.subscribe("BTCUSDT")
            node.relay.tear()
            node.relay.attach()
            node.tick(3_111_111)
            await client.price(31_111.11)
            node.bars.growing.clear()
            node.bars.put(BTC, "1m", bar_rows(1))
            node.hub.reset_all()
            told = await client.next()

        assert told["price"] == bar_rows(1)[0].close / 100

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

    async def test_who_comes_again_and_again_is_told_to_wait(self, tmp_path):
        section = config(mode="local", ws={"user_channels_burst": 2, "user_channels_per_s": 1})
        async with hub(tmp_path, section, identity=FakeIdentity(), clock=StandingClock()) as node:
            async with node.socket("/ws/x", port=node.own_port) as client:
                assert {(await client.next())["symbol"] for _ in range(2)} == {"BTCUSDT", "ETHUSDT"}
            async with node.socket("/ws/x", port=node.own_port) as client:
                assert (await client.next())["code"] == "rate_limited"
                assert await client.end() == 4429

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
