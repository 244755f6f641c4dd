"""The shell of the users in a real engine: sessions end by its timer, and by that of the node after it."""

import asyncio
import gc

import pytest
from nautilus_trader.common import DataActorConfig, Environment, LoggerConfig, LogLevel
from nautilus_trader.live import LiveNode
from nautilus_trader.model import ActorId, TraderId

from actors.auth.actor import AuthActor
from config.errors import StoreUnavailableError
from tests.people_world import HOUR_S, people_in

pytestmark = pytest.mark.slow
PATIENCE_S = 30.0


class Turns:
    """What is due: counted, failing when told, and slow when told."""

    def __init__(self):
        self.begun, self.running, self.most = 0, 0, 0
        self.errors = []
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def turn(self):
        self.begun += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.may_end.wait()
            if self.errors:
                raise self.errors.pop()
        finally:
            self.running -= 1


class Running:
    """A live node with nothing in it but the actor."""

    def __init__(self, upkeep):
        logging = LoggerConfig(stdout_level=LogLevel.OFF, print_config=False)
        builder = LiveNode.builder("users", TraderId("WHISPERER-001"), Environment.LIVE).with_logging(logging)
        self.node = builder.with_reconciliation(False).with_delay_post_stop_secs(0).with_delay_shutdown_secs(0).build()
        self.actor = AuthActor(DataActorConfig(actor_id=ActorId("AUTH-001")), upkeep, every_s=0.02)
        self.node.add_actor(self.actor)
        self.handle = self.node.handle()

    async def __aenter__(self):
        self.run = asyncio.create_task(self.node.run_async())
        return self

    async def __aexit__(self, *_):
        self.handle.stop()
        await self.run
        self.node.dispose()
        self.node = self.handle = None
        gc.collect()


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # it depends on an engine
            await asyncio.sleep(0.01)


async def test_sessions_end_by_the_timer_of_the_engine_and_of_the_next_one(tmp_path):
    async with people_in(tmp_path) as world:
        for email in ("anna@example.org", "bob@example.org"):
            principal, signed_in = await world.member(email)
            world.clock.pass_s(HOUR_S)
            async with Running(world.upkeep):
                await until(lambda: world.ended.sessions)
            assert world.ended.sessions == [(principal.user_id, signed_in.session_id, "idle")]
            world.ended.sessions.clear()


async def test_turns_follow_one_another_and_outlive_a_disk_that_is_full():

    upkeep = Turns()
    upkeep.errors = [StoreUnavailableError("the disk is full")] * 2
    async with Running(upkeep) as running:
        await until(lambda: upkeep.begun >= 5)
        upkeep.may_end.clear()
        await until(lambda: upkeep.running)
        begun = upkeep.begun
        await asyncio.sleep(0.1)  # five timers that find the turn before still under way
        assert upkeep.begun == begun
        upkeep.may_end.set()
        await until(lambda: upkeep.begun > begun)
    assert (upkeep.most, running.actor.faults.found) == (1, [])
    await until(lambda: upkeep.running == 0)


async def test_an_error_of_ours_is_a_fault_of_the_actor():
    upkeep = Turns()
    upkeep.errors = [ValueError("a bug")]
    async with Running(upkeep) as running:
        await until(lambda: running.actor.faults.found)
        begun = upkeep.begun
        await asyncio.sleep(0.1)  # a component at fault is muted
        assert upkeep.begun == begun
    assert running.actor.faults.found[0].error == "ValueError: a bug"
