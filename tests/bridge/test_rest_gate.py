"""What every request meets before its route: ids, hosts, origins, limits, roles, errors."""

import json
from typing import override

import pytest
import structlog
from msgspec import Struct
from structlog.testing import capture_logs

from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.bridge.rest.traffic import SOCKETS, STRANGERS_BURST, lines_of_strangers, note
from actors.bridge.server import build_app
from config.errors import ConfigError, ForbiddenError, NodeError
from config.schema import NodeConfig, ServerSection
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import no_websocket, raw_answer, serving

STATUS = "/api/v1/status"


class Ticket(Struct, forbid_unknown_fields=True):
    quantity: str
    note: object = None


class Echo(Route[NoQuery]):
    """Give a body back."""

    body = Ticket
    reply = Ticket

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(call.body, status=201)


class Broken(Route[NoQuery]):
    """Fail."""

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        raise RuntimeError("the secret is a-plain-secret")


def with_server(**server) -> NodeConfig:
    return NodeConfig(server=ServerSection(**server))


def every_route(**more: type[Route]) -> dict[str, type[Route]]:
    return {name: routes.get(name) for name in routes} | {"POST /api/v1/echo": Echo, "GET /api/v1/broken": Broken}


def table() -> dict[str, str]:
    return dict.fromkeys([*every_route(), *SOCKETS], "viewer") | {"GET /health": "public", "GET /ready": "public"}


def serving_more(config: NodeConfig | None = None, *, identity: FakeIdentity | None = None, **options):
    return serving(make_context(config, identity=identity), kinds=every_route(), table=table(), **options)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class TestRequestId:
    async def test_a_good_one_is_kept(self):
        async with serving(make_context()) as client:
            answered = await client.get(STATUS, headers={"X-Request-ID": "desk-7_a"})

        assert answered.headers["X-Request-ID"] == "desk-7_a"

    @pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "a;b", '{"a":1}'])
    async def test_any_other_is_replaced(self, given):
        async with serving(make_context()) as client:
            answered = await client.get(STATUS, headers={"X-Request-ID": given})

        assert len(answered.headers["X-Request-ID"]) == 32

    async def test_it_is_the_trace_id_of_the_log_and_in_the_problem(self):
        async with serving_more() as client:
            with capture_logs([structlog.contextvars.merge_contextvars]) as logs:
                answered = await client.get("/api/v1/broken", headers={"X-Request-ID": "t-1"})

        assert answered.json()["request_id"] == "t-1"
        assert {(one["event"], one["trace_id"]) for one in logs} == {("request_failed", "t-1"), ("http_request", "t-1")}


class TestAccessLog:
    async def test_a_request_is_one_event_without_its_query(self):
        async with serving(make_context()) as client:
            with capture_logs() as logs:
                await client.get("/api/v1/instruments/SECRET.SIM?token=SECRET", headers={"X-Forwarded-For": "SECRET"})

        (event,) = logs
        assert event | {"ms": 0} == {
            "event": "http_request",
            "log_level": "info",
            "method": "GET",
            "route": "GET /api/v1/instruments/{instrument_id}",
            "status": 422,
            "ms": 0,
            "peer": "127.0.0.1",
            "user_id": "local",
        }

    def test_a_flood_of_strangers_fills_no_disk(self):
        lines = lines_of_strangers(lambda: 0.0)
        answer = {"method": "GET", "route": STATUS, "seconds": 0.0, "peer": "192.0.2.1", "lines": lines}
        with capture_logs() as logs:
            for _ in range(int(STRANGERS_BURST) + 50):
                note(**answer, status=401, user_id=None)
                note(**answer, status=429, user_id="anna")
            note(**answer, status=200, user_id="anna")

        assert len(logs) == STRANGERS_BURST + 1
        assert (logs[-1]["user_id"], logs[-1]["status"]) == ("anna", 200)

    async def test_a_path_without_a_route_is_not_repeated(self):
        async with serving(make_context()) as client:
            with capture_logs() as logs:
                await client.get("/api/v1/%0d%0aINJECTED?token=SECRET")

        assert "INJECTED" not in str(logs)
        assert logs[0]["route"] == "unknown"


