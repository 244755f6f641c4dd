"""What a data client answers about the past, over a line on which some of it is forgotten."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest
from nautilus_trader.model import BarType, InstrumentId

from actors.engine import Scale
from actors.market import DAY_NS, SECOND_NS
from adapters.answers import Answers
from adapters.faults import FaultLine
from adapters.line import TrueLine
from adapters.replay.feed import ReplayFeed
from adapters.sim.feed import SimFeed
from config.faults import FaultsSection, HistoryFaults
from config.recorded import ReplayColumns, ReplaySection
from config.schema import SimSection
from tests.recordings import BEGIN, MINUTE, NAME, csv_of, feed_of, minutes, spec

SIM_START = 1_767_225_600_000_000_000

ROWS = 300


@pytest.fixture
def source(tmp_path):
    """A recording of which three bars in ten are forgotten, and what is left of it."""
    feed = feed_of(tmp_path, *minutes(ROWS + 1), warmup=ROWS)
    line = FaultLine(FaultsSection(history=HistoryFaults(forget=0.3)), feed.position_ns)
    scales = {NAME: Scale(feed.instruments[NAME])}
    left = line.remembered(NAME, "1m", feed.history(NAME, "1m", None, None, ROWS))
    return Answers(feed, line, scales, 0.0), [row.ts_open for row in left]


async def opens(answers, start=None, end=None, limit=None):
    asked = {"start_ns": start, "end_ns": end}
    request = SimpleNamespace(bar_type=BarType.from_str(f"{NAME}-1-MINUTE-LAST-EXTERNAL"), params=asked, limit=limit)
    request.start_ns, request.end_ns = start, end
    return [bar.ts_event - MINUTE for bar in await answers.bars(request)]


async def test_forgotten_bars_do_not_count(source):
    answers, left = source
    assert ROWS / 2 < len(left) < ROWS

    assert await opens(answers, limit=100) == left[-100:]
    assert await opens(answers, end=left[150], limit=100) == left[50:150]
    assert await opens(answers, start=left[20], limit=100) == left[20:120]
    assert await opens(answers, start=left[20], end=left[90], limit=100) == left[20:90]
    assert await opens(answers, start=left[20], end=left[90], limit=30) == left[60:90]


async def test_fewer_than_asked_for_are_all_there_are(source):
    answers, left = source

    assert await opens(answers, limit=ROWS) == left
    assert await opens(answers) == left
    assert await opens(answers, start=BEGIN - MINUTE, limit=ROWS) == left


@pytest.mark.parametrize("name", ["NO-SUCH.SIM", "NO-SUCH.REPLAY"])
async def test_an_instrument_that_is_not_there_has_no_ticks(source, name):
    answers, _ = source
    request = SimpleNamespace(
        instrument_id=InstrumentId.from_str(name), params=None, limit=5, start_ns=None, end_ns=None, depth=None
    )

    assert await answers.trades(request) == []
    assert await answers.quotes(request) == []
    assert (await answers.book(request)).bids() == []


class Counting(SimFeed):
    """Counts how much is read between two turns of the loop."""

    parts = 0

    def trades(self, instrument_id, limit):
        raise AssertionError("all at once")

    def trades_back(self, instrument_id, before_ns):
        for part in super().trades_back(instrument_id, before_ns):
            self.parts += 1
            yield part


async def test_many_old_trades_are_read_in_turns():
    feed = Counting(SimSection(), SIM_START, SIM_START + DAY_NS)
    scales = {name: Scale(instrument) for name, instrument in feed.instruments.items()}
    answers, name = Answers(feed, TrueLine(), scales, 0.0), "BTC-USDT.SIM"
    end, start = SIM_START + 20 * 60 * SECOND_NS, SIM_START + 10 * 60 * SECOND_NS
    asked = {"instrument_id": InstrumentId.from_str(name), "start_ns": None, "end_ns": end, "params": None}
    answer = asyncio.create_task(answers.trades(SimpleNamespace(limit=3_000, **asked)))
    seen = []
    while not answer.done():
        seen.append(feed.parts)
        await asyncio.sleep(0)
    found = answer.result()

    assert len(found) == 3_000
    assert max(later - before for before, later in pairwise(seen)) <= 1
    assert feed.parts < 200  # minutes near the end of the question, not all since
    expected = [row for minute in range(20) for row in feed._ticks[name].trades(SIM_START // MINUTE + minute)]
    assert [trade.ts_event for trade in found][-20:] == [row.ts for row in expected][-20:]
    few = await answers.trades(SimpleNamespace(limit=9_000, **(asked | {"start_ns": start})))
    assert [trade.ts_event for trade in few] == [row.ts for row in expected if row.ts >= start]


def recorded_trades(folder, count):
    csv_of(folder, *(f"{BEGIN // SECOND_NS + number},100,1" for number in range(count)), header="t,price,size")
    trades = spec(data="trades", unit="s", columns=ReplayColumns(ts="t"))
    return ReplayFeed.from_config(ReplaySection(warmup_bars=0, instruments={NAME: trades}), folder)


async def test_trades_of_a_recording_are_those_that_were_played(tmp_path):
    feed = recorded_trades(tmp_path, 1_300)
    feed.read(BEGIN + 1_201 * SECOND_NS, 9_999)
    answers = Answers(feed, TrueLine(), {NAME: Scale(feed.instruments[NAME])}, 0.0)

    async def times(limit, start=None, end=None):
        asked = {"start_ns": start, "end_ns": end, "params": None, "limit": limit}
        found = await answers.trades(SimpleNamespace(instrument_id=InstrumentId.from_str(NAME), **asked))
        return [(trade.ts_event - BEGIN) // SECOND_NS for trade in found]

    assert await times(5_000) == list(range(1_201))
    assert await times(7) == list(range(1_194, 1_201))
    assert await times(9, end=BEGIN + 600 * SECOND_NS) == list(range(591, 600))
    assert await times(None, start=BEGIN + 30 * SECOND_NS, end=BEGIN + 40 * SECOND_NS) == list(range(30, 40))
