"""Two users on one node: what one of them can take of its pools, the other still gets."""

from contextlib import AsyncExitStack

import pytest

from tests.bridge.client_world import until
from tests.bridge.fakes import BTC
from tests.bridge.identity_world import with_users
from tests.bridge.test_socket_auth import refusal

PATH = f"/api/v1/indicators?instrument_id={BTC}&interval=1m&name="


def channels(*lengths):
    return [f"indicators:{BTC}:1m:SMA({length})" for length in lengths]


class TestIndicators:
    async def test_one_who_has_its_share_leaves_room_for_the_other(self):
        async with (
            with_users(indicators={"max_running": 8, "max_per_user": 4}) as world,
            world.socket("anna") as anna,
            world.socket("bob") as bob,
        ):
            kept = await anna.ask("subscribe", ch=channels(2, 3, 4, 5))
            refused = await anna.ask("subscribe", ch=channels(6))
            answered = await world.ask("GET", f"{PATH}SMA(7)", token="anna")
            other = await bob.ask("subscribe", ch=channels(6, 7, 8, 9))

        assert (kept["type"], other["type"]) == ("ack", "ack")
        assert (refused["code"], refused["retry"]) == ("no_capacity", True)
        assert "at most 4 indicators each" in refused["message"]
        assert (answered.status, answered.code) == (503, "no_capacity")
        assert answered.headers["Retry-After"] == "10"

    async def test_all_connections_and_requests_of_a_user_count_together(self):
        async with (
            with_users(indicators={"max_per_user": 3}) as world,
            world.socket("anna") as one,
            world.socket("anna") as two,
        ):
            await one.ask("subscribe", ch=channels(2))
            await two.ask("subscribe", ch=channels(2, 3))
            asked = await world.ask("GET", f"{PATH}sma(4.0)", token="anna")
            same = await one.ask("subscribe", ch=[f"indicators:{BTC}:1m:sma( 4 )"])
            more = await one.ask("subscribe", ch=channels(5))

        assert (asked.status, same["type"], more.get("code")) == (200, "ack", "no_capacity")

    async def test_a_refused_subscription_begins_nothing(self):
        async with (
            with_users(indicators={"max_running": 4, "max_per_user": 2}) as world,
            world.socket("anna") as anna,
            world.socket("bob") as bob,
        ):
            for begin in range(10, 40, 3):
                told = await anna.ask("subscribe", ch=channels(begin, begin + 1, begin + 2))
                assert told["code"] == "no_capacity"
            assert (await bob.ask("subscribe", ch=channels(2, 3)))["type"] == "ack"

    @pytest.mark.parametrize("wrong", ["indicators:NO.SIM:1m:SMA(2)", f"indicators:{BTC}:1m:SMA(0)", "nothing"])
    async def test_names_that_begin_something_before_a_wrong_one_count(self, wrong):
        async with (
            with_users(indicators={"max_running": 6, "max_per_user": 4}) as world,
            world.socket("anna") as anna,
            world.socket("bob") as bob,
        ):
            codes = [
                (await anna.ask("subscribe", ch=[*channels(begin, begin + 1), wrong]))["code"]
                for begin in range(10, 30, 2)
            ]
            assert "no_capacity" in codes
            assert codes[0] != "no_capacity"
            assert (await bob.ask("subscribe", ch=channels(2, 3)))["type"] == "ack"

    async def test_who_leaves_makes_room_for_the_own_next_ones(self):
        async with with_users(indicators={"max_per_user": 2}) as world:
            async with world.socket("anna") as anna:
                await anna.ask("subscribe", ch=channels(2, 3))
            await until(lambda: not world.view.seats.heard("anna"))
            world.context.portions._asked.clear()  # a while later
            async with world.socket("anna") as anna:
                assert (await anna.ask("subscribe", ch=channels(4, 5)))["type"] == "ack"


class TestConnections:
    async def test_the_last_places_are_for_those_who_have_none(self):
        async with (
            with_users(max_concurrent_connections=10, max_connections_per_user=20) as world,
            AsyncExitStack() as open_sockets,
        ):
            for _ in range(8):
                await open_sockets.enter_async_context(world.socket("anna"))
            assert await refusal(world, token="anna") == (503, "connection_limit")
            async with world.socket("bob") as bob:
                assert (await bob.ask("subscribe", ch=["orders"]))["type"] == "ack"
                assert await refusal(world, token="bob") == (503, "connection_limit")
                async with world.socket("vera", by="message") as vera:
                    assert (await vera.ask("ping", t=1))["type"] == "pong"
                assert await refusal(world, token="anna") == (503, "connection_limit")
