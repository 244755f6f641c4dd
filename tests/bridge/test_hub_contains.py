"""What breaks on one connection or in one channel stays there: no other client, timer or caller suffers."""

import asyncio

import pytest
from structlog.contextvars import bound_contextvars, get_contextvars

from actors.bridge.delivery.scheduler import RunningLoop
from tests.bridge.fakes import BTC, START_NS, bar_rows, signal
from tests.bridge.hub_world import World

BARS = f"bars:{BTC}:1m"
FIVE = f"bars:{BTC}:5m"
SMALL = {"slow_after_bytes": 2_000, "caught_up_below_bytes": 500}


def break_off(client):
    """The transport is closed, and its task has not said goodbye yet: what uvloop raises then."""

    def write(_data):
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    client.socket.write = write


class TestTransportsThatHaveJustClosed:
    def test_a_window_that_loads_reaches_the_others(self):
        world = World()
        broken, other = world.client(FIVE), world.client(FIVE)
        break_off(broken)
        world.bars.put(BTC, "5m", bar_rows(3))

        world.load("5m")

        assert len(other.views[FIVE].rows) == 3

    def test_signals_of_history_reach_the_others(self):
        world = World()
        broken, other = world.client("signals"), world.client("signals")
        world.signal(signal(START_NS), is_told=False)
        break_off(broken)

        world.backfill()
        world.loop.settle()

        assert len(other.views["signals"].rows) == 1

    def test_heartbeats_go_on(self):
        world = World()
        broken, other = world.client(BARS), world.client(BARS)
        break_off(broken)

        world.loop.advance(17.0)

        assert len(other.of_type("hb")) == 3

    def test_the_heart_beats_on_after_any_exception(self):
        world = World()
        client = world.client(BARS)
        world.hub._heart._clock = None
        with pytest.raises(AttributeError):
            world.loop.advance(6.0)
        world.hub._heart._clock = world.loop
        world.loop.advance(6.0)

        assert client.of_type("hb")


def stalled(world):
    """A client that is behind by far."""
    client = world.client(BARS)
    client.socket.is_stalled = True
    return client


def fill(world):
    for number in range(100):
        world.tick(number + 1_000)
        world.loop.settle()


class TestChannelsThatRaise:
    def test_a_straggler_whose_channel_raises_is_closed_and_the_others_are_served(self):
        world = World(stuck_after_s=10.0, **SMALL)
        broken, recovering, stuck = stalled(world), stalled(world), stalled(world)
        fill(world)
        broken.socket.get_write_buffer_size = lambda: 1 / 0
        recovering.socket.is_stalled = False
        recovering.socket.read()
        world.loop.advance(10.5)

        assert (broken.close_code, stuck.close_code, recovering.close_code) == (4500, 4508, None)
        assert recovering.views[BARS].growing["c"] == "10.99"
        assert world.hub.connections == [recovering.connection]

    def test_a_snapshot_that_raises_closes_the_one_who_waits_for_it(self, monkeypatch):
        world = World()
        waiting, other = world.client(FIVE), world.client(BARS)
        monkeypatch.setattr(world.hub.streams.find(FIVE).channel, "snapshot", lambda: 1 / 0)

        world.load("5m")
        world.close()
        world.loop.settle()

        assert (waiting.close_code, other.close_code) == (4500, None)
        assert len(other.of_type("bar")) == 1

    def test_a_channel_that_cannot_start_is_answered_and_can_be_asked_for_again(self, monkeypatch):
        world = World()
        client = world.client(BARS)
        with monkeypatch.context() as broken:
            broken.setattr(world.bars, "ensure", lambda *_: 1 / 0)
            assert client.ask("subscribe", ch=[FIVE])["code"] == "internal"
        assert world.hub.streams.find(FIVE) is None
        client.subscribe(FIVE)
        world.close()
        world.loop.settle()

        assert world.bars.ensured[-1] == (BTC, "5m")
        assert len(client.of_type("bar")) == 1


