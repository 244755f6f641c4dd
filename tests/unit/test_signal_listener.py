"""What is said does not depend on how long a load takes: done in turns it is what it would be at once."""

import asyncio
import random

import msgspec
import pytest

from actors.guard import Faults
from actors.market import MINUTE_NS, interval_of
from actors.messages import BarsMended, ClosedBar, Signal, SignalsBackfilled, WindowLoaded
from actors.signal.aggregator import Aggregator
from actors.signal.listener import MOST_WAITING, Listener, Surroundings
from actors.signal.log import SignalLog
from actors.signal.stream import SignalStream
from actors.turns import Turns
from config.signals import SignalConfig
from tests.unit.walks import INSTRUMENT, walk


class Desk:
    """A listener, the window it reads and what it says."""

    def __init__(self, turns, *, backfill=20):
        self.window, self.said, self.log = [], [], SignalLog(5_000)
        self.stream = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(SignalConfig()), backfill)
        self.listener = Listener(
            self.stream,
            Surroundings(
                bars=self,
                signals=self.log,
                publish=lambda _, message: self.said.append(message),
                now=lambda: 0,
                is_stale=None,
                faults=Faults("signal"),
                turns=turns,
            ),
        )

    def rows(self, instrument_id, interval, count):
        return list(self.window)

    def load(self, rows):
        self.window = list(rows)
        self.listener.on_window_loaded(WindowLoaded(self.stream.bar_type, len(rows), True, trace_id="window"))

    def close(self, row):
        self.window.append(row)
        self.listener.on_closed_bar(
            ClosedBar(self.stream.bar_type, row, row.ts_open + MINUTE_NS, trace_id=f"{row.ts_open}")
        )

    def mend(self, index, row):
        self.window[index] = row
        self.listener.on_bars_mended(BarsMended(self.stream.bar_type, row.ts_open, row.ts_open, 1, trace_id="mend"))

    def kept(self):
        return self.log.recent(None, None, 9_999)

    async def rest(self):
        async with asyncio.timeout(60):
            while self.listener.is_busy:  # noqa: ASYNC110  # turn by turn
                await asyncio.sleep(0)
        assert self.listener.faults.found == []


async def test_a_long_history_leaves_turns_to_others():
    desk, turns = Desk(Turns(), backfill=3_000), 0
    desk.load(walk(4_000))
    assert desk.said == []
    while desk.listener.is_busy:
        turns += 1
        await asyncio.sleep(0)

    assert turns > 5
    assert desk.said == [SignalsBackfilled(desk.stream.bar_type, 3_000, trace_id="window")]


async def test_bars_that_close_meanwhile_wait_and_keep_their_order():
    rows, desk = walk(3_005), Desk(Turns())
    desk.load(rows[:3_000])
    for row in rows[3_000:]:
        await asyncio.sleep(0)
        desk.close(row)
    assert desk.listener.is_busy
    assert desk.said == []
    await desk.rest()

    assert [type(item) for item in desk.said] == [SignalsBackfilled] + [Signal] * 5
    assert [item.ts_bar for item in desk.said[1:]] == [row.ts_open for row in rows[3_000:]]
    assert [item.ts_bar for item in desk.kept()] == [row.ts_open for row in rows[2_980:]]


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_comes_it_says_the_same_as_at_once(seed):
    draw, rows, mended = random.Random(seed), walk(1_000), walk(1_000, seed=8)
    in_turns, at_once = Desk(Turns()), Desk(None)
    for desk in (in_turns, at_once):
        desk.load(rows[:700])
    for row in rows[700:]:
        at = draw.randrange(700)
        is_mending = draw.random() < 0.03
        for desk in (in_turns, at_once):
            desk.close(row)
            if is_mending:
                desk.mend(at, mended[at])
        if draw.random() < 0.5:
            await asyncio.sleep(0)
    await in_turns.rest()

    assert signals(in_turns.said) == signals(at_once.said)
    assert in_turns.kept() == at_once.kept()


def signals(said):
    return [item for item in said if isinstance(item, Signal)]


async def test_a_market_faster_than_a_load_waits_for_it():
    rows, desk = walk(3_000 + 2 * MOST_WAITING), Desk(Turns(), backfill=0)
    desk.load(rows[:3_000])
    await asyncio.sleep(0)
    for row in rows[3_000:]:
        desk.close(row)
        assert len(desk.kept()) >= len(desk.window) - 3_000 - MOST_WAITING
    await desk.rest()

    assert [item.ts_bar for item in desk.said] == [row.ts_open for row in rows[3_000:]]


async def test_loads_that_follow_one_another_are_one():
    desk = Desk(Turns())
    desk.load(walk(2_000))
    for seed in range(5):
        desk.load(walk(2_000, seed=seed))
    await desk.rest()

    last = [msgspec.structs.replace(item, trace_id="", ts_init=0) for item in desk.kept()]
    assert len(last) == 20
    assert last[-1].price == f"{walk(2_000, seed=4)[-1].close / 100:.2f}"


async def test_the_first_signals_of_a_stream_are_awaited_later_ones_are_not():
    desk = Desk(Turns())
    desk.load(walk(500))
    assert desk.log.awaited == {desk.stream.bar_type}
    await desk.rest()
    assert desk.log.awaited == set()
    desk.mend(5, walk(500, seed=8)[5])
    assert desk.listener.is_busy
    assert desk.log.awaited == set()
    desk.listener.stop()


async def test_a_load_ends_with_its_actor():
    desk = Desk(Turns())
    desk.load(walk(3_000))
    await asyncio.sleep(0)
    desk.close(walk(3_001)[-1])
    desk.listener.stop()
    await desk.rest()

    assert (desk.said, desk.kept(), desk.log.awaited) == ([], [], set())


async def test_a_fault_within_a_load_is_told():
    desk = Desk(Turns())
    desk.load([*walk(100), None])
    while desk.listener.is_busy:  # noqa: ASYNC110  # turn by turn
        await asyncio.sleep(0)

    assert [fault.handler for fault in desk.listener.faults.found] == ["load"]
