"""Who may hold a WebSocket, and until when."""

import asyncio
import time
from base64 import urlsafe_b64encode

import aiohttp
import pytest

from tests.bridge.client_world import until
from tests.bridge.fake_identity import VIEWER
from tests.bridge.identity_world import with_users
from tests.bridge.socket_client import StandingClock


def soon_ms(seconds: float) -> int:
    return int((time.time() + seconds) * 1_000)


async def refusal(world, **options) -> tuple[int, str]:
    """Return status and code with which a connection is refused before the upgrade."""
    answered = await world.ask(
        "GET",
        "/ws",
        Upgrade="websocket",
        Connection="Upgrade",
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==",
        Sec_WebSocket_Version="13",
        **options,
    )
    return answered.status, answered.code


class TestSigningIn:
    @pytest.mark.parametrize("by", ["header", "subprotocol", "base64", "message"])
    async def test_every_form_gives_the_own_account(self, by):
        async with with_users() as world:
            token = world.identity.add("anna", token="e30.e30.c2ln")
            async with world.socket(token, by=by) as anna:
                assert anna.received[0]["auth"] == ("required" if by == "message" else "signed_in")
                assert (await anna.ask("subscribe", ch=["orders"]))["type"] == "ack"
                await anna.until("snapshot", ch="orders")
                assert anna.ws.protocol in {None, "trader.v1"}

    async def test_an_api_key_in_a_subprotocol(self):
        async with with_users() as world:
            key = world.identity.add_key("anna", ["read"])
            async with world.socket(key, by="subprotocol") as anna, world.socket(key, by="base64") as again:
                assert anna.received[0]["auth"] == again.received[0]["auth"] == "signed_in"

    async def test_the_ack_tells_who_and_until_when(self):
        async with with_users() as world:
            token = world.identity.add("anna", token="t", expires_ms=soon_ms(60))
            async with world.socket() as anna:
                told = await anna.ask("auth", token=token)

        assert (told["user"], told["expires_ms"]) == ("anna", world.identity.principals["t"].expires_ms)

    async def test_before_it_only_ping_and_auth_are_answered(self):
        async with with_users() as world, world.socket() as nobody:
            assert (await nobody.ask("ping", t=1))["type"] == "pong"
            for op, fields in (
                ("subscribe", {"ch": ["status"]}),
                ("order.cancel_all", {}),
                ("deadman", {"timeout_s": 5}),
            ):
                assert (await nobody.ask(op, **fields))["code"] == "unauthorized"
            assert (await nobody.ask("auth", token="anna"))["user"] == "anna"

    async def test_who_says_nothing_is_closed_with_4408(self):
        async with with_users(auth_s=0.05) as world, world.socket() as nobody:
            assert await nobody.end() == 4408

    @pytest.mark.slow
    async def test_who_has_signed_in_stays(self):
        async with with_users(auth_s=1.5) as world, world.socket("anna", by="message") as anna:
            await asyncio.sleep(1.7)
            assert (await anna.ask("ping", t=1))["type"] == "pong"

    @pytest.mark.parametrize("by", ["header", "subprotocol", "message"])
    async def test_a_token_that_opens_nothing_closes_with_4401(self, by):
        async with with_users() as world, world.socket("e30.bad.token", by=by) as nobody:
            assert await nobody.end() == 4401
            if by == "message":
                assert nobody.received[-1]["code"] == "unauthorized"

    @pytest.mark.parametrize("pending", ["second_factor", "password"])
    @pytest.mark.parametrize("by", ["header", "subprotocol", "message"])
    async def test_something_pending_closes_with_4403(self, by, pending):
        async with with_users() as world:
            token = world.identity.add("anna", token="a.b.c", pending=pending)
            async with world.socket(token, by=by) as anna:
                assert await anna.end() == 4403

    async def test_no_role_is_no_connection(self):
        async with with_users() as world, world.socket("nora") as nora:
            assert await nora.end() == 4403

    async def test_a_token_in_the_query_is_never_read(self):
        query = "?token=anna&access_token=anna&apikey=anna"
        async with with_users(auth_s=0.05) as world, world.socket(query=query) as nobody:
            assert nobody.received[0]["auth"] == "required"
            assert await nobody.end() == 4408

    async def test_an_issuer_that_is_away_is_told_before_the_upgrade_and_kept_open_after_it(self):
        from config.auth_errors import JwksUnavailableError

        async with with_users() as world:
            world.identity.failure = JwksUnavailableError("its keys cannot be had")
            assert await refusal(world, token="unknown") == (503, "jwks_unavailable")
            async with world.socket() as nobody:
                told = await nobody.ask("auth", token="unknown")
                assert (told["code"], told["retry"]) == ("jwks_unavailable", True)
                world.identity.failure = None
                assert (await nobody.ask("auth", token="anna"))["user"] == "anna"

    async def test_too_many_bad_tokens_are_refused_without_a_look(self):
        async with with_users(server={"rate_limit_per_min": 2}) as world:
            for _ in range(2):
                async with world.socket() as nobody:
                    await nobody.ask("auth", token="bad")
            looked = world.identity.verified
            async with world.socket() as nobody:
                told = await nobody.ask("auth", token="anna")

        assert (told["code"], world.identity.verified) == ("rate_limited", looked)

    async def test_a_page_of_another_site_may_not_connect_with_a_good_token(self):
        async with with_users() as world:
            assert await refusal(world, token="anna", Origin="https://evil.example") == (403, "bad_origin")
            assert await refusal(world, token="anna", Host="evil.example") == (403, "bad_origin")

    async def test_the_clients_of_a_dialect_hear_their_channels_once_they_have_signed_in(self):
        async with with_users() as world, world.socket(protocols=("trader.v1.pascal",)) as page:
            assert (await page.next())["type"] == "Connected"
            assert not world.view._hub.connections[0].lanes
            await page.ws.send_str('{"op":"auth","token":"anna"}')
            await until(lambda: world.view._hub.connections[0].lanes)
            await world.ask("POST", "/api/v1/orders", order("a-1"), token="anna")
            world.traders.fill("anna", "a-1", "0.50000")
            while (await page.next())["type"] != "TradeExecuted":
                pass


