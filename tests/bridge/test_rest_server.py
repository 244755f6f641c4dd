"""The server as the node runs it: ports, addresses, connections that do not behave."""

import asyncio
import json
import socket

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from actors.bridge.server import Server
from config.errors import ConfigError
from config.schema import NodeConfig, ServerSection
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import listening, no_websocket, one_answer, raw_answer


def on(**server):
    return make_context(NodeConfig(server=ServerSection(**{"port": 0, **server})))


async def get(url: str, **options) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url, **options) as response:
        return response.status, await response.read()


class TestPorts:
    async def test_port_zero_takes_a_free_one_and_logs_it(self):
        with capture_logs() as logs:
            async with listening(on()) as server:
                status, _ = await get(f"http://127.0.0.1:{server.port}/health")

        assert status == 200
        assert logs[0]["event"] == "server_listening"
        assert logs[0]["url"] == f"http://127.0.0.1:{server.port}"

    async def test_a_port_that_is_taken_is_named_with_its_setting(self):
        async with listening(on()) as first:
            second = Server(on(port=first.port), no_websocket)
            with pytest.raises(ConfigError, match=rf"server\.port: port {first.port} on 127\.0\.0\.1 is taken"):
                await second.start()

    async def test_a_second_port_that_is_taken_gives_the_first_one_back(self):
        async with listening(on()) as first:
            second = Server(on(ws_port=first.port), no_websocket)
            with pytest.raises(ConfigError, match=rf"server\.ws_port: port {first.port} "):
                await second.start()

            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", second.port)

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "desk.example", ""])
    def test_only_loopback_is_served_while_there_are_no_users(self, host):
        with pytest.raises(ConfigError, match=r"server\.host: expected a loopback address"):
            Server(on(host=host), no_websocket)

    @pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
    async def test_ipv6_loopback_is_served(self):
        async with listening(on(host="::1")) as server:
            status, _ = await get(f"http://[::1]:{server.port}/health")

        assert status == 200

    async def test_localhost_is_served(self):
        async with listening(on(host="localhost")) as server:
            status, _ = await get(f"http://localhost:{server.port}/health")

        assert status == 200

    async def test_nobody_listens_any_more_after_the_stop(self):
        async with listening(on(ws_port=0)) as server:
            pass
        await server.stop()

        for port in (server.port, server.ws_port):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)

    @pytest.mark.slow
    async def test_a_request_under_way_does_not_hold_up_the_stop(self):
        begun = asyncio.Event()

        async def view(request):
            begun.set()
            await asyncio.sleep(60)
            return web.Response()

        async with asyncio.timeout(30), listening(on(), view) as server:
            asking = asyncio.ensure_future(get(f"http://127.0.0.1:{server.port}/ws"))
            await begun.wait()
            await server.stop()
            with pytest.raises(aiohttp.ClientError):
                await asking


class TestSecondPort:
    @pytest.mark.slow
    async def test_it_serves_the_websocket_and_nothing_else(self):
        async def view(request):
            ws = web.WebSocketResponse()
            await ws.prepare(request)
            await ws.send_str("hello")
            await ws.close()
            return ws

        async with listening(on(ws_port=0), view) as server, aiohttp.ClientSession() as session:
            for port in (server.port, server.ws_port):
                async with session.ws_connect(f"http://127.0.0.1:{port}/ws") as ws:
                    assert (await ws.receive_str()) == "hello"
            statuses = [
                (await get(f"http://127.0.0.1:{server.ws_port}{path}"))[0] for path in ("/", "/health", "/api/v1/bars")
            ]

        assert statuses == [404, 404, 404]

    async def test_the_page_of_the_first_port_may_use_it(self):
        async with listening(on(ws_port=0)) as server:
            status, _ = await get(
                f"http://127.0.0.1:{server.ws_port}/ws", headers={"Origin": f"http://localhost:{server.port}"}
            )
            other, _ = await get(f"http://127.0.0.1:{server.ws_port}/ws", headers={"Origin": "http://localhost:1"})

        assert (status, other) == (426, 403)

    async def test_the_page_may_connect_to_it(self):
        async with (
            listening(on(ws_port=0)) as server,
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{server.port}/") as response,
        ):
            policy = response.headers["Content-Security-Policy"]

        assert f"ws://localhost:{server.ws_port} ws://127.0.0.1:{server.ws_port}" in policy