class TestErrors:
    async def test_an_exception_is_a_bare_500_and_logged_with_its_traceback(self):
        async with serving_more() as client:
            with capture_logs() as logs:
                answered = await client.get("/api/v1/broken")

        assert (answered.status, answered.code) == (500, "internal")
        assert b"secret" not in answered.body
        assert logs[0]["exc_info"] is True

    @pytest.mark.parametrize("path", ["/nope", "/api/v1/nope", "/api/v1/bars/", "/API/V1/BARS", "/api//v1/status"])
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    async def test_an_unknown_path_is_a_404(self, path, method):
        async with serving(make_context()) as client:
            answered = await client.ask(method, path)

        assert (answered.status, answered.code) == (404, "not_found")

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
    async def test_another_method_is_a_405_that_names_the_right_ones(self, method):
        async with serving(make_context()) as client:
            answered = await client.ask(method, STATUS)

        assert (answered.status, answered.code) == (405, "method_not_allowed")
        assert answered.headers["Allow"] == "GET,HEAD"

    async def test_head_is_get_without_its_body(self):
        async with serving(make_context()) as client:
            answered = await client.ask("HEAD", STATUS)

        assert (answered.status, answered.body) == (200, b"")
        assert int(answered.headers["Content-Length"]) > 0

    async def test_an_expectation_nobody_knows_is_passed_over(self):
        async with serving(make_context()) as client:
            answered = await client.get(STATUS, headers={"Expect": "a-miracle"})

        assert answered.status == 200