class TestTickets:
    async def test_one_opens_one_connection(self):
        async with with_users(auth_s=0.05) as world:
            ticket = (await world.ask("POST", "/api/v1/ws-ticket", token="anna")).json()
            async with world.socket(query=f"?ticket={ticket['ticket']}") as anna:
                assert (await anna.ask("subscribe", ch=["orders"]))["type"] == "ack"
            async with world.socket(query=f"?ticket={ticket['ticket']}") as thief:
                assert await thief.end() == 4401

        assert ticket["expires_in_s"] == 30.0

    async def test_one_of_an_ended_session_opens_nothing(self):
        async with with_users() as world:
            ticket = (await world.ask("POST", "/api/v1/ws-ticket", token="anna")).json()["ticket"]
            world.identity.end("anna")
            async with world.socket(query=f"?ticket={ticket}") as anna:
                assert await anna.end() == 4401

    async def test_a_node_without_users_has_none(self):
        from tests.bridge.fakes import make_context
        from tests.bridge.rest_client import serving

        async with serving(make_context()) as client:
            answered = await client.ask("POST", "/api/v1/ws-ticket")

        assert (answered.status, answered.code) == (404, "not_found")


class TestTheEnd:
    async def test_a_session_that_ends_closes_its_connections_at_once_and_no_others(self):
        async with with_users() as world:
            other = world.identity.add("anna", token="other")
            async with world.socket("anna") as one, world.socket("anna") as two, world.socket(other) as stays:
                world.identity.end("anna")
                assert (await one.end(), await two.end()) == (4401, 4401)
                assert (await stays.ask("ping", t=1))["type"] == "pong"

    async def test_a_key_that_is_taken_back_closes_its_connections(self):
        async with with_users() as world:
            key = world.identity.add_key("anna", ["read"])
            async with world.socket(key) as program, world.socket("anna") as stays:
                world.identity.end(key)
                assert await program.end() == 4401
                assert (await stays.ask("ping", t=1))["type"] == "pong"

    async def test_somebody_refused_meanwhile_is_closed_with_the_next_operation(self):
        async with with_users() as world, world.socket("anna") as anna:
            world.identity.ended.add(world.identity.principals["anna"].session_id)
            await anna.ws.send_str('{"op":"subscribe","ch":["status"]}')
            assert await anna.end() == 4401

    async def test_a_session_that_ends_during_the_handshake_never_begins(self, monkeypatch):
        async with with_users() as world:
            world.identity.known_tokens.add("anna")
            take = world.view.seats.take

            def taken(*args, **more):
                seat = take(*args, **more)
                world.identity.end("anna")
                return seat

            monkeypatch.setattr(world.view.seats, "take", taken)
            async with world.socket("anna") as anna:
                assert await anna.end() == 4401

    async def test_a_token_that_ends_closes_with_4401(self):
        async with with_users(grace_s=0.1) as world:
            token = world.identity.add("anna", token="t", expires_ms=soon_ms(0.1))
            async with world.socket(token) as anna:
                assert await anna.end() == 4401
                assert time.time() * 1_000 >= world.identity.principals["t"].expires_ms + 100

    @pytest.mark.slow
    async def test_a_renewed_token_keeps_the_connection_and_its_channels(self):
        async with with_users(grace_s=0.1) as world:
            old = world.identity.add("anna", token="old", expires_ms=soon_ms(1.5))
            new = world.identity.add("anna", token="new", expires_ms=soon_ms(60))
            async with world.socket(old) as anna:
                await anna.ask("subscribe", ch=["orders"])
                assert (await anna.ask("auth", token=new))["type"] == "ack"
                over_ms = world.identity.principals["old"].expires_ms + 300
                await until(lambda: time.time() * 1_000 > over_ms)
                await world.ask("POST", "/api/v1/orders", order("a-1"), token="anna")
                await anna.until("order_update")

    async def test_another_user_s_token_does_not_renew_it(self):
        async with with_users() as world, world.socket("anna") as anna:
            assert (await anna.ask("auth", token="bob"))["code"] == "forbidden"
            assert (await anna.ask("auth", token="bad"))["code"] == "unauthorized"
            assert (await anna.ask("subscribe", ch=["orders"]))["type"] == "ack"
            await world.ask("POST", "/api/v1/orders", order("b-1"), token="bob")
            await world.ask("POST", "/api/v1/orders", order("a-1"), token="anna")
            assert (await anna.until("order_update"))["data"]["client_order_id"] == "a-1"

    async def test_channels_of_a_role_that_went_are_heard_no_more(self):
        async with with_users() as world:
            less = world.identity.add("anna", VIEWER, token="less")
            async with world.socket("anna") as anna:
                await anna.ask("subscribe", ch=["orders", "status"])
                await anna.ask("auth", token=less)
                (connection,) = world.view._hub.connections
                assert set(connection.lanes) == {"status"}
                assert (await anna.ask("subscribe", ch=["orders"]))["code"] == "forbidden"

    async def test_nothing_is_left_behind(self):
        async with with_users() as world:
            token = world.identity.add("anna", token="t", expires_ms=soon_ms(60))
            async with world.socket(token), world.socket():
                pass
            await until(lambda: not world.view.seats._taken)
            assert not world.view.seats._counts


