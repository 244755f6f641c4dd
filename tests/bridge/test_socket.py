"""The WebSocket over real sockets: conversation, limits, slow clients, heartbeats, the end."""

import asyncio
import json

import aiohttp
import pytest
from structlog.testing import capture_logs

from config.schema import NodeConfig, ServerSection, WebSocketSection
from tests.bridge.fakes import BTC, START_NS, signal
from tests.bridge.rest_client import raw_answer
from tests.bridge.socket_client import StandingClock, bare, connected, node

BARS = f"bars:{BTC}:1m"
SLOW = {"slow_after_bytes": 20_000, "caught_up_below_bytes": 5_000}


async def until(is_true, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not is_true():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.005)


class TestConversation:
    async def test_hello_ack_snapshot_updates(self):
        async with node() as served, connected(served.port) as client:
            ack = await client.ask("subscribe", ch=[BARS, "signals", "status"])
            shots = [await client.next() for _ in range(3)]
            served.close()
            served.tick(200)
            served.relay.signal(signal(START_NS))
            updates = [await client.next() for _ in range(3)]

        hello = client.received[0]
        assert (hello["protocol"], hello["auth"]) == ("trader.v1", "local")
        assert hello["limits"]["max_channels"] == 128
        assert [shot["ch"] for shot in shots] == [BARS, "signals", "status"]
        assert [ack["position"][shot["ch"]] for shot in shots] == [[shot["epoch"], shot["seq"]] for shot in shots]
        assert [(one["type"], one["seq"]) for one in updates] == [("bar", 1), ("bar", 1), ("ai_signal", 1)]

    async def test_who_comes_back_gets_what_was_missed(self):
        async with node() as served:
            async with connected(served.port) as client:
                ack = await client.ask("subscribe", ch=[BARS])
            for _ in range(3):
                served.close()
            async with connected(served.port) as client:
                await client.ask("subscribe", ch=[BARS], since=ack["position"])
                missed = [await client.next() for _ in range(3)]

        assert [(one["type"], one["seq"]) for one in missed] == [("bar", 1), ("bar", 2), ("bar", 3)]

    async def test_who_comes_back_from_another_epoch_gets_a_snapshot(self):
        async with node() as served, connected(served.port) as client:
            await client.ask("subscribe", ch=[BARS], since={BARS: ["0123abcd", 7]})

            assert (await client.next())["type"] == "snapshot"

    async def test_a_subprotocol_is_echoed_and_none_is_fine(self):
        async with node() as served:
            async with connected(served.port, protocols=("other", "trader.v1")) as client:
                assert client.ws.protocol == "trader.v1"
            async with connected(served.port) as client:
                assert client.ws.protocol is None

    async def test_a_second_port_serves_the_same_hub(self):
        config = NodeConfig(server=ServerSection(port=0, ws_port=0))
        async with node(config=config) as served, connected(served.server.ws_port) as client:
            await client.ask("subscribe", ch=[BARS])
            assert (await client.next())["type"] == "snapshot"
            assert len(served.hub.connections) == 1

    async def test_ping_gives_the_mark_back_with_both_clocks(self):
        async with node() as served, connected(served.port) as client:
            pong = await client.ask("ping", t=1.5)

        assert (pong["type"], pong["t"], pong["ts"]) == ("pong", 1.5, 0)
        assert pong["wall_ms"] > 1_700_000_000_000

    async def test_auth_in_local_mode_is_acknowledged(self):
        async with node() as served, connected(served.port) as client:
            assert (await client.ask("auth", token="x"))["user"] == "local"


