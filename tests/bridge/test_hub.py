"""The hub without sockets: numbering, snapshots, resume, slow clients, pace, and what belongs to whom."""

from typing import override

import msgspec
import pytest

from actors.bridge.channel import Channel
from actors.bridge.delivery import fanout
from actors.bridge.wire_messages import SignalsSnapshot, SignalUpdate
from actors.ports.identity import Principal
from actors.wire import signal_body
from config.registry import Registry
from tests.bridge.fakes import BTC, ETH, START_NS, bar_rows, signal
from tests.bridge.hub_client import FakeClient
from tests.bridge.hub_world import MINUTE, World, small_registry

BARS = f"bars:{BTC}:1m"


class TestSubscribing:
    def test_the_ack_comes_first_then_the_snapshot_then_updates_that_follow_it(self):
        world = World()

        client = world.client(BARS)
        world.close()
        world.loop.settle()

        assert [one["type"] for one in client.received] == ["hello", "ack", "snapshot", "bar"]
        assert client.received[1]["position"] == {BARS: ["e1", 0]}
        assert client.received[3]["seq"] == 1

    def test_a_snapshot_has_the_closed_bars_and_the_open_one_last(self):
        world = World(bars=700)
        world.tick()

        snapshot = world.client(BARS).received[-1]

        assert len(snapshot["data"]) == 501
        assert [bar["closed"] for bar in snapshot["data"][-2:]] == [True, False]
        assert snapshot["part"] == [0, 1]

    def test_an_open_bar_that_is_no_more_is_in_no_later_snapshot(self):
        world = World(bars=5)
        world.tick()
        first = world.client(BARS)
        assert [bar["closed"] for bar in first.received[-1]["data"][-2:]] == [True, False]

        world.bars.growing.clear()  # a hole, or a node that has heard nothing yet
        second = world.client(BARS)
        assert [bar["closed"] for bar in second.received[-1]["data"]] == [True] * 5

        world.tick(price=7_000)
        world.loop.settle()
        assert [one.views[BARS].growing["c"] for one in (first, second)] == ["70.00", "70.00"]

    def test_an_open_bar_repeats_the_number_of_the_last_closed_one(self):
        world = World()
        client = world.client(BARS)
        world.close()
        world.tick()
        world.loop.settle()

        closed, growing = client.of_type("bar")

        assert (closed["data"]["closed"], growing["data"]["closed"]) == (True, False)
        assert closed["seq"] == growing["seq"] == 1

    def test_everything_of_one_turn_is_one_write(self):
        world = World()
        client = world.client(BARS, "signals", "status")
        world.loop.settle()
        before = client.socket.writes

        for number in range(5):
            world.close()
            world.signal(signal(START_NS + number * MINUTE))
        world.tick()
        world.loop.settle()

        assert client.socket.writes == before + 1
        assert len(client.of_type("bar")) == 6
        assert len(client.of_type("ai_signal")) == 5

    def test_many_ticks_of_one_turn_are_one_open_bar(self):
        world = World()
        client = world.client(BARS)

        for price in range(100):
            world.tick(3_000_000 + price)
        world.loop.settle()

        assert [one["data"]["c"] for one in client.of_type("bar")] == ["30000.99"]

    def test_a_tick_that_changes_nothing_is_not_sent_again(self):
        world = World()
        client = world.client(BARS)
        world.tick(3_000_000)
        world.loop.settle()
        world.tick(3_000_000)
        world.loop.settle()

        assert len(client.of_type("bar")) == 1

    def test_all_clients_are_sent_the_same_bytes(self):
        world = World()
        clients = [world.client(BARS) for _ in range(3)]
        world.tick()
        world.loop.settle()

        assert len({str(client.of_type("bar")) for client in clients}) == 1

    def test_nothing_of_a_channel_comes_after_the_ack_of_unsubscribe(self):
        world = World()
        client = world.client(BARS, "status")
        world.close()

        answer = client.ask("unsubscribe", ch=[BARS, "never-subscribed"])
        world.close()
        world.loop.settle()

        assert answer["type"] == "ack"
        assert client.received[-1] == answer

    def test_subscribing_again_starts_the_channel_again(self):
        world = World()
        client = world.client(BARS)
        world.close()
        client.subscribe(BARS)
        world.close()
        world.loop.settle()

        assert client.views[BARS].snapshots == 1
        assert client.views[BARS].position == ("e1", 2)
        assert len(client.views[BARS].rows) == 5

    def test_a_big_snapshot_comes_in_parts(self, monkeypatch):
        monkeypatch.setattr("actors.bridge.delivery.frames.PART_BYTES", 1_000)
        world = World(bars=40)

        client = world.client(BARS)

        parts = [one["part"] for one in client.of_type("snapshot")]
        assert len(parts) > 3
        assert parts == [[number, len(parts)] for number in range(len(parts))]
        assert len(client.views[BARS].rows) == 40

    def test_a_window_that_loads_is_acknowledged_at_once_and_shown_when_it_is_there(self):
        world = World()
        name = f"bars:{BTC}:5m"
        client = world.client(name, BARS)

        assert client.received[1]["position"][name] == ["e1", 0]
        assert client.views[name].snapshots == 0
        assert client.views[BARS].snapshots == 1
        world.bars.put(BTC, "5m", world.bars.closed[BTC, "1m"])
        world.load("5m")
        assert client.views[name].snapshots == 1
        assert world.bars.ensured == [(BTC, "5m"), (BTC, "1m")]

    def test_without_live_data_only_closed_bars_come(self):
        world = World(has_ticks=False)
        world.tick()
        client = world.client(BARS)
        world.tick(3_000_500)
        world.close()
        world.loop.settle()

        assert all(bar["closed"] for bar in client.views[BARS].rows)
        assert [one["data"]["closed"] for one in client.of_type("bar")] == [True]


