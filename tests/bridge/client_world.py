"""The Python client on a served hub, over a line that may be bad, everything it hears held against the contract."""

import asyncio
from contextlib import asynccontextmanager

from whisperer_client import Client, conversation

from tests.bad_line import bad_line
from tests.bridge.fakes import BTC
from tests.bridge.socket_client import node
from tests.contract_check import check_message

BARS = f"bars:{BTC}:1m"
PATIENCE_S = 30.0
HASTY = {"silence_s": 0.2, "timeout_s": 3.0, "first_patience_s": 30.0}
"""Of a client that is to take a line for dead soon; on a busy machine a good one may be silent for so long, too, even
the first: then it is tried again. What REST answers may be long and take its time."""


class World:
    """A node, a line to it, and a client at the other end."""

    def __init__(self, served, line, client):
        self.served = served
        self.line = line
        self.client = client

    @property
    def opens(self):
        """Open times of all closed bars, UNIX milliseconds."""
        return [row.ts_open // 1_000_000 for row in self.served.bars.closed[BTC, "1m"]]

    def close(self, count=1):
        """So many bars close."""
        for _ in range(count):
            self.served.close()

    async def subscribed(self, name=BARS, readers=1):
        """Wait until the node serves a channel to so many connections."""
        await until(lambda: self.readers(name) == readers)

    def readers(self, name=BARS):
        return sum(name in connection.lanes for connection in self.served.hub.connections)


@asynccontextmanager
async def world(*, bars=3, client=None, **limits):
    """Serve, and connect a client through a line."""
    options = {"first_wait_s": 0.01, "silence_s": 10.0, "timeout_s": 30.0} | (client or {})
    async with (
        node(bars=bars, **({"idle_heartbeat_s": 0.1} | limits)) as served,
        bad_line(served.port) as line,
        Client(line.url, **options) as talking,
    ):
        yield World(served, line, talking)


async def take(stream, count):
    """Return the next items of a stream."""
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(stream) for _ in range(count)]


async def until(is_true):
    """Wait until something holds that sets no event."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_true():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.002)


def checked(read_head=conversation.read_head):
    """Return how the client reads messages, with the contract's check in front."""

    def read(text):
        check_message(text)
        return read_head(text)

    return read
