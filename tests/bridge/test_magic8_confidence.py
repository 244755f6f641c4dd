"""How sure the predictor was: history, trends and pushes, each caller's own."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest

from actors.auth.services import listening_services, with_services
from actors.bridge.dialects.magic8.confidences import Confidence
from actors.bridge.hub import Hub
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from actors.clock import MarketClock
from actors.market import MINUTE_NS
from actors.screening.candidate import Candidate
from config.auth import AuthSection
from config.schema import DialectsSection, Magic8ListenersSection, NodeConfig, NodeSection, ServerSection
from node.sockets import dialect_sockets
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.fakes import BTC, ETH, make_context
from tests.contract_check import check_answer
from tests.unit.order_models import LOSING, WINNING, ScreeningWorld, promote

FLAT = {"strategy": "Iron_Condor", "symbol": "BTCUSDT", "premium": 2, "predicted_price": 30_000}
HISTORY = "/confidence/history/btcusdt/IronCondor"
ANNA, BERT = {"Authorization": "Bearer anna"}, {"Authorization": "Bearer bert"}


class Source:
    """A source of orders that the test plays."""

    trouble = None

    def __init__(self):
        self.newest = []

    def verdicts(self, limit):
        return self.newest[:limit]


class Desk:
    """A served predictor."""

    def __init__(self, world, clock, server, http, hub, confidences):
        self.world, self.clock, self.server, self.http, self.hub = world, clock, server, http, hub
        self.confidences = confidences

    def advance(self, minutes):
        self.world.now_ns += minutes * MINUTE_NS
        self.clock.advance(self.world.now_ns)

    async def ask(self, method, path, body=None, headers=None, port=None):
        url = f"http://127.0.0.1:{port or self.server.port}{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            raw = await answer.read()
            check_answer(method, path, answer.status, answer.headers, raw)
            return answer.status, json.loads(raw)

    async def predict(self, premium=2, headers=None, port=None, **fields):
        await self.ask("POST", "/predict", FLAT | {"premium": premium} | fields, headers, port)

    async def told(self, path=HISTORY, headers=None):
        status, told = await self.ask("GET", path, headers=headers)
        assert status == 200, told
        return told

    @asynccontextmanager
    async def socket(self, headers=None, port=None):
        url = f"http://127.0.0.1:{port or self.server.port}/ws/confidence"
        async with self.http.ws_connect(url, headers=headers) as ws, asyncio.timeout(30.0):
            yield ws


async def subscribed(ws, *symbols, action="subscribe"):
    """Subscribe, and wait until that has been read."""
    await ws.send_json({"action": action, "symbols": symbols})
    await ws.send_json({"action": "subscribe", "symbols": ["NOPE"]})
    assert (await ws.receive_json())["code"] == "unknown_instrument"


@asynccontextmanager
async def desk(tmp_path, *, mode="off", source=None, model="m-1"):
    world, clock, people = ScreeningWorld(tmp_path), MarketClock(), FakeIdentity()
    promote(world.registry, model)
    clock.advance(world.now_ns)
    config = NodeConfig(
        node=NodeSection(state_dir=str(tmp_path)),
        auth=AuthSection(mode=mode),
        server=ServerSection(port=0),
        dialects=DialectsSection(magic8=True, magic8_listeners=Magic8ListenersSection(predictor_port=0)),
    )
    known = {}
    if mode != "off":
        people.add("anna", frozenset({"viewer"}))
        people.add("bert", frozenset({"viewer"}))
        known["identity"] = with_services(people, {}, present=listening_services(config.dialects))
    context = make_context(
        config, bars=world.bars, screening=world.screener, clock=clock, screened_orders=source, **known
    )
    hub = Hub(context)
    view = WebSocketView(hub, context, closing_s=0.3)
    server = Server(context, view.handle, sockets=dialect_sockets(view, hub, context))
    await server.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Desk(world, clock, server, http, hub, context.confidences)
        await view.stop(in_ms=0)
    finally:
        await server.stop()


class TestHistory:
    async def test_what_was_predicted_oldest_first_and_no_older_than_asked(self, tmp_path):
        async with desk(tmp_path) as node:
            await node.predict()
            node.advance(90)
            await node.predict(premium=900)
            await node.ask("POST", "/predict/batch", {"requests": [FLAT, FLAT | {"symbol": "NOPE"}, {"bad": 1}]})
            await node.ask("POST", "/predict", {"orders": [FLAT | {"id": "a"}]})
            await node.predict(strategy="Sonar")
            day, hour = await node.told(), await node.told(f"{HISTORY}?hours=1.5")
            short = await node.told(f"{HISTORY}?hours=0.5")

        probabilities = [round(one["win_probability"], 6) for one in day["history"]]
        assert probabilities == [WINNING, LOSING, WINNING, WINNING]
        assert (day["symbol"], day["strategy"], day["count"], day["complete"]) == ("BTCUSDT", "Iron Condor", 4, True)
        assert (hour["count"], short["count"]) == (4, 3)
        first = day["history"][0]
        assert (first["prediction"], first["recommendation"], first["threshold"]) == ("WIN", "EXECUTE", 0.5)
        assert first["confidence"] == pytest.approx(2 * WINNING - 1, abs=1e-5)
        assert first["timestamp"] == "2023-11-14T23:44:00.000Z"
        assert day["mean_win_probability"] == pytest.approx((3 * WINNING + LOSING) / 4, abs=1e-5)

    async def test_of_nothing_there_is_no_mean(self, tmp_path):
        async with desk(tmp_path) as node:
            told = await node.told()

        assert (told["count"], told["mean_confidence"], told["complete"]) == (0, None, True)

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/confidence/history/NOPE/Sonar", 404),
            ("/confidence/history/BTCUSDT/Strangle", 404),
            (f"{HISTORY}?hours=0", 422),
            (f"{HISTORY}?hours=nan", 422),
            (f"{HISTORY}?hours=1e9", 422),
            (f"{HISTORY}?day=1", 422),
            ("/confidence/trends?symbols=NOPE", 404),
            ("/confidence/trends?strategies=Sonar,Strangle", 404),
            ("/confidence/trends?window=1441", 422),
        ],
    )
    async def test_what_cannot_be_asked(self, tmp_path, path, status):
        async with desk(tmp_path) as node:
            found, told = await node.ask("GET", path)

        assert found == status
        assert told["detail"]

    async def test_orders_of_the_source_are_everybody_s_and_all_others_the_caller_s(self, tmp_path):
        source = Source()
        async with desk(tmp_path, mode="local", source=source) as node:
            source.newest = await node.world.screener.screen([order("BTCUSDT"), order("NOPE")])
            node.advance(1)
            await node.predict(headers=ANNA)
            own = next(iter(node.server.dialect_ports.values()))
            await node.predict(port=own)
            counts = [(await node.told(headers=one))["count"] for one in (ANNA, BERT)]
            service = (await node.ask("GET", HISTORY, port=own))[1]["count"]
            trends = (await node.told("/confidence/trends", headers=BERT))["trends"]

        assert (counts, service, [one["count"] for one in trends]) == ([2, 1], 2, [1])


class TestTrends:
    async def test_the_second_half_of_the_window_against_the_first(self, tmp_path):
        async with desk(tmp_path) as node:
            for strategy in ("Butterfly", "Sonar"):
                await node.predict(strategy=strategy)
            node.advance(40)
            await node.predict(strategy="Butterfly", premium=900)
            await node.predict(strategy="Vertical")
            every = await node.told("/confidence/trends")
            some = await node.told("/confidence/trends?symbols=BTC-USDT,ETHUSDT&strategies=sonar,%20Vertical&window=50")
            none = await node.told("/confidence/trends?symbols=ETHUSDT")

        assert [(one["strategy"], one["count"], one["trend"]) for one in every["trends"]] == [
            ("Butterfly", 2, "steady"),
            ("Sonar", 1, "unknown"),
            ("Vertical", 1, "unknown"),
        ]
        assert every["trends"][0]["change"] == pytest.approx(0.0, abs=1e-6)
        assert (every["window"], every["complete"]) == (60, True)
        assert {one["strategy"] for one in some["trends"]} == {"Sonar", "Vertical"}
        assert none["trends"] == []

    @pytest.mark.parametrize(("after", "trend"), [(0.95, "rising"), (0.55, "falling"), (0.795, "steady")])
    async def test_the_word_for_a_change(self, tmp_path, after, trend):
        async with desk(tmp_path) as node:
            now_ms = node.clock.now_ms
            node.confidences.keep("", [row(now_ms - 50 * 60_000, 0.8), row(now_ms, after)])
            [told] = (await node.told("/confidence/trends"))["trends"]

        assert (told["trend"], told["change"]) == (trend, pytest.approx(2 * (after - 0.8)))


class TestPushes:
    async def test_each_new_prediction_of_the_symbols_asked_for(self, tmp_path):
        async with desk(tmp_path) as node, node.socket() as ws:
            await subscribed(ws, "BTC-USDT", "btcusdt")
            await node.predict()
            told = await ws.receive_json()
            await subscribed(ws, "BTCUSDT", action="unsubscribe")
            await node.predict()
            await subscribed(ws, "ETHUSDT")

        assert (told["symbol"], told["strategy"], told["prediction"]) == ("BTCUSDT", "Iron Condor", "WIN")
        assert told["win_probability"] == pytest.approx(WINNING, abs=1e-5)
        assert "premium" not in told

    async def test_nobody_hears_what_another_was_told(self, tmp_path):
        async with desk(tmp_path, mode="local") as node:
            own = next(iter(node.server.dialect_ports.values()))
            async with node.socket(ANNA) as anna, node.socket(BERT) as bert, node.socket(port=own) as service:
                for ws in (anna, bert, service):
                    await subscribed(ws, "BTCUSDT")
                await node.predict(headers=BERT)
                await node.predict(premium=900, headers=ANNA)
                await node.predict(premium=900, port=own)
                heard = [(await ws.receive_json())["prediction"] for ws in (anna, bert, service)]
                for ws in (anna, bert, service):
                    await subscribed(ws, "ETHUSDT")

        assert heard == ["LOSS", "WIN", "LOSS"]

    async def test_orders_of_the_source_come_to_everybody_once(self, tmp_path):
        source = Source()
        async with desk(tmp_path, mode="local", source=source) as node, node.socket(BERT) as bert:
            source.newest = await node.world.screener.screen([order("BTCUSDT")])
            await subscribed(bert, "BTCUSDT", "ETHUSDT")
            fresh = await node.world.screener.screen([order("BTCUSDT", 900.0), order("NOPE"), order("BTCUSDT")])
            source.newest = [*reversed(fresh), *source.newest]
            for _ in range(2):
                node.hub.touch(node.hub.streams.find(f"confidence:source:{BTC}"))
                node.hub.touch(node.hub.streams.find(f"confidence:source:{ETH}"))
            heard = [(await bert.receive_json())["prediction"] for _ in range(2)]
            await subscribed(bert, "ETHUSDT")

        assert heard == ["LOSS", "WIN"]

    async def test_too_many_symbols_are_refused_whole(self, tmp_path):
        async with desk(tmp_path) as node, node.socket() as ws:
            for symbols in ([], ["BTCUSDT"] * 129, ["BTCUSDT", "NOPE"], "BTCUSDT"):
                await ws.send_json({"action": "subscribe", "symbols": symbols})
                assert (await ws.receive_json())["code"] in {"validation", "unknown_instrument"}
            assert not node.hub.streams


class TestMemory:
    async def test_a_node_without_users_goes_on_where_it_was(self, tmp_path):
        async with desk(tmp_path) as node:
            await node.predict()
            assert len(node.world.lines()) == 1
        async with desk(tmp_path, model="m-2") as node:
            told = await node.told()
            assert (told["count"], told["complete"]) == (1, True)
        async with desk(tmp_path, mode="local", model="m-3") as node:
            told = await node.told(headers=ANNA)
            assert (told["count"], told["complete"]) == (0, False)
            node.advance(120)
            assert (await node.told(f"{HISTORY}?hours=1", headers=ANNA))["complete"] is True


def order(symbol, premium=2.0):
    return Candidate(order_id="o", symbol=symbol, strategy="Iron Condor", premium=premium)


def row(ts_ms, probability):
    return Confidence(ts_ms, BTC, "Sonar", probability, 0.5, "SKIP")