class TestChannelsWithoutListeners:
    def test_what_nobody_ever_asked_for_is_not_kept(self):
        world = World()
        world.tick()
        world.close()
        world.signal(signal())
        world.loop.settle()

        assert world.hub.streams == {}

    def test_a_growing_bar_that_nobody_hears_any_more_is_not_even_looked_at(self):
        world = World()
        client = world.client(BARS, max_hz=5)
        client.disconnect()
        world.bars.open_bar = lambda *_: pytest.fail("looked at")
        world.tick()
        world.loop.settle()

        assert world.hub.streams.find(BARS).lanes == {}

    def test_rows_go_on_being_numbered_when_the_last_listener_has_gone(self):
        world = World()
        client = world.client(BARS)
        client.disconnect()
        for _ in range(4):
            world.close()
        client.resume()

        assert client.views[BARS].snapshots == 1
        assert client.views[BARS].position == ("e1", 4)


class TestResuming:
    def test_what_was_missed_comes_from_the_ring(self):
        world = World()
        client = world.client(BARS)
        world.close()
        world.loop.settle()
        client.disconnect()
        for _ in range(3):
            world.close()
        world.tick()

        client.resume()

        assert client.views[BARS].snapshots == 1
        assert [one["seq"] for one in client.of_type("bar")] == [1, 2, 3, 4, 4]

    def test_nothing_comes_to_one_who_missed_nothing(self):
        world = World()
        client = world.client("signals")
        client.disconnect()
        client.resume()

        assert client.received[-1]["type"] == "ack"
        assert client.views["signals"].snapshots == 1

    def test_another_epoch_gets_a_snapshot(self):
        world = World()
        client = world.client()
        client.subscribe(BARS, since={BARS: ["stale", 1]})

        assert client.views[BARS].position == ("e1", 0)

    def test_the_position_of_an_ack_whose_snapshot_never_came_is_nowhere(self):
        world = World()
        name = f"bars:{BTC}:5m"
        client = world.client(name)
        position = client.received[1]["position"]
        client.disconnect()
        client.connect()
        client.subscribe(name, since=position)
        world.bars.put(BTC, "5m", world.bars.closed[BTC, "1m"])
        world.load("5m")

        assert len(client.views[name].rows) == 3

    @pytest.mark.parametrize("seq", [5, 2**53 - 1])
    def test_a_number_from_the_future_gets_a_snapshot(self, seq):
        world = World()
        client = world.client(BARS)
        client.subscribe(BARS, since={BARS: ["e1", seq]})

        assert client.views[BARS].position == ("e1", 0)

    def test_more_than_the_ring_holds_gets_a_snapshot(self):
        world = World(registry=small_registry())
        client = world.client(BARS)
        client.disconnect()
        for _ in range(17):
            world.close()
        client.resume()

        assert client.views[BARS].snapshots == 2
        assert client.views[BARS].position == ("e1", 17)

    def test_as_much_as_the_ring_holds_is_replayed(self):
        world = World(registry=small_registry())
        client = world.client(BARS)
        client.disconnect()
        for _ in range(16):
            world.close()
        client.resume()

        assert client.views[BARS].snapshots == 1
        assert client.views[BARS].updates == 16

    def test_a_reset_gives_everybody_a_snapshot_of_a_new_epoch(self):
        world = World()
        client = world.client(BARS)
        world.close()
        world.hub.reset_all()
        world.loop.settle()
        world.close()
        world.loop.settle()

        assert client.views[BARS].position == ("e2", 1)
        assert len(client.views[BARS].rows) == 5

    def test_the_epoch_survives_a_rebuild_and_what_closed_in_between_is_sent(self):
        world = World()
        client = world.client(BARS)
        world.close(is_told=False)
        world.close(is_told=False)
        world.relay.attach()
        world.loop.settle()

        assert client.views[BARS].position == ("e1", 2)
        assert client.views[BARS].snapshots == 1

    def test_after_a_fault_everything_starts_from_snapshots(self):
        world = World()
        client = world.client("signals", BARS)
        world.signal(signal(), is_told=False)
        world.relay.tear()
        world.relay.attach()
        world.loop.settle()

        assert client.views["signals"].position == ("e3", 0)
        assert len(client.views["signals"].rows) == 1

    @pytest.mark.parametrize("minutes", [-10, 10_000])
    def test_a_window_that_does_not_go_on_from_what_was_sent_is_shown_by_a_snapshot(self, minutes):
        world = World(bars=20)
        client = world.client(BARS)
        world.bars.put(BTC, "1m", bar_rows(10, first=START_NS + minutes * MINUTE))
        world.load()
        world.loop.settle()

        assert client.views[BARS].snapshots == 2
        assert len(client.views[BARS].rows) == 10

    def test_what_grew_before_the_last_close_is_not_shown_to_one_who_comes_back(self):
        world = World()
        client = world.client(BARS)
        world.tick()
        world.loop.settle()
        client.disconnect()
        world.close()

        client.resume()

        assert [one["data"]["closed"] for one in client.of_type("bar")] == [False, True]

    def test_a_bar_of_which_nobody_has_told_yet_is_sent_once_when_somebody_comes(self):
        world = World()
        early = world.client(BARS)
        world.close()
        world.close(is_told=False)
        late = world.client(BARS)
        shown = len(late.views[BARS].rows)
        world.close()
        world.loop.settle()

        assert (shown, late.views[BARS].updates) == (5, 1)
        assert early.views[BARS].rows == late.views[BARS].rows
        assert late.views[BARS].position == ("e1", 3)


