"""Health, readiness, status, capabilities, metrics, the page and the contract, over a real socket."""

import json

import pytest

from actors.bridge.access import CHANNELS, OPERATIONS
from actors.bridge.server import build_app
from actors.clock import MarketClock
from actors.guard import Fault
from actors.market import INTERVALS
from config.errors import ConfigError
from config.schema import NodeConfig, ServerSection
from tests.bridge.fakes import START_NS, FakeHost, make_context
from tests.bridge.rest_client import no_websocket, raw_answer, serving


@pytest.mark.parametrize("path", ["/", "/docs", "/health", "/ready"])
async def test_a_page_or_a_probe_may_carry_parameters(path):
    async with serving(make_context()) as client:
        answered = await client.get(f"{path}?utm_source=mail")

    assert answered.status == 200


class TestHealth:
    async def test_a_node_that_is_well_is_ok(self):
        async with serving(make_context()) as client:
            answered = await client.get("/health")

        assert answered.json() | {"uptime_s": 0} == {
            "status": "ok",
            "state": "running",
            "version": "0.0.0",
            "uptime_s": 0,
            "degraded": [],
            "faults": [],
            "cache": {"store": "memory", "trouble": None, "entries": 0, "bytes": 0},
            "broken_plugins": {},
        }

    async def test_what_is_not_well_is_told_and_the_process_is_alive_all_the_same(self):
        host = FakeHost()
        host.ill, host.broken = ["feed stale for 20 s"], {"lstm": "ImportError: torch"}
        host.found = [Fault(component="signal", handler="on_closed_bar", error="ValueError: x")]
        async with serving(make_context(host=host)) as client:
            answered = await client.get("/health")

        assert answered.status == 200
        body = answered.json()
        assert (body["status"], body["degraded"], body["broken_plugins"]) == ("degraded", host.ill, host.broken)
        assert body["faults"] == [{"component": "signal", "handler": "on_closed_bar", "error": "ValueError: x"}]


class TestReady:
    async def test_a_ready_node_says_so(self):
        async with serving(make_context()) as client:
            answered = await client.get("/ready")

        assert (answered.status, answered.json()) == (200, {"status": "ready"})

    async def test_one_that_is_not_says_what_is_missing_and_when_to_ask_again(self):
        host = FakeHost()
        host.waiting = ["1 m window of BTC-USDT.SIM", "first tick"]
        async with serving(make_context(host=host)) as client:
            answered = await client.get("/ready")

        assert (answered.status, answered.code) == (503, "degraded")
        assert answered.json()["detail"] == "not ready: 1 m window of BTC-USDT.SIM; first tick"
        assert answered.headers["Retry-After"] == "1"


class TestStatus:
    async def test_it_tells_node_market_and_feed(self):
        clock = MarketClock()
        clock.advance(START_NS)
        async with serving(make_context(clock=clock)) as client:
            answered = await client.get("/api/v1/status")

        body = answered.json()
        assert (body["state"], body["ready"], body["feed"], body["market"]) == ("running", True, "live", "sim")
        assert body["market_time"] == START_NS // 1_000_000
        assert body["venues"] == {"SIM": "connected"}


class TestCapabilities:
    async def test_they_are_what_the_node_has(self):
        config = NodeConfig(server=ServerSection(user_rate_limit_per_min=77))
        async with serving(make_context(config)) as client:
            body = (await client.get("/api/v1/capabilities")).json()

        assert body["channels"] == sorted(CHANNELS)
        assert body["operations"] == sorted(OPERATIONS)
        assert body["intervals"] == list(INTERVALS)
        assert body["limits"]["user_rate_limit_per_min"] == 77
        assert "technical" in body["predictors"]
        assert body["signals"][0]["instruments"] == ["BTC-USDT.SIM", "ETH-USDT.SIM"]


def with_token(monkeypatch) -> NodeConfig:
    monkeypatch.setenv("METRICS_TOKEN", "let-me-in")
    return NodeConfig(server=ServerSection(metrics_token_env="METRICS_TOKEN", trusted_proxies=("127.0.0.1",)))


class TestMetrics:
    async def test_requests_are_counted_by_route_and_status_not_by_path(self):
        async with serving(make_context()) as client:
            await client.get("/api/v1/instruments/NOPE-COUNTED.SIM")
            text = (await client.get("/metrics")).body.decode()

        line = 'whisperer_http_requests_total{route="GET /api/v1/instruments/{instrument_id}",status="404"}'
        assert line in text
        assert 'whisperer_http_request_seconds_count{route="GET /api/v1/instruments/{instrument_id}"}' in text
        assert "process_resident_memory_bytes" in text
        assert "COUNTED" not in text

    async def test_another_machine_needs_the_token(self, monkeypatch):
        far = {"X-Forwarded-For": "203.0.113.5"}
        async with serving(make_context(with_token(monkeypatch))) as client:
            without = await client.get("/metrics", headers=far)
            wrong = await client.get("/metrics", headers=far | {"Authorization": "Bearer let-me-i"})
            right = await client.get("/metrics", headers=far | {"Authorization": "Bearer let-me-in"})
            near = await client.get("/metrics")

        assert [one.status for one in (without, wrong, right, near)] == [401, 401, 200, 200]
        assert without.code == "unauthorized"

    async def test_without_a_configured_token_no_token_opens_it(self):
        config = NodeConfig(server=ServerSection(trusted_proxies=("127.0.0.1",)))
        headers = {"X-Forwarded-For": "203.0.113.5", "Authorization": "Bearer "}
        async with serving(make_context(config)) as client:
            answered = await client.get("/metrics", headers=headers)

        assert answered.status == 401

    async def test_what_somebody_forwards_is_not_from_this_machine(self):
        async with serving(make_context()) as client:
            answered = await client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})

        assert answered.status == 401

    def test_a_token_variable_that_is_not_set_stops_the_start(self, monkeypatch):
        monkeypatch.delenv("METRICS_TOKEN", raising=False)
        config = NodeConfig(server=ServerSection(metrics_token_env="METRICS_TOKEN"))

        with pytest.raises(ConfigError, match=r"server\.metrics_token_env names METRICS_TOKEN, which is not set"):
            build_app(make_context(config), no_websocket)


