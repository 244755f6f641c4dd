"""Streams of the Python client: nothing missing, nothing twice, whatever happens to the connection."""

import asyncio
import gc
import traceback

import pytest
from whisperer_client import (
    ClientError,
    ClosedError,
    GapError,
    NotConnectedError,
    RefusedError,
    RewoundError,
    conversation,
)

from actors.market import MINUTE_NS
from tests.bridge import fakes
from tests.bridge.client_world import BARS, HASTY, checked, take, until, world
from tests.bridge.fakes import BTC, ETH, START_NS


@pytest.fixture(autouse=True)
def _every_message_is_of_the_contract(monkeypatch):
    monkeypatch.setattr(conversation, "read_head", checked())


def opens(bars):
    return [bar.t for bar in bars]


def signal(number):
    return fakes.signal(START_NS + number * 60_000_000_000)


async def refusal(stream):
    with pytest.raises(ClosedError) as told:
        await take(stream, 1)
    return told.value


class TestBars:
    async def test_history_then_every_bar_that_closes(self):
        async with world(bars=5) as here:
            bars = here.client.bars(BTC, "1m", history=2)
            first = await take(bars, 2)
            here.close(3)
            later = await take(bars, 3)

        assert opens(first + later) == here.opens[3:]
        assert all(bar.closed for bar in first + later)

    async def test_without_history_it_begins_with_the_next_bar(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m")
            waiting = asyncio.create_task(take(bars, 1))
            await here.subscribed()
            here.close()

            assert opens(await waiting) == here.opens[-1:]

    async def test_more_history_than_a_snapshot_holds_comes_from_rest(self):
        async with world(bars=900) as here:
            bars = await take(here.client.bars(BTC, "1m", history=800), 800)

        assert opens(bars) == here.opens[100:]

    async def test_the_open_bar_comes_on_request(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1, include_open=True)
            await take(bars, 1)
            here.served.tick(100)
            growing = await take(bars, 1)
            here.close()
            (closed,) = await take(bars, 1)

        assert [one.closed for one in growing] == [False]
        assert (closed.closed, closed.t) == (True, here.opens[-1])

    async def test_decimals_keep_their_digits(self):
        async with world() as here:
            (bar,) = await take(here.client.bars(BTC, "1m", history=1), 1)
            (wire,) = (await here.client.rest.bars(BTC, "1m", limit=1)).items

        assert bar == wire
        assert f"{bar.v:f}" == "0.01002"


class TestLoss:
    async def test_a_cut_connection_is_made_again_and_nothing_is_missing(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            for _ in range(3):
                here.line.cut()
                here.close(2)
                got += await take(bars, 2)

            assert opens(got) == here.opens[2:]
            assert here.client.connections == 4

    async def test_a_node_that_is_away_for_a_while_is_waited_for(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            here.line.is_refusing = True
            here.line.cut()
            here.close(2)
            await asyncio.sleep(0.05)
            here.line.is_refusing = False
            got += await take(bars, 2)

        assert opens(got) == here.opens[2:]

    async def test_a_cut_before_anything_was_heard_is_none_of_the_first_patience(self):
        async with world() as here:
            here.line.loses = lambda payload: b'"hello"' not in payload
            waiting = asyncio.create_task(take(here.client.bars(BTC, "1m", history=2), 2))
            await here.subscribed()
            here.line.cut()
            here.line.loses = None

            assert opens(await waiting) == here.opens[1:]

    async def test_a_lost_frame_is_noticed_at_the_next_one(self):
        async with world(idle_heartbeat_s=5.0) as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            here.line.loses = lambda payload: b'"bar"' in payload and here.line.lost == 0
            here.close()
            await until(lambda: here.line.lost == 1)
            here.close()
            got += await take(bars, 2)

            assert opens(got) == here.opens[2:]
            assert here.client.connections == 1

    async def test_a_lost_tail_is_noticed_by_the_heartbeat(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            here.line.loses = lambda payload: b'"bar"' in payload and here.line.lost == 0
            here.close()
            got += await take(bars, 1)

            assert opens(got) == here.opens[2:]
            assert here.client.connections == 1

    @pytest.mark.parametrize("idle_s", [0.05, 5.0], ids=["heartbeat", "next row"])
    async def test_a_lost_snapshot_is_asked_for_again(self, idle_s):
        async with world(idle_heartbeat_s=idle_s) as here:
            here.line.loses = lambda payload: b'"snapshot"' in payload and here.line.lost == 0
            waiting = asyncio.create_task(take(here.client.bars(BTC, "1m", history=9), 3))
            await until(lambda: here.line.lost == 1)
            if idle_s > 1:
                here.close()

            assert opens(await waiting) == here.opens[:3]
            assert here.client.connections == 1

    @pytest.mark.parametrize("count", [1, 3, 40, 400])
    async def test_lost_bytes_end_the_connection_and_nothing_is_missing(self, count):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            here.line.bytes_to_lose = count
            here.close(4)
            got += await take(bars, 4)

        assert opens(got) == here.opens[2:]

    async def test_a_connection_that_falls_silent_is_given_up(self):
        async with world(client=HASTY) as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            before = here.line.connections  # a hasty client may have given one up already
            here.line.stall()
            here.close()
            waiting = asyncio.create_task(take(bars, 1))
            await until(lambda: here.line.connections > before)
            here.line.flow()
            got += await waiting

        assert opens(got) == here.opens[2:]

    async def test_what_the_ring_has_lost_comes_from_history(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            here.line.is_refusing = True
            here.line.cut()
            here.close(1_700)
            here.line.is_refusing = False
            got += await take(bars, 1_700)

        assert opens(got) == here.opens[2:]


class TestAnewEpoch:
    async def test_it_goes_on_after_the_last_bar_known(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            here.close()
            here.served.hub.reset_all()
            here.close()
            got += await take(bars, 2)

        assert opens(got) == here.opens[2:]

    async def test_market_time_that_goes_back_is_told_and_then_begins_anew(self):
        async with world(bars=9) as here:
            bars = here.client.bars(BTC, "1m", history=3)
            await take(bars, 3)
            del here.served.bars.closed[BTC, "1m"][4:]
            here.served.hub.reset_all()

            with pytest.raises(RewoundError) as told:
                await take(bars, 1)
            again = await take(bars, 3)
            here.close()
            again += await take(bars, 1)

        assert (told.value.code, told.value.channel) == ("rewound", BARS)
        assert opens(again) == here.opens[1:]

    @pytest.mark.slow
    async def test_a_node_that_does_not_answer_just_then_is_asked_again(self):
        async with world() as here:
            signals, kept = here.client.signals(), here.served.signals.kept
            waiting = asyncio.create_task(take(signals, 1))
            await here.subscribed("signals")
            kept.append(one := signal(START_NS))
            here.served.relay.signal(one)
            got = await waiting
            kept += [signal(START_NS + number * MINUTE_NS) for number in range(1, 400)]
            here.line.is_refusing = True
            here.served.hub.reset_all()
            waiting = asyncio.create_task(take(signals, 399))
            await until(lambda: here.line.refused > 2 or waiting.done())
            here.line.is_refusing = False
            got += await waiting

            assert here.client.connections == 1
            assert [one.ts_bar for one in got] == [one.ts_bar // 1_000_000 for one in kept]

    async def test_signals_that_are_lost_are_told_once(self):
        async with world() as here:
            signals = here.client.signals()
            waiting = asyncio.create_task(take(signals, 1))
            await here.subscribed("signals")
            here.served.signals.kept.append(one := signal(1))
            here.served.relay.signal(one)
            got = await waiting
            here.served.signals.kept[:] = [signal(number) for number in range(5, 8)]
            here.served.hub.reset_all()

            with pytest.raises(GapError):
                await take(signals, 1)
            got += await take(signals, 3)

        assert [one.ts_bar for one in got] == [signal(number).ts_bar // 1_000_000 for number in (1, 5, 6, 7)]


class TestVerdicts:
    @pytest.mark.parametrize("code", [1000, 1002, 1003, 1007, 1009, 4400, 4401, 4429])
    @pytest.mark.slow
    async def test_a_final_close_ends_every_stream(self, code):
        async with world() as here:
            bars, status = here.client.bars(BTC, "1m", history=1), here.client.status()
            await take(bars, 1)
            await take(status, 1)
            here.served.hub.connections[0].close(code, "enough")

            for stream in (bars, status):
                with pytest.raises(ClosedError, match=f"{code}: enough"):
                    await take(stream, 2)

    @pytest.mark.parametrize("code", [1001, 1011, 1012, 4500, 4508, 4510])
    async def test_any_other_means_come_back(self, code):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            here.served.hub.connections[0].close(code, "later")
            await until(lambda: here.line.connections > 1)
            here.close()
            got += await take(bars, 1)

        assert opens(got) == here.opens[2:]

    async def test_an_unknown_channel_is_refused_alone(self):
        async with world() as here:
            bars, wrong = here.client.bars(BTC, "1m", history=1), here.client.bars("NOTHING.SIM", "1m")
            with pytest.raises(RefusedError) as refused:
                await take(wrong, 1)
            await take(bars, 1)

        assert refused.value.code == "unknown_instrument"

    async def test_one_that_is_gone_after_a_restart_leaves_the_others_alone(self):
        async with world() as here:
            bars, others = here.client.bars(BTC, "1m", history=1), here.client.signals(ETH)
            got = await take(bars, 1)
            await here.subscribed(f"signals:{ETH}")
            del here.served.bars._instruments[ETH]
            streams = here.served.hub.streams
            streams.end(streams.find(f"signals:{ETH}"))
            here.line.cut()
            with pytest.raises(RefusedError):
                await take(others, 1)
            here.close()
            got += await take(bars, 1)

        assert opens(got) == here.opens[2:]

    async def test_nobody_there_is_told_at_once(self):
        async with world() as here:
            here.line.is_refusing = True
            with pytest.raises(NotConnectedError):
                await take(here.client.bars(BTC, "1m"), 1)
            here.line.is_refusing = False

            assert len(await take(here.client.bars(BTC, "1m", history=1), 1)) == 1

    async def test_patience_ends(self):
        async with world(client={"patience_s": 0.1}) as here:
            bars = here.client.bars(BTC, "1m", history=1)
            await take(bars, 1)
            here.line.is_refusing = True
            here.line.cut()
            with pytest.raises(NotConnectedError):
                await take(bars, 1)

    async def test_who_asks_again_and_again_gets_an_error_of_his_own(self):
        async with world() as here:
            streams = here.client.status(), here.client.bars(BTC, "1m")
            await take(streams[0], 1)
            here.served.hub.connections[0].close(4401, "enough")
            told = [await refusal(stream) for stream in streams * 3]

        assert len({id(error) for error in told}) == 6
        assert len({len(traceback.extract_tb(error.__traceback__)) for error in told}) == 1
        assert {(str(error), error.code, error.close_code) for error in told} == {
            ("closed by the node with 4401: enough", "closed", 4401)
        }

    async def test_a_full_node_is_refused_with_its_status(self):
        async with world(max_concurrent_connections=1) as here:
            await take(here.client.status(), 1)
            async with type(here.client)(here.client.url) as second:
                with pytest.raises(ClientError, match="503"):
                    await take(second.status(), 1)


class TestSharing:
    async def test_iterators_share_one_connection_and_each_gets_everything(self):
        async with world() as here:
            first = here.client.bars(BTC, "1m", history=1)
            got = await take(first, 1)
            here.close()
            second = here.client.bars(BTC, "1m", history=3)
            also = await take(second, 3)
            here.close(2)
            got += await take(first, 3)
            also += await take(second, 2)

            assert opens(got) == here.opens[2:]
            assert opens(also) == here.opens[1:]
            assert here.line.connections == 1

    async def test_leaving_ends_the_subscription(self):
        async with world() as here:
            async for _ in here.client.bars(BTC, "1m", history=1):
                break
            gc.collect()
            await here.subscribed(readers=0)
            async with here.client.bars(BTC, "1m", history=1) as bars:
                await take(bars, 1)
                await here.subscribed(readers=1)
            await here.subscribed(readers=0)

    async def test_one_that_leaves_takes_nothing_from_another(self):
        async with world() as here:
            stays, leaves = here.client.bars(BTC, "1m", history=1), here.client.bars(BTC, "1m", history=1)
            got = await take(stays, 1)
            await take(leaves, 1)
            leaves.close()
            here.close()
            got += await take(stays, 1)

            assert opens(got) == here.opens[2:]
            with pytest.raises(StopAsyncIteration):
                await anext(leaves)

    async def test_a_cancelled_wait_loses_nothing(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(bars), 0.01)
                here.close()
                got += await take(bars, 1)

        assert opens(got) == here.opens[2:]

    async def test_channels_that_nobody_reads_any_more_are_forgotten(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            got = await take(bars, 1)
            channels = here.client._open_link._channels
            for name in ("status", "signals", f"signals:{BTC}", f"signals:{ETH}"):
                async with here.client.subscribe([name]) as messages:
                    await take(messages, 1)
                await until(lambda: list(channels) == [f"bars:{BTC}:1m"])
            with pytest.raises(RefusedError):
                await take(here.client.subscribe(["signals:NO.SUCH"]), 1)
            await until(lambda: list(channels) == [f"bars:{BTC}:1m"])
            async with here.client.subscribe(["status"]) as messages:
                await take(messages, 1)
            here.close()
            got += await take(bars, 1)

        assert opens(got) == here.opens[2:]

    async def test_a_closed_client_ends_its_iterators(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1)
            await take(bars, 1)
            await here.client.close()
            with pytest.raises(NotConnectedError):
                await anext(bars)


class TestSlowIterators:
    @pytest.mark.parametrize("rows", [30, 1_500])
    async def test_what_does_not_fit_is_fetched_again(self, rows):
        async with world() as here:
            slow = here.client.bars(BTC, "1m", history=1, limit=4)
            fast = here.client.bars(BTC, "1m", history=1)
            got, also = await take(slow, 1), await take(fast, 1)
            here.close(rows)
            also += await take(fast, rows)
            assert len(slow._mailbox) <= 4
            got += await take(slow, rows)

            assert opens(got) == opens(also) == here.opens[2:]
            assert here.client.connections == 1

    async def test_of_latest_values_only_the_newest_waits(self):
        async with world() as here:
            bars = here.client.bars(BTC, "1m", history=1, include_open=True)
            await take(bars, 1)
            for price in range(100, 130):
                here.served.tick(price)
                await asyncio.sleep(0)
            status = here.client.status()
            await take(status, 1)  # by then everything before it has come
            (newest,) = await take(bars, 1)

        assert f"{newest.c:f}" == "1.29"


class TestAskedWrongly:
    """Told in the call that asks, before anything is sent."""

    @pytest.mark.parametrize("channels", [[], (), "status", "", [""], [5], ["status", None]])
    async def test_names_that_are_none(self, channels):
        async with world() as here:
            with pytest.raises(ValueError, match="channels must be a list with one name or more, was "):
                here.client.subscribe(channels)

    @pytest.mark.parametrize("history", [-1, 5.5, "3", None])
    @pytest.mark.parametrize(
        "ask",
        [
            lambda client, history: client.bars(BTC, "1m", history=history),
            lambda client, history: client.indicators(BTC, "1m", "EMA(20)", history=history),
            lambda client, history: client.trades(BTC, history=history),
            lambda client, history: client.signals(history=history),
        ],
    )
    async def test_a_history_that_is_no_number_of_rows(self, ask, history):
        async with world() as here:
            with pytest.raises(ValueError, match="history must be a whole number, 0 or more, was "):
                ask(here.client, history)

    @pytest.mark.parametrize("limit", [0, -1, 2.5, "10"])
    async def test_a_limit_that_lets_nothing_wait(self, limit):
        async with world() as here:
            with pytest.raises(ValueError, match="limit must be a whole number, 1 or more, was "):
                here.client.bars(BTC, "1m", limit=limit)

    @pytest.mark.parametrize("max_hz", [0, -1, 1_001, float("nan"), float("inf"), "5"])
    async def test_a_rate_that_no_node_takes(self, max_hz):
        async with world() as here:
            with pytest.raises(ValueError, match="max_hz must be a number above 0, 1000 at the most, was "):
                here.client.quotes(BTC, max_hz=max_hz)

    async def test_it_leaves_nothing_behind(self):
        async with world() as here:
            with pytest.raises(ValueError, match="history"):
                here.client.bars(BTC, "1m", history=-1)
            bars = here.client.bars(BTC, "1m", history=2)
            assert len(await take(bars, 2)) == 2