class TestSignals:
    def test_a_signal_goes_to_the_channel_of_all_and_to_that_of_its_instrument(self):
        world = World()
        everything, own, other = world.client("signals"), world.client(f"signals:{BTC}"), world.client(f"signals:{ETH}")
        world.signal(signal())
        world.loop.settle()

        assert [len(one.of_type("ai_signal")) for one in (everything, own, other)] == [1, 1, 0]

    def test_signals_of_history_come_as_a_fresh_snapshot(self):
        world = World()
        client = world.client("signals")
        world.signal(signal(), is_told=False)
        world.backfill()
        world.loop.settle()

        assert client.views["signals"].snapshots == 2
        assert len(client.views["signals"].rows) == 1


class TestStatus:
    def test_it_comes_once_a_second_while_market_time_moves(self):
        world = World()
        client = world.client("status")
        for _ in range(5):
            world.tick()
            world.clock.advance(world.clock.now_ns + 1_000_000)
            world.loop.advance(1.0)

        assert len(client.of_type("status")) == 5

    def test_it_does_not_come_while_nothing_changes(self):
        world = World()
        client = world.client("status")
        for _ in range(4):
            world.host.uptime_s += 1.0
            world.loop.advance(1.0)

        assert client.of_type("status") == []

    def test_a_change_of_state_comes_without_market_time(self):
        world = World()
        client = world.client("status")
        world.host.state = "rebuilding"
        world.loop.advance(1.1)

        assert client.views["status"].value["state"] == "rebuilding"


