"""Random faults between a node and the Python client: what its iterators give is every closed bar, each once."""

import asyncio

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whisperer_client import conversation

from tests.bridge.client_world import HASTY, checked, until, world
from tests.bridge.fakes import BTC

FAULTS = st.sampled_from(
    [
        ("cut",),
        ("close", 4500),
        ("close", 1012),
        ("stall",),
        ("flow",),
        ("reset",),
        ("tick",),
        ("wait",),
        ("lose frame",),
        ("overrun",),
    ]
    + [("bars", count) for count in (1, 2, 7)]
    + [("bytes", count) for count in (1, 2, 5, 60, 900)]
)


@pytest.fixture(autouse=True)
def _every_message_is_of_the_contract(monkeypatch):
    monkeypatch.setattr(conversation, "read_head", checked())


class Reader:
    """Takes everything that an iterator gives."""

    def __init__(self, stream):
        self.opens = []
        self.growing = 0
        self._stream = stream
        self.task = asyncio.create_task(self._read())

    async def _read(self):
        async for bar in self._stream:
            if bar.closed:
                self.opens.append(bar.t)
            else:
                assert not self.opens or bar.t > self.opens[-1]
                self.growing += 1


async def play(faults):
    async with world(bars=30, message_queue_size=16, client=HASTY) as here:
        bars = here.client.bars
        readers = [
            Reader(bars(BTC, "1m", history=1)),
            Reader(bars(BTC, "1m", history=5, limit=2)),
            Reader(bars(BTC, "1m", history=1, include_open=True, max_hz=500)),
        ]
        await until(lambda: all(reader.opens for reader in readers))
        for fault in faults:
            await inflict(here, fault)
        here.line.flow()
        here.line.loses = None
        here.line.bytes_to_lose = 0
        here.close()
        await until(lambda: all(reader.task.done() or reader.opens[-1] == here.opens[-1] for reader in readers))
        for reader in readers:
            assert not reader.task.done() or reader.task.result()
            assert reader.opens == here.opens[here.opens.index(reader.opens[0]) :]
            reader.task.cancel()


async def inflict(here, fault):
    verb, *rest = fault
    await asyncio.sleep(VERBS[verb](here, *rest) or 0)


def lose_frame(here):
    """Lose one message; no snapshot, for an epoch that nobody hears of looks like the old one (and TCP loses none)."""
    line, lost = here.line, here.line.lost
    line.loses = lambda payload: payload[:1] == b"{" and b'"snapshot"' not in payload and line.lost == lost


def close_all(here, code):
    for connection in here.served.hub.connections:
        connection.close(code, "test")


def lose_bytes(here, count):
    here.line.bytes_to_lose += count


VERBS = {
    "bars": lambda here, count: here.close(count),
    "overrun": lambda here: here.close(1_100),
    "tick": lambda here: here.served.tick(100 + len(here.opens)),
    "cut": lambda here: here.line.cut(),
    "stall": lambda here: here.line.stall(),
    "flow": lambda here: here.line.flow(),
    "bytes": lose_bytes,
    "lose frame": lose_frame,
    "close": close_all,
    "reset": lambda here: here.served.hub.reset_all(),
    "wait": lambda _: 0.02,
}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(faults=st.lists(FAULTS, min_size=1, max_size=14))
@pytest.mark.slow
def test_closed_bars_have_no_gap_and_no_double(faults):
    uvloop.run(play(faults))