class TestContract:
    async def test_it_is_served_once(self):
        async with serving(make_context()) as client:
            first = await client.get("/openapi.json")
            again = await client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

        assert json.loads(first.body)["openapi"] == "3.1.0"
        assert again.status == 304


@pytest.fixture
def page_dir(tmp_path):
    (tmp_path / "page" / "assets").mkdir(parents=True)
    (tmp_path / "page" / "index.html").write_text("<title>Whisperer</title>")
    (tmp_path / "page" / "logo.svg").write_text("<svg/>")
    (tmp_path / "page" / "assets" / "index-BxC4_z1.js").write_text("export {}")
    (tmp_path / "page" / ".env").write_text("SECRET")
    (tmp_path / "secret.txt").write_text("SECRET")
    (tmp_path / "page" / "link.txt").symlink_to(tmp_path / "secret.txt")
    return tmp_path / "page"


class TestPage:
    async def test_the_page_is_asked_for_each_time_and_may_run_only_its_own(self, page_dir):
        async with serving(make_context(page_dir=page_dir)) as client:
            answered = await client.get("/")

        assert (answered.status, answered.media_type) == (200, "text/html")
        assert b"Whisperer" in answered.body
        assert answered.headers["Cache-Control"] == "no-cache"
        policy = answered.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy

    async def test_files_named_by_their_contents_are_kept_for_ever(self, page_dir):
        async with serving(make_context(page_dir=page_dir)) as client:
            hashed = await client.get("/assets/index-BxC4_z1.js")
            plain = await client.get("/logo.svg")

        assert (hashed.media_type, plain.media_type) == ("text/javascript", "image/svg+xml")
        assert "immutable" in hashed.headers["Cache-Control"]
        assert plain.headers["Cache-Control"] == "no-cache"

    @pytest.mark.parametrize("path", ["/", "/logo.svg"])
    @pytest.mark.parametrize("asked", ["bytes=6000-", "bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-"])
    async def test_a_part_that_a_file_does_not_have_is_a_416_with_its_size(self, page_dir, path, asked):
        async with serving(make_context(page_dir=page_dir)) as client:
            whole = await client.get(path)
            answered = await client.get(path, headers={"Range": asked})

        assert (answered.status, answered.code) == (416, "bad_request")
        assert answered.headers["Content-Range"] == f"bytes */{len(whole.body)}"

    @pytest.mark.parametrize(
        ("headers", "status", "body"),
        [
            ({"Range": "bytes=1-3"}, 206, b"svg"),
            ({"Range": "bytes=-2"}, 206, b"/>"),
            ({"Range": "bytes=-600"}, 206, b"<svg/>"),
            ({"Range": "bytes=600-", "If-Range": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200, b"<svg/>"),
        ],
    )
    async def test_a_part_that_it_has_is_sent(self, page_dir, headers, status, body):
        async with serving(make_context(page_dir=page_dir)) as client:
            answered = await client.get("/logo.svg", headers=headers)

        assert (answered.status, answered.body) == (status, body)

    async def test_docs_are_their_own_page_or_the_page_itself(self, page_dir):
        async with serving(make_context(page_dir=page_dir)) as client:
            before = await client.get("/docs")
            (page_dir / "docs.html").write_text("<title>API</title>")
            after = await client.get("/docs")

        assert (before.body, after.body) == (b"<title>Whisperer</title>", b"<title>API</title>")

    @pytest.mark.parametrize(
        "path",
        [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/assets/../../secret.txt",
            "/assets%2f..%2f..%2fsecret.txt",
            "/..%5csecret.txt",
            "/link.txt",
            "/.env",
            "/%00index.html",
            "/index.html%00.js",
            "/assets",
            "/assets/",
            "//etc/passwd",
            "/" + "a" * 4_000,
            "/" + "a/" * 2_000,
        ],
    )
    async def test_nothing_but_the_page_leaves_its_folder(self, page_dir, path):
        async with serving(make_context(page_dir=page_dir)) as client:
            answer = await raw_answer(client.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 404")
        assert json.loads(body)["code"] == "not_found"

    async def test_before_the_build_there_is_a_hint(self, tmp_path):
        async with serving(make_context(page_dir=tmp_path / "none")) as client:
            answered = await client.get("/")

        assert b"make setup" in answered.body
        assert answered.media_type == "text/html"