class TestSlowClients:
    def limits(self):
        return {"slow_after_bytes": 2_000, "caught_up_below_bytes": 500}

    def test_a_stalled_client_is_skipped_and_nothing_is_queued_for_it(self):
        world = World(**self.limits())
        client = world.client(BARS)
        client.socket.is_stalled = True
        for price in range(1_000):
            world.tick(price + 1_000)
            world.loop.settle()

        assert client.socket.get_write_buffer_size() < 2_500

    def test_it_catches_up_with_every_closed_bar_and_only_the_newest_open_one(self):
        world = World(**self.limits())
        client = world.client(BARS)
        client.socket.is_stalled = True
        for number in range(100):
            world.tick(number + 1_000)
            world.loop.settle()
            world.close()
            world.loop.settle()
        world.tick(7_777)
        world.loop.settle()
        stuck = len(client.of_type("bar"))
        client.socket.is_stalled = False
        client.socket.read()
        world.loop.advance(0.1)

        assert stuck == 0
        assert len(client.views[BARS].rows) == 103
        assert client.views[BARS].growing["c"] == "77.77"
        assert client.views[BARS].snapshots == 1
        assert len([one for one in client.of_type("bar") if not one["data"]["closed"]]) < 30

    def test_one_who_missed_more_than_the_ring_gets_a_snapshot(self):
        world = World(registry=small_registry(), **self.limits())
        client = world.client(BARS)
        client.socket.is_stalled = True
        for _ in range(100):
            world.close()
            world.loop.settle()
        client.socket.is_stalled = False
        client.socket.read()
        world.loop.advance(0.1)

        assert client.views[BARS].snapshots == 2
        assert client.views[BARS].position == ("e1", 100)

    def test_one_who_fills_up_in_the_middle_of_a_fan_out_loses_nothing_of_it(self):
        world = World(**self.limits())
        clients = [world.client(BARS) for _ in range(130)]
        last = clients[-1]
        last.socket.is_stalled = True
        for _ in range(20):
            world.close()
        world.loop.settle()
        world.close()
        world.loop.turn()
        world.close()
        world.loop.settle()
        assert last.connection.behind_since is not None
        last.socket.is_stalled = False
        last.socket.read()
        world.loop.advance(0.1)

        assert len(last.views[BARS].rows) == 25
        assert last.views[BARS].snapshots == 1

    def test_others_are_served_meanwhile(self):
        world = World(**self.limits())
        stalled, other = world.client(BARS), world.client(BARS)
        stalled.socket.is_stalled = True
        for number in range(100):
            world.tick(number + 1_000)
            world.loop.settle()

        assert len(other.of_type("bar")) == 100

    def test_one_who_stays_stuck_is_closed_with_4508(self):
        world = World(stuck_after_s=10.0, **self.limits())
        client = world.client(BARS)
        client.socket.is_stalled = True
        for number in range(100):
            world.tick(number + 1_000)
            world.loop.settle()
        world.loop.advance(9.9)
        assert client.close_code is None
        world.loop.advance(0.2)

        assert client.close_code == 4508
        assert world.hub.connections == []

    def test_snapshots_wait_for_a_full_socket(self):
        world = World(bars=500, **self.limits())
        world.bars.put(BTC, "5m", world.bars.closed[BTC, "1m"])
        client = world.client()
        client.socket.is_stalled = True
        client.subscribe(BARS, f"bars:{BTC}:5m")
        assert client.socket.get_write_buffer_size() < 70_000
        client.socket.is_stalled = False
        client.socket.read()
        world.loop.advance(0.1)

        assert {len(view.rows) for view in client.views.values()} == {500}

    def test_a_transport_that_raises_hurts_nobody_else(self):
        world = World()
        broken, other = world.client(BARS), world.client(BARS)

        def write(_data):
            raise RuntimeError("the handler is closed")

        broken.socket.write = write
        world.close()
        world.loop.settle()

        assert len(other.of_type("bar")) == 1


