"""What a data client answers about the past, over a line on which some of it is forgotten."""

from types import SimpleNamespace

import pytest
from nautilus_trader.model import BarType

from actors.engine import Scale
from adapters.answers import Answers
from adapters.faults import FaultLine
from config.faults import FaultsSection, HistoryFaults
from tests.recordings import BEGIN, MINUTE, NAME, feed_of, minutes

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