class TestLimits:
    async def test_each_user_has_own_connections_and_each_place_those_of_nobody(self):
        async with with_users(max_connections_per_user=2) as world:
            async with world.socket("anna"), world.socket("anna"), world.socket("bob"), world.socket(), world.socket():
                assert await refusal(world, token="anna") == (503, "connection_limit")
                assert await refusal(world) == (503, "connection_limit")
                assert (await world.ask("GET", "/health")).status == 200
            async with world.socket("anna"), world.socket("anna"):
                pass

    async def test_signing_in_meets_the_limit_too_and_the_connection_may_try_again(self):
        async with with_users(max_connections_per_user=1) as world, world.socket() as late:
            async with world.socket("anna"):
                assert (await late.ask("auth", token="anna"))["code"] == "connection_limit"
            await until(lambda: not world.view.seats._counts["anna"])
            assert (await late.ask("auth", token="anna"))["user"] == "anna"

    async def test_a_read_key_hears_and_does_not_trade(self):
        async with with_users() as world:
            key = world.identity.add_key("anna", ["read"])
            async with world.socket(key) as program:
                assert (await program.ask("subscribe", ch=["orders", "status"]))["type"] == "ack"
                assert (await program.ask("order.cancel_all"))["code"] == "forbidden"

    async def test_operations_of_all_connections_count_together_for_one_user(self):
        async with (
            with_users(user_operations_burst=3, user_operations_per_s=1, clock=StandingClock()) as world,
            world.socket("anna") as one,
            world.socket("anna") as two,
            world.socket("bob") as bob,
        ):
            told = [await ws.ask("unsubscribe", ch=["status"]) for ws in (one, two, one, two)]
            other = await bob.ask("unsubscribe", ch=["status"])

        assert [one["type"] for one in told] == ["ack", "ack", "ack", "error"]
        assert (told[-1]["code"], other["type"]) == ("rate_limited", "ack")

    async def test_subscriptions_of_all_connections_count_together_for_one_user(self):
        names = ["status", "signals", "orders"]
        async with (
            with_users(user_channels_burst=4, user_channels_per_s=1, clock=StandingClock()) as world,
            world.socket("anna") as one,
            world.socket("anna") as two,
            world.socket("bob") as bob,
        ):
            told = [await ws.ask("subscribe", ch=names) for ws in (one, two, bob)]

        assert [one["type"] for one in told] == ["ack", "error", "ack"]
        assert told[1]["retry_after_ms"] > 0

    async def test_who_sends_is_noted_as_active(self):
        async with with_users() as world, world.socket("anna", by="message") as anna:
            world.identity.noted.clear()
            await anna.ask("unsubscribe", ch=["status"])
            await world.ask("GET", "/api/v1/trader", token="bob")

        assert world.identity.noted == ["anna", "bob"]


class TestUnreadable:
    @pytest.mark.parametrize("text", ["!", "%%", "é", urlsafe_b64encode(b"\xff\xfe\xfd").decode()])
    async def test_a_subprotocol_that_is_no_token_is_nobody(self, text):
        async with with_users() as world:
            protocols = f"trader.v1, base64url.bearer.{text}".encode().decode("latin-1")
            async with world.http.ws_connect(
                f"http://127.0.0.1:{world.port}/ws", headers={"Sec-WebSocket-Protocol": protocols}
            ) as ws:
                assert (await ws.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT
                await ws.receive(timeout=30)
                assert ws.close_code == 4401


def order(client_order_id: str) -> dict[str, str]:
    return {
        "client_order_id": client_order_id,
        "instrument_id": "BTC-USDT.SIM",
        "side": "buy",
        "type": "limit",
        "quantity": "0.50000",
        "price": "29999.00",
    }
