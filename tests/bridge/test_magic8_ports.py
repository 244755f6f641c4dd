"""The order predictor's own ports: its paths alone, without a token, for programs of this machine."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from structlog.testing import capture_logs

from actors.auth.services import listening_services, service_principal, with_services
from actors.bridge.access import ROUTES
from actors.bridge.dialects.magic8.own_ports import own_routes
from actors.bridge.server import Server, check_server
from config.auth import AuthSection
from config.errors import ConfigError
from config.load import load_config
from config.schema import DialectsSection, Magic8ListenersSection, NodeConfig, ServerSection
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.fakes import make_context, quiet_ticks
from tests.bridge.rest_client import listening, no_websocket, raw_answer
from tests.unit.order_models import ScreeningWorld, promote

FLAT = {"strategy": "Butterfly", "symbol": "BTCUSDT", "premium": 2, "predicted_price": 30_000}
PORTS = Magic8ListenersSection(predictor_port=0, hub_port=0)
REJECTED = b"HTTP/1.1 403"


def config(listeners=PORTS, *, mode="off", **server):
    return NodeConfig(
        auth=AuthSection(mode=mode),
        server=ServerSection(**({"port": 0} | server)),
        dialects=DialectsSection(magic8=True, magic8_listeners=listeners),
    )


def context(tmp_path, section=None, identity=None):
    world = ScreeningWorld(tmp_path)
    promote(world.registry, "m-1")
    section = section or config()
    known = with_services(identity or FakeIdentity(), {}, present=listening_services(section.dialects))
    ticks = quiet_ticks(world.bars, wait_s=0.01)
    identity = {} if section.auth.mode == "off" else {"identity": known}
    return make_context(section, bars=world.bars, screening=world.screener, ticks=ticks, **identity)


@asynccontextmanager
async def served(tmp_path, section=None):
    async with listening(context(tmp_path, section)) as server, aiohttp.ClientSession() as http:
        yield server, list(server.dialect_ports.values()), http


async def asked(http, port, method, path, **options):
    async with http.request(method, f"http://127.0.0.1:{port}{path}", **options) as answer:
        return answer.status, await answer.json()


def raw(method, path, body=b"", **headers):
    sent = {"Host": "localhost:8000", "Content-Length": str(len(body)), "Content-Type": "application/json"}
    lines = [f"{name}: {value}" for name, value in (sent | headers).items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


THERE = """
GET / · GET /health · POST /predict · POST /predict/batch · POST /calculate_risk_reward
GET /market/{symbol} · GET /market/{symbol}/bars · GET /vix · GET /option_chain/{symbol}
GET /api/market_data/{symbol}/quote · GET /api/market_data/{symbol}/bars · GET /api/options/{symbol}/chain
GET /api/health/detailed · GET /confidence/history/{symbol}/{strategy} · GET /confidence/trends
"""
"""Whoever puts another path on ports that need no token says so here."""


class TestWhatIsThere:
    def test_these_paths_and_no_others(self):
        assert set(own_routes()) == {one.strip() for line in THERE.splitlines() for one in line.split("·") if one}

    @pytest.mark.parametrize("mode", ["off", "local"])
    async def test_both_ports_serve_predictions_and_prices_without_a_token(self, tmp_path, mode):
        async with served(tmp_path, config(mode=mode)) as (_, ports, http):
            for port in ports:
                status, told = await asked(http, port, "POST", "/predict", json=FLAT)
                assert (status, told["prediction"]) == (200, "WIN")
                assert (await asked(http, port, "GET", "/market/btcusdt"))[0] == 200
                assert (await asked(http, port, "GET", "/", headers={"Accept": "text/html"}))[1]["status"] == "running"
            assert len(set(ports)) == 2

    async def test_nothing_else_of_the_api_is_there(self, tmp_path):
        others = [name for name in ROUTES if name not in own_routes() and not name.startswith("GET /ws/")]
        async with served(tmp_path) as (_, (port, _), _):
            found = {}
            for name in others:
                method, _, path = name.partition(" ")
                answer = await raw_answer(port, raw(method, path.replace("{", "").replace("}", "")))
                found[name] = int(answer.split(b" ")[1])

        assert len(others) > 100
        assert {name: status for name, status in found.items() if status not in {404, 405}} == {}

    async def test_whoever_sends_a_token_is_the_service_all_the_same(self, tmp_path):
        people = FakeIdentity()
        people.add("root", frozenset({"viewer", "trader", "admin"}))
        section = config(mode="local")
        with capture_logs() as logs:
            async with listening(context(tmp_path, section, people)) as server, aiohttp.ClientSession() as http:
                (port, _) = server.dialect_ports.values()
                headers = {"Authorization": "Bearer root"}
                status, _ = await asked(http, port, "POST", "/predict", json=FLAT, headers=headers)
                bad, _ = await asked(http, port, "GET", "/market/BTCUSDT", headers={"Authorization": "Bearer bad"})

        assert (status, bad) == (200, 200)
        assert {one["user_id"] for one in logs if one["event"] == "http_request"} == {"service-magic8"}

    def test_the_service_reads_and_nothing_more(self):
        service = service_principal("magic8")

        assert service.may("viewer")
        assert not service.may("viewer", need="trade")
        assert not any(service.may(role) for role in ("trader", "admin", "person"))

    async def test_bodies_and_requests_are_limited_as_elsewhere(self, tmp_path):
        section = config(max_body_bytes=1_000, user_rate_limit_per_min=3)
        async with served(tmp_path, section) as (_, (port, other), http):
            big, told = await asked(http, port, "POST", "/predict", json=FLAT | {"more": "x" * 2_000})
            found = [(await asked(http, one, "POST", "/predict", json=FLAT))[0] for one in (port, other, port, other)]

        assert (big, told["code"]) == (413, "too_large")
        assert found == [200, 200, 200, 429]


class TestBrowsers:
    """Without a token, these are what keeps the pages of other sites out."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example:8000"},
            {"Host": "localhost.evil.example"},
            {"Host": "desk.example"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "https://desk.example"},
            {"Origin": "http://localhost:8080"},
            {"Origin": "http://localhost.evil.example:8000"},
            {"Origin": "http://evil.example", "Content-Type": "text/plain"},
        ],
        ids=str,
    )
    async def test_foreign_names_and_pages_are_refused_even_those_of_the_main_port(self, tmp_path, headers):
        section = config(allowed_hosts=("desk.example",), allowed_origins=("https://desk.example",))
        async with served(tmp_path, section) as (_, (port, _), _):
            body = json.dumps(FLAT).encode()
            post = await raw_answer(port, raw("POST", "/predict", body, **headers))
            get = await raw_answer(port, raw("GET", "/market/BTCUSDT", **headers))

        assert (post[:12], get[:12]) == (REJECTED, REJECTED)
        assert b"Access-Control-Allow-Origin" not in post + get

    async def test_two_hosts_are_none(self, tmp_path):
        async with served(tmp_path) as (_, (port, _), _):
            answer = await raw_answer(port, b"GET /vix HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")

        assert answer.split(b" ")[1] == b"400"