HOSTILE = [
    ("{", "bad_request"),
    ("", "bad_request"),
    ("\x00", "bad_request"),
    ('{"op":"ping","id":1,"t":NaN}', "bad_request"),
    ('{"op":"ping","id":1,"t":Infinity}', "bad_request"),
    ('{"op":"ping"} {}', "bad_request"),
    ("[" * 60_000, "validation"),
    ('{"op":"ping","x":' + "[" * 30_000 + "]" * 30_000 + "}", "bad_request"),
    ('{"op":' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}", "bad_request"),
    ("[]", "validation"),
    ('"ping"', "validation"),
    ("1e400", "validation"),
    ("{}", "bad_request"),
    ('{"op":7,"id":1}', "bad_request"),
    ('{"op":null}', "bad_request"),
    ('{"op":"ping","id":"1"}', "validation"),
    ('{"op":"ping","id":-1}', "validation"),
    ('{"op":"ping","id":1.5}', "validation"),
    ('{"op":"ping","id":true}', "validation"),
    ('{"op":"ping","id":99999999999999999999999999}', "validation"),
    ('{"op":"ping","id":0,"t":1e400}', "validation"),
    ('{"op":"ping","id":0,"t":"x"}', "validation"),
    ('{"op":"fly"}', "unknown_op"),
    ('{"op":"__class__"}', "unknown_op"),
    ('{"op":"' + "x" * 60_000 + '"}', "unknown_op"),
    ('{"op":"subscribe"}', "validation"),
    ('{"op":"subscribe","ch":[]}', "validation"),
    ('{"op":"subscribe","ch":"status"}', "validation"),
    ('{"op":"subscribe","ch":[1]}', "validation"),
    ('{"op":"subscribe","ch":["status"],"since":[]}', "validation"),
    ('{"op":"subscribe","ch":["status"],"since":{"status":["e",-1]}}', "validation"),
    ('{"op":"subscribe","ch":["status"],"since":{"status":"e"}}', "validation"),
    ('{"op":"subscribe","ch":["status"],"max_hz":0}', "validation"),
    ('{"op":"subscribe","ch":["status"],"max_hz":-1}', "validation"),
    ('{"op":"subscribe","ch":["status"],"max_hz":"fast"}', "validation"),
    ('{"op":"subscribe","ch":["' + "s" * 200 + '"]}', "validation"),
    ('{"op":"subscribe","ch":["nope"]}', "unknown_channel"),
    ('{"op":"subscribe","ch":[""]}', "unknown_channel"),
    ('{"op":"subscribe","ch":["*"]}', "unknown_channel"),
    ('{"op":"subscribe","ch":["triggers"]}', "unknown_channel"),
    ('{"op":"subscribe","ch":["status:x"]}', "unknown_channel"),
    ('{"op":"subscribe","ch":["bars"]}', "unknown_channel"),
    ('{"op":"subscribe","ch":["bars:BTC-USDT.SIM"]}', "unknown_channel"),
    ('{"op":"subscribe","ch":["bars:BTC-USDT.SIM:1m:x"]}', "unknown_channel"),
    ('{"op":"subscribe","ch":["bars:NOPE.SIM:1m"]}', "unknown_instrument"),
    ('{"op":"subscribe","ch":["bars:é\\u0000:1m"]}', "unknown_instrument"),
    ('{"op":"subscribe","ch":["signals:NOPE.SIM"]}', "unknown_instrument"),
    ('{"op":"subscribe","ch":["bars:BTC-USDT.SIM:7m"]}', "unsupported_interval"),
    ('{"op":"subscribe","ch":["bars:BTC-USDT.SIM:1\\ud800"]}', "bad_request"),
    ('{"op":"unsubscribe","ch":{}}', "validation"),
    ('{"op":"auth","token":7}', "validation"),
    ('{"op":"auth","token":"' + "x" * 20_000 + '"}', "validation"),
]