class TestBodies:
    async def test_json_reaches_the_route(self):
        async with serving_more() as client:
            answered = await client.ask("POST", "/api/v1/echo", json={"quantity": "1.5"})

        assert (answered.status, answered.json()) == (201, {"quantity": "1.5", "note": None})

    @pytest.mark.parametrize(
        ("body", "headers", "status", "code"),
        [
            (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
            (b"\x1f\x8bnot gzip", {"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
            (b"", {}, 400, "bad_request"),
            (b"{", {}, 400, "bad_request"),
            (b'{"quantity":"1","note":' + b"[" * 50_000, {}, 400, "bad_request"),
            (b"\xff", {}, 400, "bad_request"),
            (b'{"quantity":NaN}', {}, 400, "bad_request"),
            (b'{"quantity":1}', {}, 422, "validation"),
            (b'{"quantity":"1","more":1}', {}, 422, "validation"),
            (b'{"quantity":"' + b"1" * 200_000 + b'"}', {}, 413, "too_large"),
        ],
    )
    async def test_a_bad_one_gets_its_code(self, body, headers, status, code):
        async with serving_more(with_server(max_body_bytes=100_000)) as client:
            sent = {"Content-Type": "application/json", **headers}
            answered = await client.ask("POST", "/api/v1/echo", data=body, headers=sent)

        assert (answered.status, answered.code) == (status, code)

    async def test_a_body_without_an_announced_length_is_measured_while_it_comes(self):
        async def pieces():
            for _ in range(20):
                yield b"x" * 10_000

        async with serving_more(with_server(max_body_bytes=100_000)) as client:
            headers = {"Content-Type": "application/json"}
            answered = await client.ask("POST", "/api/v1/echo", data=pieces(), headers=headers)

        assert (answered.status, answered.code) == (413, "too_large")

    async def test_a_large_body_where_none_belongs_is_refused_too(self):
        async with serving(make_context(with_server(max_body_bytes=1_000))) as client:
            answered = await client.ask("GET", STATUS, data=b"x" * 2_000)

        assert (answered.status, answered.code) == (413, "too_large")

    async def test_a_sender_that_waits_is_told_to_go_on(self):
        async with serving_more() as client:
            answered = await client.ask("POST", "/api/v1/echo", json={"quantity": "1"}, expect100=True)

        assert answered.status == 201


class TestSites:
    @pytest.mark.parametrize("path", [STATUS, "/health", "/", "/ws", "/nope"])
    async def test_a_page_of_another_site_gets_nothing(self, path):
        async with serving(make_context()) as client:
            answered = await client.get(path, headers={"Origin": "https://evil.example"})

        assert (answered.status, answered.code) == (403, "bad_origin")
        assert "Access-Control-Allow-Origin" not in answered.headers

    async def test_a_foreign_host_gets_nothing(self):
        async with serving(make_context()) as client:
            answered = await client.get(STATUS, headers={"Host": "evil.example"})

        assert (answered.status, answered.code) == (403, "bad_origin")

    async def test_the_own_page_and_a_configured_one_may_read(self):
        async with serving(make_context(with_server(allowed_origins=("https://desk.example",)))) as client:
            for origin in ("https://desk.example", f"http://127.0.0.1:{client.port}"):
                answered = await client.get(STATUS, headers={"Origin": origin})

                assert answered.headers["Access-Control-Allow-Origin"] == origin
                assert "X-Request-ID" in answered.headers["Access-Control-Expose-Headers"]
                assert answered.headers["Vary"] == "Origin"

    async def test_it_may_read_errors_too(self):
        async with serving(make_context(with_server(allowed_origins=("https://desk.example",)))) as client:
            answered = await client.get("/api/v1/nope", headers={"Origin": "https://desk.example"})

        assert answered.headers["Access-Control-Allow-Origin"] == "https://desk.example"

    async def test_a_preflight_is_answered_for_a_path_that_exists(self):
        config = with_server(allowed_origins=("https://desk.example",))
        headers = {"Origin": "https://desk.example", "Access-Control-Request-Method": "GET"}
        async with serving(make_context(config)) as client:
            known = await client.ask("OPTIONS", STATUS, headers=headers)
            unknown = await client.ask("OPTIONS", "/api/v1/nope", headers=headers)

        assert (known.status, unknown.status) == (204, 404)
        assert known.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
        assert "Authorization" in known.headers["Access-Control-Allow-Headers"]

    async def test_a_program_needs_no_origin(self):
        async with serving(make_context()) as client:
            answered = await client.get(STATUS)

        assert answered.status == 200
        assert "Access-Control-Allow-Origin" not in answered.headers

    async def test_safe_headers_are_on_everything(self):
        async with serving(make_context()) as client:
            for path in (STATUS, "/", "/nope"):
                answered = await client.get(path)

                assert answered.headers["X-Content-Type-Options"] == "nosniff"
                assert answered.headers["Referrer-Policy"] == "no-referrer"


class TestLimits:
    async def test_the_local_principal_has_the_budget_of_a_user(self):
        clock = Clock()
        async with serving(make_context(with_server(user_rate_limit_per_min=3)), monotonic=clock) as client:
            answers = [await client.get(STATUS) for _ in range(4)]
            clock.now += 20.0
            later = await client.get(STATUS)

        assert [one.status for one in answers] == [200, 200, 200, 429]
        assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
        assert (answers[3].code, answers[3].headers["Retry-After"]) == ("rate_limited", "20")
        assert answers[0].headers["X-RateLimit-Limit"] == "3"
        assert answers[0].headers["X-RateLimit-Reset"] == "20"
        assert later.status == 200

    async def test_callers_without_a_token_are_told_apart_by_address(self):
        config = with_server(rate_limit_per_min=1, trusted_proxies=("127.0.0.1",))
        anonymous = dict.fromkeys(table(), "public")
        async with serving(
            make_context(config, identity=FakeIdentity()),
            kinds=every_route(),
            table=anonymous,
            monotonic=Clock(),
        ) as client:
            statuses = [
                (await client.get(STATUS, headers={"X-Forwarded-For": address})).status
                for address in ("203.0.113.1", "203.0.113.1", "203.0.113.2")
            ]

        assert statuses == [200, 429, 200]

    async def test_a_forged_header_buys_no_second_budget(self):
        config = with_server(user_rate_limit_per_min=9, rate_limit_per_min=1)
        anonymous = dict.fromkeys(table(), "public")
        async with serving(
            make_context(config, identity=FakeIdentity()), kinds=every_route(), table=anonymous, monotonic=Clock()
        ) as client:
            statuses = [
                (await client.get(STATUS, headers={"X-Forwarded-For": f"203.0.113.{n}"})).status for n in range(3)
            ]

        assert statuses == [200, 429, 429]

    async def test_a_proxy_that_adds_a_line_of_its_own_is_read_to_its_end(self):
        config = with_server(rate_limit_per_min=1, trusted_proxies=("127.0.0.1",))
        anonymous = dict.fromkeys(table(), "public")
        async with serving(
            make_context(config, identity=FakeIdentity()), kinds=every_route(), table=anonymous, monotonic=Clock()
        ) as client:
            statuses = []
            for n in range(2):
                lines = f"X-Forwarded-For: 198.51.100.{n}\r\nX-Forwarded-For: 203.0.113.5\r\n"
                asked = f"GET {STATUS} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"
                statuses.append((await raw_answer(client.port, asked.encode())).split(b" ")[1])

        assert statuses == [b"200", b"429"]

    async def test_health_and_the_page_cost_nothing_but_unknown_paths_do(self):
        config = with_server(user_rate_limit_per_min=1)
        async with serving(make_context(config), monotonic=Clock()) as client:
            free = [(await client.get(path)).status for path in ("/health", "/ready", "/", "/docs", "/metrics") * 3]
            counted = [(await client.get("/nope")).status for _ in range(2)]

        assert set(free) == {200}
        assert counted == [404, 429]


class TestRoles:
    async def test_nobody_known_is_asked_for_a_token(self):
        async with serving_more(identity=FakeIdentity()) as client:
            answered = await client.get(STATUS)
            public = await client.get("/health")

        assert (answered.status, answered.code) == (401, "unauthorized")
        assert answered.headers["WWW-Authenticate"] == "Bearer"
        assert public.status == 200

    async def test_a_token_that_opens_nothing_is_refused_but_nobody_on_a_public_route(self):
        async with serving_more(identity=FakeIdentity()) as client:
            answered = await client.get(STATUS, headers=bearer("nonsense"))
            public = await client.get("/health", headers=bearer("nonsense"))

        assert (answered.status, answered.code) == (401, "unauthorized")
        assert answered.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert public.status == 200

    async def test_a_role_that_is_not_held_is_forbidden(self):
        identity = FakeIdentity()
        identity.add("anna", ())
        async with serving_more(identity=identity) as client:
            answered = await client.get(STATUS, headers=bearer("anna"))

        assert (answered.status, answered.code) == (403, ForbiddenError.code)

    def test_a_route_without_a_row_stops_the_start(self):
        with pytest.raises(ConfigError, match="GET /api/v1/broken"):
            build_app(make_context(), no_websocket, kinds=every_route())

    def test_a_row_without_a_route_stops_the_start(self):
        with pytest.raises(ConfigError, match="GET /api/v1/gone"):
            build_app(make_context(), no_websocket, kinds=every_route(), table=table() | {"GET /api/v1/gone": "viewer"})


class TestWebSocketView:
    async def test_a_refusal_before_the_upgrade_is_a_problem(self):
        async def view(request):
            raise NodeError("no")

        async with serving(make_context(), view) as client:
            answered = await client.get("/ws")

        assert (answered.status, answered.code) == (500, "internal")

    async def test_an_exception_after_the_upgrade_writes_no_http_into_the_stream(self):
        from aiohttp import web

        async def view(request):
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            raise RuntimeError("boom")

        async with serving(make_context(), view) as client:
            with capture_logs() as logs:
                stream = await raw_answer(
                    client.port,
                    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                )

        assert stream.startswith(b"HTTP/1.1 101")
        assert stream.count(b"HTTP/1.1") == 1
        assert [one["event"] for one in logs] == ["request_failed"]


async def test_the_body_of_an_error_is_json_whatever_the_caller_accepts():
    async with serving(make_context()) as client:
        answered = await client.get("/nope", headers={"Accept": "text/html"})

    assert json.loads(answered.body)["code"] == "not_found"
