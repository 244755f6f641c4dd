"""The bridge's shell in a real engine: bus messages reach the clients of the hub, across rebuilds and faults."""

from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import ActorId

from actors.bridge.actor import BridgeActor
from actors.market import bar_type_of
from actors.messages import BarsMended, ClosedBar, OpenBarChanged, SignalsBackfilled, WindowLoaded
from tests.bridge.fakes import BTC, START_NS, signal
from tests.bridge.hub_world import World
from tests.node.mouth import speaking

pytestmark = pytest.mark.slow
BARS = f"bars:{BTC}:1m"
BAR_TYPE = bar_type_of(BTC, "1m")


@asynccontextmanager
async def running(world, **options):
    """A started node with the bridge; gives its mouth and the bridge."""
    bridge = BridgeActor(DataActorConfig(actor_id=ActorId("BRIDGE-001")), world.relay, **options)
    async with speaking(bridge) as mouth:
        yield mouth, bridge


def close(world, mouth):
    row = world.close(is_told=False)
    mouth.say(f"bars.{BAR_TYPE}", ClosedBar(trace_id="t", bar_type=BAR_TYPE, row=row, ts_event=row.ts_open))


async def test_every_kind_of_message_reaches_a_client():
    world = World()
    client = world.client(BARS, "signals", f"bars:{BTC}:5m")
    async with running(world) as (mouth, _):
        close(world, mouth)
        world.tick(4_242)
        mouth.say(f"openbars.{BTC}", OpenBarChanged(trace_id="t", instrument_id=BTC, ts_event=1))
        made = signal(START_NS)
        world.signal(made, is_told=False)
        mouth.say(f"signals.{BAR_TYPE}", made)
        world.bars.put(BTC, "5m", world.bars.closed[BTC, "1m"])
        five = bar_type_of(BTC, "5m")
        mouth.say(f"windows.{five}", WindowLoaded(trace_id="t", bar_type=five, bars=4, is_complete=True))
        world.loop.settle()
        mouth.say(f"backfills.{BAR_TYPE}", SignalsBackfilled(trace_id="t", bar_type=BAR_TYPE, signals=1))
        world.loop.settle()

    assert client.views[BARS].position == ("e1", 1)
    assert client.views[BARS].growing["c"] == "42.42"
    assert len(client.of_type("ai_signal")) == 1
    assert client.views["signals"].snapshots == 2
    assert client.views[f"bars:{BTC}:5m"].snapshots == 1


async def test_bars_of_the_past_that_are_others_now_come_as_a_new_snapshot():
    world = World()
    client = world.client(BARS)
    async with running(world) as (mouth, _):
        close(world, mouth)
        world.loop.settle()
        rows = world.bars.closed[BTC, "1m"]
        mended = replace(rows[-2], volume=rows[-2].volume + 7)
        world.bars.closed[BTC, "1m"] = [*rows[:-2], mended, rows[-1]]
        message = BarsMended(trace_id="t", bar_type=BAR_TYPE, first=mended.ts_open, last=mended.ts_open, bars=1)
        mouth.say(f"mends.{BAR_TYPE}", message)
        world.loop.settle()

    assert client.views[BARS].snapshots == 2
    assert client.views[BARS].position == ("e2", 0)


async def test_after_a_rebuild_the_same_epoch_goes_on_and_nothing_is_missing():
    world = World()
    client = world.client(BARS)
    async with running(world) as (mouth, _):
        close(world, mouth)
        world.loop.settle()
    world.close(is_told=False)
    async with running(world) as (mouth, _):
        close(world, mouth)
        world.loop.settle()

    assert client.views[BARS].position == ("e1", 3)
    assert client.views[BARS].snapshots == 1


async def test_a_fault_mutes_the_bridge_and_the_next_one_starts_from_snapshots():
    world = World()
    client = world.client("signals")
    async with running(world) as (mouth, bridge):
        mouth.say(f"signals.{BAR_TYPE}", "no signal")
        made = signal(START_NS)
        world.signal(made, is_told=False)
        mouth.say(f"signals.{BAR_TYPE}", made)
        world.loop.settle()
        faults = bridge.faults.found
    assert [one.handler for one in faults] == ["BridgeActor.on_signal_made"]
    assert client.of_type("ai_signal") == []

    async with running(world):
        world.loop.settle()

    assert client.views["signals"].position[0] != "e1"
    assert len(client.views["signals"].rows) == 1


async def test_without_live_data_growing_bars_are_not_even_heard():
    world = World()
    client = world.client(BARS)
    async with running(world, has_ticks=False) as (mouth, _):
        world.tick()
        world.loop.settle()
        shown = len(client.of_type("bar"))
        mouth.say(f"openbars.{BTC}", OpenBarChanged(trace_id="t", instrument_id=BTC, ts_event=1))
        close(world, mouth)
        world.loop.settle()

    assert [one["data"]["closed"] for one in client.of_type("bar")[shown:]] == [True]