class TestPorts:
    async def test_off_by_default(self, tmp_path):
        async with served(tmp_path, config(Magic8ListenersSection())) as (server, ports, _):
            assert (ports, len(server._runners)) == ([], 1)

    async def test_they_are_on_loopback_wherever_the_node_is(self, tmp_path):
        section = config(mode="local", host="0.0.0.0")
        async with served(tmp_path, section) as (server, _, _):
            addresses = [one for runner in server._runners for one in runner.addresses]

        assert [host for host, _ in addresses] == ["0.0.0.0", "127.0.0.1", "127.0.0.1"]

    async def test_one_that_is_taken_is_named_and_all_others_are_given_back(self, tmp_path):
        async with listening(context(tmp_path)) as first:
            taken = Magic8ListenersSection(predictor_port=0, hub_port=first.port)
            second = Server(context(tmp_path / "second", config(taken)), no_websocket)
            with pytest.raises(ConfigError, match=rf"magic8_listeners\.hub_port: port {first.port} on 127.* is taken"):
                await second.start()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", second.port)

    async def test_nobody_listens_after_the_stop(self, tmp_path):
        async with served(tmp_path) as (server, ports, _):
            pass
        await server.stop()

        for port in ports:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)

    @pytest.mark.parametrize(
        ("listeners", "server", "setting"),
        [
            ({"predictor_port": 8123}, {"port": 8123}, "predictor_port: expected another port than server.port"),
            ({"hub_port": 8123}, {"ws_port": 8123}, "hub_port: expected another port than server.ws_port"),
            ({"predictor_port": 8123, "hub_port": 8123}, {}, "hub_port: expected another port than dialects"),
        ],
    )
    def test_two_that_are_one_are_told_before_the_start(self, listeners, server, setting):
        section = config(Magic8ListenersSection(**listeners), **server)

        with pytest.raises(ConfigError, match=setting):
            check_server(section.server, section.auth, section.dialects)
        with pytest.raises(ConfigError, match=setting):
            Server(make_context(section), no_websocket)

    def test_ports_without_the_dialect_are_a_mistake(self, tmp_path):
        path = tmp_path / "node.toml"
        path.write_text("[dialects.magic8_listeners]\npredictor_port = 8000\n")

        with pytest.raises(ConfigError, match=r"dialects\.magic8_listeners: expected `magic8 = true`"):
            load_config(path, environ={})


class TestHealth:
    async def test_the_main_port_keeps_its_keys_and_has_theirs_beside(self, tmp_path):
        async with served(tmp_path) as (server, (port, _), http):
            _, told = await asked(http, server.port, "GET", "/health")
            _, own = await asked(http, port, "GET", "/health")

        assert (told["status"], own["status"]) == ("ok", "healthy")
        assert {"state", "version", "uptime_s", "degraded", "faults", "cache", "broken_plugins"} < told.keys()
        assert (told["model_loaded"], told["timestamp"][-1]) == (True, "Z")
        assert told["components"] == own["components"]
        assert (told["components"]["model"], told["components"]["features"]) == ("loaded", "27 features")
        assert (told["components"]["ib_connection"], told["components"]["source"]) == ("connected", "mock")

    async def test_what_is_not_well_is_said(self, tmp_path):
        made = make_context(config(), screening=ScreeningWorld(tmp_path).screener)
        made.host.feed, made.host.ill = "waiting", ["no feed"]
        async with listening(made) as server, aiohttp.ClientSession() as http:
            _, own = await asked(http, server.dialect_ports.popitem()[1], "GET", "/health")

        assert (own["status"], own["model_loaded"], own["degraded"]) == ("degraded", False, ["no feed"])
        assert (own["components"]["model"], own["components"]["features"]) == ("not_loaded", "not_loaded")
        assert own["components"]["ib_connection"] == "disconnected"

    async def test_without_the_dialect_nothing_is_added(self):
        plain = make_context(NodeConfig(server=ServerSection(port=0)))
        async with listening(plain) as server, aiohttp.ClientSession() as http:
            _, told = await asked(http, server.port, "GET", "/health")

        assert not {"timestamp", "model_loaded", "components"} & told.keys()
