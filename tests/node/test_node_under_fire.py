"""The windows of a real node whose line is bad: in the end they are the truth, but for what the source forgot."""

import asyncio
import logging

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.clock import MarketClock
from actors.market import INTERVALS, MINUTE_NS, interval_of
from adapters.client import FeedClientConfig, FeedClientFactory
from adapters.dice import Dice
from adapters.faults import FaultLine
from adapters.line import Line, TrueLine
from adapters.player import Player
from tests.node.test_buffer_actor import Ear, actor_of, buffer_of, node
from tests.own_time import OwnTimeLoop
from tests.simulated import START, one
from tests.unit.test_buffer_faults import sections

pytestmark = pytest.mark.slow
NAME = "ABC.SIM"
SPEED = 6_000.0
BAD_NS, CALM_NS = 25 * MINUTE_NS, 5 * MINUTE_NS
EVER = 10**6
PATIENCE_S = 0.3
LATE_S = 0.4
"""Later than the patience; what is later than twice of it cannot be told from other answers."""


class Switch(Line):
    """A bad line that a test can repair."""

    def __init__(self, section):
        self.line = FaultLine(section, START)

    def repair(self):
        """Be a good line from now on; what waits arrives with the next messages."""
        self.left = list(self.line.due(START + 10**14))
        self.line = TrueLine()

    def carry(self, item):
        return self.line.carry(item)

    def due(self, ts):
        return self.line.due(ts)

    def restart(self, ts):
        self.line.restart(ts)

    def delay_s(self, instrument_id, interval):
        return self.line.delay_s(instrument_id, interval)

    def remembered(self, instrument_id, interval, rows):
        return self.line.remembered(instrument_id, interval, rows)


@pytest.fixture(autouse=True, scope="module")
def impatient():
    """Little wall time passes between the tries of a test, and nothing is logged."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("loading", "filling"):
            patch.setattr(f"actors.buffer.{module}._FIRST_RETRY_S", 0.01)
            patch.setattr(f"actors.buffer.{module}._LONGEST_RETRY_S", 0.02)
        before = structlog.get_config()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        yield
        structlog.configure(**before)


async def until(ear, reached):
    """Wait, looking whenever the buffer tells something and now and then besides."""
    async with asyncio.timeout(120):
        while not reached():
            ear.changed.clear()
            try:
                async with asyncio.timeout(0.01):
                    await ear.changed.wait()
            except TimeoutError:
                continue


def is_settled(buffer):
    series = buffer.held(NAME).series.values()
    return all(item.is_loaded and item.waiting is None and not len(item.gaps.wanted) for item in series)


def check(feed, buffer, section, interval):
    """Compare a window with the history of the market: see the plain test of the same name."""
    known = interval_of(interval)
    roll = Dice(section.seed).roll
    found = {row.ts_open: row for row in buffer.rows(NAME, interval, EVER)}
    first, last = min(found), max(found)
    truth = {row.ts_open: row for row in feed.history(NAME, interval, first, last + 1, EVER)}
    base = {row.ts_open for row in buffer.rows(NAME, "1m", EVER)}
    lost = [row.ts_open for row in feed.history(NAME, "1m", first, last + 1, EVER) if row.ts_open not in base]
    for ts, true in truth.items():
        is_broken = known.duration_ns > MINUTE_NS and any(ts <= one_ts < known.close(ts) for one_ts in lost)
        if ts in found:
            assert is_broken or found[ts] == true, (interval, ts)
        else:
            assert is_broken or roll("forget", NAME, interval, ts) < section.history.forget, (interval, ts)
    assert set(found) <= set(truth)
    return last


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(section=sections, wanted=st.sets(st.sampled_from(["5m", "15s"])))
def test_in_the_end_the_windows_of_a_node_are_the_truth_outside_the_holes(section, wanted):
    section = replace(section, history=replace(section.history, late_s=LATE_S))

    async def run():
        feed, clock, ear, line = one(), MarketClock(), Ear(), Switch(section)
        clock.reset(START)
        player = Player(feed, speed=SPEED, monotonic=asyncio.get_running_loop().time)
        buffer = buffer_of(feed, window=150, request_timeout_s=0.1)
        for interval in wanted:
            buffer.ensure(NAME, interval)
        actor = actor_of(buffer, clock, latest=lambda: feed.position_ns, give_up_s=PATIENCE_S)
        async with node(FeedClientFactory, FeedClientConfig(player, 0.0, line), actor, ear, stop=player.halt):
            await until(ear, lambda: feed.position_ns > START + BAD_NS)
            line.repair()
            end = feed.position_ns + CALM_NS
            await until(ear, lambda: feed.position_ns > end)
            await until(ear, lambda: is_settled(buffer))
        assert actor.faults.found == []
        assert player.fault is None
        for interval in ("1m", *wanted):
            last = check(feed, buffer, section, interval)
            assert feed.position_ns - last <= 3 * max(INTERVALS[interval].duration_ns, MINUTE_NS)

    asyncio.run(run(), loop_factory=OwnTimeLoop)
