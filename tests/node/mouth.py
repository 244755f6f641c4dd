"""A started node with one shell of ours, and somebody who says on its bus what a test wants said."""

import asyncio
from contextlib import asynccontextmanager

from nautilus_trader.common import DataActor, DataActorConfig, Environment, LoggerConfig, LogLevel
from nautilus_trader.live import LiveNode
from nautilus_trader.model import ActorId, TraderId


class Mouth(DataActor):
    """Publishes what a test says."""

    def __new__(cls):
        return super().__new__(cls, DataActorConfig(actor_id=ActorId("MOUTH-001")))

    def __init__(self):
        super().__init__(DataActorConfig(actor_id=ActorId("MOUTH-001")))

    def say(self, topic, message):
        self.publish_message(topic, message)


async def is_up(handle, task):
    """Wait until a node runs: what it is asked before that may be lost."""
    async with asyncio.timeout(60):
        while not (handle.is_running or task.done()):  # noqa: ASYNC110  # it offers no event
            await asyncio.sleep(0.002)
    if task.done():
        task.result()


@asynccontextmanager
async def speaking(shell):
    """Run a node with `shell` for the length of the block; gives its mouth."""
    builder = LiveNode.builder("TEST", TraderId("TESTER-001"), Environment.SANDBOX)
    node = builder.with_logging(LoggerConfig(stdout_level=LogLevel.OFF)).with_delay_post_stop_secs(0).build()
    mouth = Mouth()
    node.add_actor(shell)
    node.add_actor(mouth)
    handle, task = node.handle(), asyncio.ensure_future(node.run_async())
    try:
        await is_up(handle, task)
        yield mouth
    finally:
        handle.stop()
        await asyncio.wait_for(task, 60)
        node.dispose()
