"""The host keeps an engine running until it is told to stop, whatever fails in between."""

import asyncio

import pytest

from config.errors import ConfigError
from node.host import BuiltNode, NodeHost


class Engine:
    """What the host uses of a LiveNode; comes up, ends or hangs as a test wants."""

    def __init__(self, *, starts=True, hangs=False):
        self.starts = starts
        self.hangs = hangs
        self.over = asyncio.Event()
        self.error = None
        self.is_running = False
        self.is_disposed = False

    def handle(self):
        return self

    def stop(self):
        if not self.hangs:
            self.over.set()

    async def run_async(self):
        self.is_running = self.starts
        await self.over.wait()
        self.is_running = False
        if self.error is not None:
            raise self.error

    def dispose(self):
        self.is_disposed = True

    def die(self, error=None):
        self.error = error
        self.over.set()


class World:
    """Builds engines in the order given; an exception is raised instead of built."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.built = []
        self.quieted = 0
        self.host = NodeHost(self.build, quiet=self.quiet, backoff_s=(0.0, 0.01))

    def build(self):
        assert all(engine.is_disposed for engine in self.built), "two engines at once"
        outcome = self.outcomes.pop(0) if self.outcomes else Engine()
        if isinstance(outcome, Exception):
            raise outcome
        self.built.append(outcome)
        return BuiltNode(node=outcome, components=())

    async def quiet(self):
        self.quieted += 1

    async def until(self, condition):
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110  # any condition
                await asyncio.sleep(0.001)


async def test_an_engine_comes_up_and_stops():
    world = World()

    await world.host.start()
    assert (world.host.state, world.host.starts) == ("running", 1)
    await world.host.stop()

    assert world.host.state == "stopped"
    assert world.built[0].is_disposed
    assert world.quieted == 1


async def test_a_first_start_that_fails_is_told_and_not_tried_again():
    world = World(ConfigError("no such predictor"))

    with pytest.raises(ConfigError):
        await world.host.start()

    assert world.host.state == "failed"
    assert "no such predictor" in world.host.error


async def test_an_engine_that_ends_while_starting_is_a_failure():
    engine = Engine(starts=False)
    engine.die()

    with pytest.raises(RuntimeError, match="ended while starting"):
        await World(engine).host.start()

    assert engine.is_disposed


@pytest.mark.parametrize("error", [None, RuntimeError("panic")])
async def test_an_engine_that_ends_by_itself_is_replaced(error):
    world = World()
    await world.host.start()

    world.built[0].die(error)
    await world.until(lambda: world.host.starts == 2)

    assert world.host.state == "running"
    assert world.host.error is None
    await world.host.stop()


async def test_what_fails_in_the_engine_is_replaced_after_a_quiet_end():
    world = World()
    await world.host.start()

    world.host.fail("buffer: boom")
    assert (world.host.state, world.host.error) == ("failed", "buffer: boom")
    await world.until(lambda: world.host.starts == 2)

    assert world.quieted == 1
    await world.host.stop()


async def test_it_is_tried_again_however_often_building_fails():
    world = World(Engine(), ConfigError("first"), RuntimeError("second"), OSError("third"), Engine())
    await world.host.start()

    world.built[0].die()
    await world.until(lambda: world.host.state == "running" and world.host.starts == 2)

    assert world.outcomes == []
    await world.host.stop()


async def test_a_rebuild_asked_for_does_its_work_between_two_engines():
    world = World()
    await world.host.start()
    seen = []

    async def between():
        seen.append(world.built[0].is_disposed)

    await world.host.rebuild(between)

    assert seen == [True]
    assert world.host.starts == 2
    await world.host.stop()


async def test_a_rebuild_that_fails_is_told_and_tried_again():
    world = World(Engine(), RuntimeError("not yet"), Engine())
    await world.host.start()

    with pytest.raises(RuntimeError, match="not yet"):
        await world.host.rebuild()
    assert world.host.state == "failed"
    await world.until(lambda: world.host.state == "running")

    await world.host.stop()


async def test_a_stop_while_starting_does_not_wait_for_the_start():
    world = World(Engine(starts=False))
    starting = asyncio.create_task(world.host.start())
    await world.until(lambda: world.built)

    async with asyncio.timeout(60):
        await world.host.stop()
        await starting

    assert world.host.state == "stopped"
    assert world.built[0].is_disposed


async def test_a_stop_ends_the_attempts():
    world = World(Engine(), *[RuntimeError("never")] * 100)
    await world.host.start()
    world.built[0].die()
    await world.until(lambda: len(world.outcomes) < 98)

    await world.host.stop()
    left = len(world.outcomes)
    await asyncio.sleep(0.05)

    assert (world.host.state, len(world.outcomes)) == ("stopped", left)


async def test_an_engine_that_does_not_stop_is_cancelled(monkeypatch):
    monkeypatch.setattr("node.host.STOP_TIMEOUT_S", 0.01)
    world = World(Engine(hangs=True))
    await world.host.start()

    async with asyncio.timeout(60):
        await world.host.stop()

    assert world.built[0].is_disposed