class TestLanesThatRaise:
    def test_a_pace_that_the_loop_refuses_closes_those_alone_who_want_it(self, monkeypatch):
        world = World()
        paced, second, other = world.client(BARS, max_hz=4), world.client(BARS, "status", max_hz=4), world.client(BARS)
        real = world.loop.call_later
        monkeypatch.setattr(world.loop, "call_later", lambda s, call: 1 / 0 if s == 0.25 else real(s, call))
        for price in (1_000, 2_000):
            world.tick(price)
            world.loop.settle()
        world.close()
        world.loop.settle()

        assert (paced.close_code, second.close_code, other.close_code) == (4500, 4500, None)
        assert world.hub.connections == [other.connection]
        assert [bar["data"]["closed"] for bar in other.of_type("bar")] == [False, False, True]

    def test_who_comes_back_to_the_stream_at_another_pace_goes_on_where_it_was(self, monkeypatch):
        world = World()
        paced, other = world.client(BARS, max_hz=4), world.client(BARS)
        with monkeypatch.context() as broken:
            broken.setattr(world.loop, "call_later", lambda *_: 1 / 0)
            for price in (1_000, 2_000):
                world.tick(price)
                world.loop.settle()
        world.close()
        paced.wanted[BARS] = None
        paced.resume()
        world.loop.settle()

        assert paced.views[BARS].snapshots == 1
        assert paced.views[BARS].rows == other.views[BARS].rows

    def test_a_channel_that_cannot_show_its_new_epoch_ends_for_everybody(self, monkeypatch):
        world = World()
        paced, plain, other = world.client(BARS, max_hz=4), world.client(BARS), world.client(FIVE)
        failed = world.hub.streams.find(BARS)
        monkeypatch.setattr(failed.channel, "snapshot", lambda: 1 / 0)
        world.hub.reset(failed)
        world.loop.settle()

        assert (paced.close_code, plain.close_code, other.close_code) == (4500, 4500, None)
        assert world.hub.streams.find(BARS) is None


@pytest.mark.parametrize("max_hz", [1e-300, 5e-324])
def test_the_slowest_pace_one_may_ask_for_holds_no_timer_for_years(max_hz):
    world = World()
    client, other = world.client(BARS, max_hz=max_hz), world.client(BARS)
    for price in (1_000, 2_000, 3_000):
        world.tick(price)
        world.loop.settle()

    assert all(due <= world.loop.now + 60.0 for due, _, _ in world.loop._later)
    assert (client.close_code, other.close_code) == (None, None)
    assert other.views[BARS].growing["c"] == "30.00"


def test_a_window_that_loaded_unheard_is_shown_after_a_rebuild():
    world = World()
    client = world.client(FIVE)
    world.bars.put(BTC, "5m", bar_rows(3))
    world.relay.attach()

    assert len(client.views[FIVE].rows) == 3


def test_bars_grow_for_those_who_come_back_after_a_failed_channel(monkeypatch):
    world = World()
    first = world.client(BARS)
    world.tick()
    world.loop.settle()
    with monkeypatch.context() as broken:
        broken.setattr(world.bars, "open_bar", lambda *_: 1 / 0)
        world.tick(1_000)
        world.loop.settle()
    assert first.close_code == 4500
    first.connect()
    first.subscribe(BARS)
    world.tick(7_777)
    world.loop.settle()

    assert first.views[BARS].growing["c"] == "77.77"


async def test_what_is_scheduled_carries_no_trace_id_of_its_occasion():
    found, done = [], asyncio.Event()

    def look():
        found.append(get_contextvars())
        if len(found) == 2:
            done.set()

    with bound_contextvars(trace_id="a-caller"):
        RunningLoop().call_soon(look)
        RunningLoop().call_later(0.001, look)
    await asyncio.wait_for(done.wait(), 30.0)

    assert found == [{}, {}]