class TestBadInput:
    async def test_each_gets_its_code_and_the_connection_lives(self):
        async with node(operations_burst=1_000) as served, connected(served.port) as client:
            found = []
            for text, _ in HOSTILE:
                await client.ws.send_str(text)
                found.append((await client.until("error"))["code"])
            await client.ws.send_str('{"op":"ping","id":1000}')
            pong = await client.until("pong")

        assert dict(zip((text[:80] for text, _ in HOSTILE), found, strict=True)) == {
            text[:80]: code for text, code in HOSTILE
        }
        assert pong["id"] == 1_000

    async def test_a_refused_subscription_changes_nothing(self):
        async with node() as served, connected(served.port) as client:
            refusal = await client.ask("subscribe", ch=["status", BARS, "nope"])
            beat_free = served.hub.streams

        assert (refusal["type"], refusal["code"], refusal["retry"]) == ("error", "unknown_channel", False)
        assert dict(beat_free) == {}

    async def test_ids_must_grow(self):
        async with node() as served, connected(served.port) as client:
            await client.ws.send_str('{"op":"ping","id":5}')
            await client.ws.send_str('{"op":"ping","id":5}')
            error = await client.until("error")

        assert (error["id"], error["code"]) == (5, "validation")

    @pytest.mark.parametrize(
        ("text", "paths"),
        [
            ('{"op":"subscribe","ch":[]}', ["$.ch"]),
            ('{"op":"subscribe","ch":["status",7]}', ["$.ch[1]"]),
            ('{"op":"subscribe","ch":["status"],"max_hz":0}', ["$.max_hz"]),
            ('{"op":"ping","t":"x"}', ["$.t"]),
            ('{"op":"order.submit","order":{"client_order_id":"a b"}}', ["$.order.client_order_id"]),
            ('{"op":"subscribe"}', []),  # the whole is at fault
            ("[]", []),
        ],
    )
    async def test_a_wrong_value_is_named_with_its_place(self, text, paths):
        async with node() as served, connected(served.port) as client:
            await client.ws.send_str(text)
            error = await client.until("error")

        assert error["code"] == "validation"
        assert [one["path"] for one in error.get("errors", [])] == paths
        assert all(one["message"] == error["message"] for one in error.get("errors", []))

    async def test_type_is_taken_for_op_and_the_id_may_be_missing(self):
        async with node() as served, connected(served.port) as client:
            await client.ws.send_str('{"type":"ping","unknown":[1,{}]}')

            assert (await client.until("pong"))["id"] is None

    async def test_a_binary_message_is_refused_and_the_connection_lives(self):
        async with node() as served, connected(served.port) as client:
            await client.ws.send_bytes(b'{"op":"ping"}')
            error = await client.until("error")
            assert (error["id"], error["code"]) == (None, "bad_request")
            assert (await client.ask("ping"))["type"] == "pong"

    @pytest.mark.parametrize(
        ("first", "payload", "code"),
        [
            (0x81, b'{"op":"\xff\xfe"}', 1007),
            (0x81, b"x" * 70_000, 1009),
            (0x83, b"x", 1002),
            (0xF1, b"x", 1002),
            (0x08, b"x", 1002),
        ],
    )
    async def test_frames_against_the_standard_close_the_connection(self, first, payload, code):
        async with node() as served, bare(served.port) as client:
            client.send(payload, first)
            assert (await client.rest())[1] == code
            await until(lambda: not served.hub.connections)

    async def test_the_biggest_message_allowed_is_read(self):
        async with node() as served, connected(served.port) as client:
            text = '{"op":"ping","id":1,"x":"'
            await client.ws.send_str(text + "x" * (65_536 - len(text) - 2) + '"}')

            assert (await client.until("pong"))["id"] == 1

    async def test_nothing_is_sent_after_the_close_of_a_message_too_big(self):
        async with node(closing_s=5.0) as served, bare(served.port) as client:
            client.ask(1, "subscribe", ch=[BARS])
            await client.message("snapshot")
            client.send(b"x" * 70_000)
            reading = asyncio.create_task(client.rest())
            while not reading.done():
                served.close()
                await asyncio.sleep(0.002)
            served.close()
            _, code = await reading

            assert code == 1009
            assert await client.is_over()


