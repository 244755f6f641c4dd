"""The indicators' shell in a real engine: what closes, loads and is mended is taken, across rebuilds."""

from contextlib import asynccontextmanager

import pytest
from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import ActorId

from actors.indicators.actor import IndicatorActor
from actors.market import BarRow, bar_type_of
from actors.messages import BarsMended, ClosedBar, WindowLoaded
from config.schema import NodeConfig
from tests.bridge.fakes import BTC, START_NS, FakeBars, bar_rows, indicators_of
from tests.node.mouth import speaking

pytestmark = pytest.mark.slow
BAR_TYPE = bar_type_of(BTC, "1m")
MEAN = (BTC, "1m", "SMA(3)")


@asynccontextmanager
async def running(indicators):
    """A started node with the shell; gives its mouth and the shell."""
    shell = IndicatorActor(DataActorConfig(actor_id=ActorId("INDICATORS-001")), indicators)
    async with speaking(shell) as mouth:
        yield mouth, shell


async def newest(indicators):
    page = await indicators.page(*MEAN, start=None, end=None, limit=1)
    return page.rows[0], page.opens[0]


async def test_bars_that_close_load_and_are_mended_are_taken():
    bars = FakeBars()
    indicators = indicators_of(NodeConfig(), bars)
    indicators.hold(*MEAN, "test")
    async with running(indicators) as (mouth, shell):
        bars.put(BTC, "1m", bar_rows(10))
        mouth.say(f"windows.{BAR_TYPE}", WindowLoaded(trace_id="t", bar_type=BAR_TYPE, bars=10, is_complete=True))
        await newest(indicators)
        loaded, _ = indicators.recent(*MEAN, 100)

        row = bar_rows(11)[-1]
        bars.closed[BTC, "1m"].append(row)
        mouth.say(f"bars.{BAR_TYPE}", ClosedBar(trace_id="t", bar_type=BAR_TYPE, row=row, ts_event=row.ts_open))
        grown, opens = indicators.recent(*MEAN, 100)

        bars.closed[BTC, "1m"][3] = BarRow(START_NS + 180_000_000_000, 1, 2, 1, 2, 1)
        mouth.say(
            f"mends.{BAR_TYPE}", BarsMended(trace_id="t", bar_type=BAR_TYPE, first=START_NS, last=START_NS, bars=1)
        )
        is_void = not indicators.is_ready(*MEAN)
        await newest(indicators)
        mended, _ = indicators.recent(*MEAN, 100)

    assert (len(loaded), grown[:10], opens[-1]) == (10, loaded, row.ts_open)
    assert is_void
    assert [one != two for one, two in zip(mended, grown, strict=True)] == [False] * 3 + [True] * 3 + [False] * 5
    assert shell.faults.found == []


async def test_what_closed_between_two_nodes_is_taken_by_the_next():
    bars = FakeBars()
    bars.put(BTC, "1m", bar_rows(10))
    indicators = indicators_of(NodeConfig(), bars)
    async with running(indicators):
        _, before = await newest(indicators)
    bars.put(BTC, "1m", bar_rows(14))
    async with running(indicators):
        _, opens = indicators.recent(*MEAN, 100)

    assert opens[-1] == before + 4 * 60_000_000_000