class TestPace:
    def test_open_bars_come_no_more_often_than_asked_for_and_the_newest_comes_in_the_end(self):
        world = World()
        client = world.client(BARS, max_hz=10)
        for number in range(100):
            world.tick(number + 1_000)
            world.loop.advance(0.01)
        world.loop.advance(0.2)

        assert 9 <= len(client.of_type("bar")) <= 12
        assert client.views[BARS].growing["c"] == "10.99"

    def test_a_value_held_back_comes_when_its_time_has_come(self):
        world = World()
        client = world.client(BARS, max_hz=10)
        world.tick(1_000)
        world.loop.settle()
        world.tick(2_000)
        world.loop.advance(0.05)
        assert client.views[BARS].growing["c"] == "10.00"
        world.loop.advance(0.1)

        assert client.views[BARS].growing["c"] == "20.00"

    def test_closed_bars_are_never_held_back(self):
        world = World()
        client = world.client(BARS, max_hz=1)
        for _ in range(20):
            world.tick()
            world.close()
            world.loop.settle()

        assert len([one for one in client.of_type("bar") if one["data"]["closed"]]) == 20

    def test_one_client_s_pace_is_not_another_s(self):
        world = World()
        slow, fast = world.client(BARS, max_hz=1), world.client(BARS)
        for number in range(50):
            world.tick(number + 1_000)
            world.loop.advance(0.01)

        assert (len(slow.of_type("bar")), len(fast.of_type("bar"))) == (1, 50)


class TestHeartbeats:
    def test_an_idle_connection_hears_the_heads_of_its_channels(self):
        world = World()
        client = world.client(BARS, "status")
        world.close()
        world.loop.settle()
        world.loop.advance(6.6)

        beat = client.of_type("hb")[0]

        assert beat["heads"] == {BARS: 1, "status": 2}
        assert beat["wall_ms"] == pytest.approx(world.loop.wall_ms(), abs=2_000)

    def test_a_connection_that_hears_something_gets_none(self):
        world = World()
        client = world.client(BARS)
        for _ in range(10):
            world.close()
            world.loop.advance(1.0)

        assert client.of_type("hb") == []

    def test_heads_never_run_ahead_of_what_was_sent(self):
        world = World()
        client = world.client(BARS)
        world.loop.advance(4.5)
        world.hub.streams[BARS, ""].append(b'{"t":1}')
        world.loop.advance(1.6)

        assert client.of_type("hb")[0]["heads"] == {BARS: 0}