class TestLimits:
    async def test_surplus_connections_are_refused_and_slots_return(self):
        async with node(max_concurrent_connections=100) as served, aiohttp.ClientSession() as session:
            url = f"ws://127.0.0.1:{served.port}/ws"
            held = [await session.ws_connect(url) for _ in range(100)]
            answers = [await raw_answer(served.port, HANDSHAKE) for _ in range(12)]
            await held.pop().close()
            await until(lambda: len(served.hub.connections) < 100)
            held.append(await session.ws_connect(url))
            await asyncio.gather(*(ws.close() for ws in held))

        assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 503 Service Unavailable"}
        assert {json.loads(answer.rpartition(b"\r\n\r\n")[2])["code"] for answer in answers} == {"connection_limit"}
        assert all(b"Retry-After: 5" in answer for answer in answers)

    async def test_only_unknown_subprotocols_are_refused_without_repeating_them(self):
        async with node() as served:
            with capture_logs() as logs:
                answer = await raw_answer(
                    served.port, HANDSHAKE[:-2] + b"Sec-WebSocket-Protocol: base64url.bearer.SECRET\r\n\r\n"
                )

        assert answer.startswith(b"HTTP/1.1 400 ")
        assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["code"] == "bad_request"
        assert b"SECRET" not in answer
        assert "SECRET" not in str(logs)

    @pytest.mark.parametrize(
        ("request_text", "status", "code"),
        [
            (b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400", "bad_request"),
            (b"POST /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", b"405", "method_not_allowed"),
        ],
    )
    async def test_what_is_no_handshake_is_a_problem(self, request_text, status, code):
        async with node() as served:
            answer = await raw_answer(served.port, request_text)

        assert answer.split(b" ", 2)[1] == status
        assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["code"] == code

    @pytest.mark.parametrize("missing", [b"Upgrade", b"Connection", b"Sec-WebSocket-Version", b"Sec-WebSocket-Key"])
    async def test_who_lacks_a_part_of_the_handshake_is_told_what_belongs_to_it(self, missing):
        lines = [line for line in HANDSHAKE.split(b"\r\n") if not line.startswith(missing)]
        async with node() as served:
            answer = await raw_answer(served.port, b"\r\n".join(lines))

        assert answer.startswith(b"HTTP/1.1 400 ")
        assert missing.decode() in json.loads(answer.rpartition(b"\r\n\r\n")[2])["detail"]

    @pytest.mark.parametrize("line", [b"Origin: http://evil.example\r\n", b"Origin: null\r\n"])
    async def test_a_page_of_another_site_is_refused(self, line):
        async with node() as served:
            answer = await raw_answer(served.port, HANDSHAKE[:-2] + line + b"\r\n")

        assert answer.startswith(b"HTTP/1.1 403 ")

    async def test_too_many_channels_are_refused_as_a_whole(self):
        async with node(max_channels=2) as served, connected(served.port) as client:
            await client.ask("subscribe", ch=["status"])
            refusal = await client.ask("subscribe", ch=["signals", BARS])

        assert refusal["code"] == "channel_limit"

    async def test_too_many_operations_are_refused_with_the_time_to_wait(self):
        limits = {"operations_per_s": 10, "operations_burst": 5, "clock": StandingClock()}
        async with node(**limits) as served, connected(served.port) as client:
            answers = [await client.ask("ping") for _ in range(10)]

        refused = [one for one in answers if one["type"] == "error"]
        assert len(refused) == 5
        assert {one["code"] for one in refused} == {"rate_limited"}
        assert all(one["retry"] and 0 < one["retry_after_ms"] <= 100 for one in refused)

    @pytest.mark.slow
    async def test_a_flood_is_cut_off_with_4429(self):
        async with node(operations_per_s=10, operations_burst=5) as served, connected(served.port) as client:
            for _ in range(200):
                await client.ws.send_str("{")

            assert await client.end() == 4429


class TestSlowClients:
    async def test_it_is_skipped_and_catches_up_while_others_are_served(self):
        limits = SLOW | {"stuck_after_s": 60.0}
        async with node(**limits) as served, bare(served.port) as slow, connected(served.port) as quick:
            slow.ask(1, "subscribe", ch=[BARS])
            await slow.message("snapshot")
            await quick.ask("subscribe", ch=[BARS])
            await quick.until("snapshot")
            slow.stall()
            for number in range(3_000):
                served.tick(number)
                if number % 10 == 0:
                    served.close()
                await asyncio.sleep(0)
            served.tick(424_242)
            await quick.until("bar", seq=300)
            connection = served.hub.connections[0]
            assert connection.behind_since is not None
            kept = max(one.buffered() for one in served.hub.connections)
            slow.recover()
            rows = [await slow.message("bar") for _ in range(300)]
            while rows[-1]["data"]["c"] != "4242.42":
                rows.append(await slow.message("bar"))

        closed = [one["seq"] for one in rows if one["data"]["closed"]]
        assert closed == list(range(1, 301))
        assert len(rows) < 2_000
        assert kept < 40_000

    async def test_one_that_stays_stuck_is_cut_with_4508(self):
        async with node(stuck_after_s=0.2, closing_s=30.0, **SLOW) as served, bare(served.port) as slow:
            slow.ask(1, "subscribe", ch=[BARS])
            await slow.message("snapshot")
            slow.stall()
            for number in range(3_000):
                served.tick(number)
                await asyncio.sleep(0)
            await until(lambda: not served.hub.connections)
            slow.recover()
            _, code = await slow.rest()

        assert code == 4508

    async def test_one_that_never_reads_again_is_cut_off_in_the_end(self):
        async with node(stuck_after_s=0.1, closing_s=0.1, **SLOW) as served, bare(served.port) as slow:
            slow.ask(1, "subscribe", ch=[BARS])
            await slow.message("snapshot")
            transport = served.hub.connections[0].transport
            slow.stall()
            for number in range(3_000):
                served.tick(number)
                await asyncio.sleep(0)
            await until(lambda: not served.view._sockets)
            await until(lambda: transport.get_extra_info("socket") is None or transport.get_write_buffer_size() == 0)


class TestHeartbeats:
    @pytest.mark.slow
    async def test_a_ping_comes_and_a_silent_client_is_dead_before_the_next_one(self):
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with node(heartbeat_interval_s=0.5) as served, bare(served.port) as client:
            opcodes = [(await client.frame())[0] for _ in range(2)]
            assert await client.is_over()
            lived = loop.time() - began
            await until(lambda: not served.hub.connections)

        assert opcodes == [1, 9]
        assert lived >= 0.7  # one and a half intervals, but for the clocks' ticks

    @pytest.mark.slow
    async def test_who_answers_pings_stays(self):
        async with node(heartbeat_interval_s=1.2) as served, bare(served.port) as client:
            pings = 0
            while pings < 2:
                opcode, payload = await client.frame()
                if opcode == 9:
                    pings += 1
                    client.send(payload, 0x8A)

            assert len(served.hub.connections) == 1

    async def test_an_idle_client_hears_the_heads(self):
        async with node(idle_heartbeat_s=0.1) as served, connected(served.port) as client:
            await client.ask("subscribe", ch=[BARS])
            await client.until("snapshot")
            served.close()
            beat = await client.until("hb", heads={BARS: 1})

        assert beat["wall_ms"] > 1_700_000_000_000


class TestTheEnd:
    async def test_a_planned_stop_is_announced_and_closes_with_1012(self):
        async with node() as served, connected(served.port) as client:
            await asyncio.gather(served.view.stop(in_ms=50), client.end())

        assert client.received[-1] == {
            "type": "notice",
            "code": "shutdown",
            "in_ms": 50,
            "message": "the node is stopping, come back soon",
        }
        assert client.ws.close_code == 1012

    async def test_a_stop_does_not_wait_for_who_does_not_answer(self):
        loop = asyncio.get_running_loop()
        async with node(closing_s=60.0, **SLOW) as served, bare(served.port) as client:
            await client.message("hello")
            client.stall()
            began = loop.time()
            await served.view.stop(in_ms=0)
            took = loop.time() - began
            await until(lambda: not served.view._sockets)

        assert took < 30.0

    async def test_while_stopping_new_connections_are_refused(self):
        async with node() as served:
            await served.view.stop(in_ms=0)
            answer = await raw_answer(served.port, HANDSHAKE)

        assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["code"] == "shutdown"

    async def test_a_client_that_vanishes_leaves_nothing_behind(self):
        async with node() as served:
            async with bare(served.port) as client:
                client.ask(1, "subscribe", ch=[BARS])
                await client.message("snapshot")
            await until(lambda: not served.view._sockets)
            served.close()

            assert not served.hub.connections
            assert served.hub.streams.find(BARS).lanes == {}
            assert not served.view.seats._counts


class TestFaults:
    async def test_a_fault_in_a_command_is_answered_and_logged_without_detail(self):
        async with node() as served, connected(served.port) as client:
            served.bars.check = lambda *_: 1 / 0
            with capture_logs() as logs:
                refusal = await client.ask("subscribe", ch=[BARS])
            assert (await client.ask("ping"))["type"] == "pong"

        assert (refusal["code"], refusal["message"]) == ("internal", "internal error")
        assert [one["event"] for one in logs if one["log_level"] == "error"] == ["operation_failed"]

    async def test_a_fault_in_the_session_closes_with_4500_and_writes_no_http(self, monkeypatch):
        monkeypatch.setattr("actors.bridge.session.Session.greet", lambda _self: 1 / 0)
        async with node() as served, bare(served.port) as client:
            assert await client.rest() == ([], 4500)


HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def test_the_settings_of_the_product_are_those_of_the_protocol():
    limits = WebSocketSection()

    assert (limits.slow_after_bytes, limits.caught_up_below_bytes, limits.stuck_after_s) == (262_144, 65_536, 10.0)
    assert (limits.heartbeat_interval_s, limits.idle_heartbeat_s) == (20.0, 5.0)
