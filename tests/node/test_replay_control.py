"""The end of a recording that plays in a loop, whatever is under way just then."""

import asyncio
from contextlib import suppress

import pytest

from adapters.player import Player
from node.market import OpenMarket
from node.replay import ReplayControl
from tests.listening import Ears, playing
from tests.recordings import BEGIN, MINUTE, feed_of, minutes
from tests.unit.traded_market import until


class FakeHost:
    """A host whose rebuild does what belongs between two nodes, when the test lets it."""

    def __init__(self):
        self.state = "running"
        self.may_go = asyncio.Event()
        self.may_go.set()

    async def rebuild(self, between):
        self.state = "rebuilding"
        await self.may_go.wait()
        await between()
        self.state = "running"


class World:
    """A recording of ten minutes that stands at its end, and who controls it."""

    def __init__(self, folder):
        feed = feed_of(folder, *minutes(10))
        self.tasks = set()
        self.host = FakeHost()
        self.player = Player(feed, speed=0, at_end="loop", on_end=lambda _: self.spawn(self.control.loop()))
        market = OpenMarket(
            feed=feed, player=self.player, latency_s=0.0, tape=feed, close=lambda: None, error=lambda: None
        )
        self.is_ready = True
        self.on_change = lambda: None
        self.control = ReplayControl(
            market,
            self.host,
            None,
            forget=lambda: None,
            settle=lambda _: None,
            is_ready=lambda: self.is_ready,
            on_change=self._changed,
            spawn=self.spawn,
        )

    def _changed(self):
        self.on_change()

    def spawn(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        return task

    async def play(self):
        """Play to the end."""
        async with playing(self.player, Ears()) as run:
            await run

    @property
    def is_at_begin(self):
        return self.player.position_ns == BEGIN and not self.player.is_ended


@pytest.fixture
async def world(tmp_path):
    world = World(tmp_path)
    yield world
    for task in world.tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*world.tasks, return_exceptions=True)


async def test_a_recording_begins_again_after_its_end(world):
    await world.play()
    await until(lambda: world.is_at_begin)

    assert world.control.state().loops == 1


async def test_an_end_that_comes_while_a_jump_is_awaited_is_not_forgotten(world):
    world.is_ready = False
    jump = world.spawn(world.control.jump(BEGIN + 5 * MINUTE, reset=False))
    await until(lambda: world.player.position_ns == BEGIN + 5 * MINUTE)
    await world.play()
    assert world.player.is_ended
    world.is_ready = True
    await jump
    await until(lambda: world.is_at_begin)

    assert world.control.state().loops == 1


async def test_an_end_that_comes_while_the_node_is_replaced_is_not_forgotten(world):
    world.host.state = "failed"
    await world.play()
    await asyncio.sleep(0)
    assert world.player.is_ended
    world.host.state = "running"
    await until(lambda: world.is_at_begin)

    assert world.control.state().loops == 1


async def test_a_jump_away_from_the_end_is_no_loop(world):
    world.host.state = "failed"
    await world.play()
    world.host.state = "running"
    await world.control.jump(BEGIN + 5 * MINUTE, reset=False)
    await until(lambda: all(task.done() for task in world.tasks))

    assert (world.player.position_ns, world.control.state().loops) == (BEGIN + 5 * MINUTE, 0)


async def test_a_jump_that_arrived_is_no_failure_because_the_next_move_has_begun(world):
    def begin_the_next():
        world.is_ready = world.control.state().state == "jumping"

    world.on_change = begin_the_next
    await world.control.jump(BEGIN + 5 * MINUTE, reset=False)

    assert world.player.position_ns == BEGIN + 5 * MINUTE