class TestMalformed:
    @pytest.mark.parametrize(
        "request_bytes",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n",
            b"GET\r\n\r\n",
            b"FROB /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
            b"GET /ws?token=SECRET" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 1_000 + b"\r\n",
        ],
    )
    async def test_what_is_no_http_gets_a_problem_and_leaves_no_trace_of_its_text(self, request_bytes, capfd):
        async with listening(on()) as server:
            with capture_logs() as logs:
                answer = await raw_answer(server.port, request_bytes)
            alive, _ = await get(f"http://127.0.0.1:{server.port}/health")

        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split(b" ")[1] == b"400"
        problem = json.loads(body)
        assert problem["code"] == "bad_request"
        assert b"X-Request-ID: " + problem["request_id"].encode() in head
        assert "SECRET" not in f"{logs}{capfd.readouterr()}"
        assert alive == 200

    @pytest.mark.parametrize(
        ("request_bytes", "status"),
        [
            (b"GET /health HTTP/1.1\r\n\r\n", b"400"),
            (b"GET /health HTTP/1.0\r\n\r\n", b"400"),
            (b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"400"),
            (b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n", b"200"),
            (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"403"),
            (b"GET //evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"GET /api/v1/status?%ff%fe=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"422"),
            (b"GET /api/v1/status?a=%0d%0aX-Evil:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"422"),
            (b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", b"426"),
        ],
    )
    async def test_odd_requests_get_an_answer_that_fits(self, request_bytes, status):
        async def view(request):
            raise web.HTTPUpgradeRequired

        async with listening(on()) as server:
            answer = await raw_answer(server.port, request_bytes)

        assert answer.split(b" ")[1] == status
        assert b"X-Evil:1\r\n" not in answer

    async def test_a_chunked_body_that_breaks_is_a_bad_request(self):
        async with listening(on()) as server:
            answer = await raw_answer(
                server.port,
                b"GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nbroken",
            )

        assert answer.split(b" ")[1] in {b"200", b"400"}


class TestSilentConnections:
    async def test_one_that_never_asks_is_closed_and_one_that_has_asked_stays(self):
        async with listening(on()) as server:
            (connections,) = server._connections
            await connections.stop()  # the sweeps are the test's
            slow_in, slow = await asyncio.open_connection("127.0.0.1", server.port)
            slow.write(b"GET /health HTT")
            fast_in, fast = await asyncio.open_connection("127.0.0.1", server.port)
            fast.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await one_answer(fast_in)
            now = asyncio.get_running_loop().time()

            connections.sweep(now)
            connections.sweep(now + 14.9)
            assert not slow_in.at_eof()
            connections.sweep(now + 15.1)

            assert await asyncio.wait_for(slow_in.read(), 30.0) == b""
            fast.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await asyncio.wait_for(one_answer(fast_in), 30.0)).startswith(b"HTTP/1.1 200")
            slow.close()
            fast.close()

    async def test_closed_connections_are_forgotten(self):
        async with listening(on()) as server:
            for _ in range(3):
                await get(f"http://127.0.0.1:{server.port}/health")
            (connections,) = server._connections
            while server._runners[0].server.connections:  # noqa: ASYNC110  # aiohttp offers no event
                await asyncio.sleep(0)
            connections.sweep(0.0)

            assert connections._heard == set()

    async def test_three_hundred_idle_ones_do_not_keep_others_out(self):
        async with listening(on()) as server:
            idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
            status, _ = await get(f"http://127.0.0.1:{server.port}/health")
            for _, writer in idle:
                writer.close()

        assert status == 200


class TestExposed:
    """Who may be reached from other machines."""

    def exposed(self, users=(), **auth) -> Server:
        from msgspec.structs import replace

        from config.auth import AuthSection

        class People:
            def users(self):
                return users

        config = NodeConfig(server=ServerSection(port=0, host="0.0.0.0"), auth=AuthSection(**auth))
        return Server(replace(make_context(config), people=People()), no_websocket)

    async def test_a_node_with_users_is_served(self):
        server = self.exposed(mode="local")
        await server.start()
        await server.stop()

    def test_not_while_strangers_may_sign_up(self):
        with pytest.raises(ConfigError, match=r"auth\.sign_up"):
            self.exposed(mode="local", sign_up=True)

    async def test_not_while_an_admin_has_the_password_that_was_shown(self):
        from actors.ports.people import User

        fresh = User(
            user_id="u",
            email="admin@localhost",
            roles=("admin", "trader"),
            is_disabled=False,
            must_change=True,
            has_second_factor=False,
            profile={},
            created_ms=0,
            updated_ms=0,
            signed_in_ms=None,
        )
        with pytest.raises(ConfigError, match=r"admin@localhost has changed the first password"):
            await self.exposed([fresh], mode="local").start()