class TestManyConnections:
    @pytest.fixture(autouse=True)
    def short_turns(self, monkeypatch):
        """One row of 64 connections a turn."""
        monkeypatch.setattr(fanout, "TURN_BYTES", 1)

    def test_a_heartbeat_in_the_middle_of_a_fan_out_comes_after_what_it_tells_of(self):
        world = World()
        clients = [world.client(BARS) for _ in range(200)]
        world.loop.advance(4.9)
        world.close()
        world.loop.turn()
        world.loop.now += 5.0
        world.hub._heart._beat()

        for client in clients[64:]:
            assert [one["type"] for one in client.received[-2:]] == ["bar", "hb"]
            assert client.received[-1]["heads"] == {BARS: 1}

    def test_one_who_leaves_in_the_middle_of_a_fan_out_is_not_written_to(self):
        world = World()
        clients = [world.client(BARS) for _ in range(100)]
        world.close()
        world.loop.turn()
        for client in clients:
            client.disconnect()
        world.loop.settle()

        assert [len(client.of_type("bar")) for client in clients] == [1] * 64 + [0] * 36

    def test_a_wide_fan_out_lets_the_loop_turn_in_between(self):
        world = World(max_concurrent_connections=500)
        clients = [world.client(BARS) for _ in range(200)]
        world.close()
        turns = 0
        while world.loop._soon:
            world.loop.turn()
            turns += 1

        assert turns >= 4
        assert {len(one.of_type("bar")) for one in clients} == {1}

    def test_changes_in_the_middle_of_a_fan_out_lose_and_repeat_nothing(self):
        world = World()
        clients = [world.client(BARS, "signals") for _ in range(200)]
        for number in range(5):
            world.close()
            world.signal(signal(START_NS + number * MINUTE))
            world.loop.turn()
            for client in clients[number::7]:
                client.subscribe(f"bars:{BTC}:1m")
            for client in clients[number::5]:
                client.ask("unsubscribe", ch=["signals"])
                client.subscribe("signals")
        world.loop.settle()

        assert {len(one.views[BARS].rows) for one in clients} == {8}
        assert {len(one.views["signals"].rows) for one in clients} == {5}


class Diary(Channel):
    """A private log, for tests: each user has an own one."""

    kind = "log"
    is_private = True
    update = SignalUpdate
    snapshot_message = SignalsSnapshot

    @override
    def snapshot(self) -> list[bytes]:
        return []


class TestOwners:
    def user(self, world, name):
        return FakeClient(world, Principal(user_id=name, roles=frozenset({"viewer"})))

    def world(self):
        registry = Registry("channel", "actors.bridge.commands")
        registry.register("diary")(Diary)
        return World(registry=registry)

    def body(self, number):
        return msgspec.json.encode(signal_body(signal(START_NS + number * MINUTE)))

    def test_a_private_row_reaches_only_its_owner(self):
        world = self.world()
        anna, bob = self.user(world, "anna"), self.user(world, "bob")
        for client in (anna, bob):
            client.subscribe("diary")

        world.hub.publish(world.hub.streams.find("diary", "anna"), [self.body(1)])
        world.loop.settle()

        assert len(anna.of_type("ai_signal")) == 1
        assert bob.of_type("ai_signal") == []
        assert world.hub.streams.find("diary") is None

    def test_each_owner_s_rows_are_numbered_for_themselves(self):
        world = self.world()
        anna, bob = self.user(world, "anna"), self.user(world, "bob")
        for client in (anna, bob):
            client.subscribe("diary")
        for number in range(3):
            world.hub.publish(world.hub.streams.find("diary", "anna"), [self.body(number)])
        world.hub.publish(world.hub.streams.find("diary", "bob"), [self.body(9)])
        world.loop.settle()

        assert [one["seq"] for one in anna.of_type("ai_signal")] == [1, 2, 3]
        assert [one["seq"] for one in bob.of_type("ai_signal")] == [1]

    def test_another_s_epoch_does_not_open_their_rows(self):
        world = self.world()
        anna, bob = self.user(world, "anna"), self.user(world, "bob")
        anna.subscribe("diary")
        world.hub.publish(world.hub.streams.find("diary", "anna"), [self.body(1)])
        world.loop.settle()
        bob.subscribe("diary", since={"diary": ["e1", 0]})

        assert bob.views["diary"].rows == []
        assert bob.of_type("ai_signal") == []

    def test_a_channel_above_one_s_role_is_forbidden(self):
        world = World()
        nobody = FakeClient(world, Principal(user_id="nobody", roles=frozenset()))

        assert nobody.subscribe("status")["code"] == "forbidden"
        assert nobody.ask("ping")["type"] == "pong"


class TestChannelFaults:
    def test_a_channel_that_raises_closes_its_own_listeners_only(self):
        world = World()
        victim, other = world.client(BARS), world.client("signals")
        world.bars.open_bar = lambda *_: 1 / 0
        world.tick()
        world.signal(signal())
        world.loop.settle()

        assert victim.close_code == 4500
        assert len(other.of_type("ai_signal")) == 1
