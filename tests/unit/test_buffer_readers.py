"""Windows that nobody reads go, and come again; what was asked before a stop does not count after it."""

import asyncio
from time import monotonic

import pytest

from actors.buffer.readers import Readers, Sweeper
from actors.buffer.store import Buffer
from actors.market import DAY_NS, SECOND_NS
from config.errors import VenueUnavailableError
from config.schema import BufferSection
from tests.unit.traded_market import (
    NAME,
    START,
    Ear,
    TradedMarket,
    buffer_of,
    held,
    instrument,
    random_trades,
    running,
    settled,
    until,
)

KEY = (NAME, "5m")


def test_a_window_is_idle_only_a_while_after_its_last_reader():
    now = [0.0]
    readers = Readers(10, lambda: now[0])
    readers.note(KEY)
    readers.enter(KEY, "signals")
    readers.enter(KEY, "subscribers")
    now[0] = 100
    assert not readers.is_idle(KEY)

    readers.leave(KEY, "subscribers")
    assert not readers.is_idle(KEY)
    readers.leave(KEY, "signals")
    assert not readers.is_idle(KEY)
    now[0] = 109.9
    assert not readers.is_idle(KEY)
    now[0] = 110
    assert readers.is_idle(KEY)


async def test_only_windows_without_readers_are_dropped_and_the_next_use_makes_them_anew(monkeypatch):
    market, buffer, ear = await running(
        random_trades(5, spans_s=2_400, per_s=1), "5m", "15s", "15m", position=START + 700 * SECOND_NS
    )
    buffer.hold(NAME, "15m", "signals")
    later = monotonic() + 10_000
    buffer.sweep()
    assert set(buffer.held(NAME).series) == {"1m", "5m", "15s", "15m"}

    monkeypatch.setattr(buffer._readers, "_monotonic", lambda: later)
    buffer.sweep()
    assert set(buffer.held(NAME).series) == {"1m", "15m"}
    ear.bars.clear()
    market.play(buffer, market.position + 900 * SECOND_NS)
    assert set(ear.bars) == {"1m", "15m"}

    page = await buffer.page(NAME, "5m", start=None, end=None, limit=10)
    await settled(buffer, "5m", "15s")
    assert page.opens == [row.ts_open for row in market.truth("5m")[-10:]]
    assert held(buffer, "5m") == market.truth("5m")
    assert held(buffer, "15s") == market.truth("15s")
    buffer.detach()


async def test_windows_are_swept_again_and_again_until_stopped():
    calls, twice = [], asyncio.Event()

    def sweep():
        calls.append(None)
        if len(calls) == 2:
            twice.set()

    sweeper = Sweeper(sweep, 0.001)
    sweeper.start()
    await asyncio.wait_for(twice.wait(), 30)
    sweeper.stop()
    count = len(calls)
    await asyncio.sleep(0.01)

    assert len(calls) == count


async def test_an_idle_window_goes_by_itself_while_a_source_is_attached():
    section = BufferSection(idle_window_s=0.02)
    buffer = Buffer(section, {NAME: instrument()}, lambda _: None)
    buffer.attach(TradedMarket([], position=START), Ear())
    await buffer.loaded(NAME, "5m")

    await until(lambda: set(buffer.held(NAME).series) == {"1m"})
    buffer.detach()


async def test_two_windows_are_loaded_at_a_time():
    market, buffer = (
        TradedMarket(random_trades(5, spans_s=1_200, per_s=1), position=START + 900 * SECOND_NS),
        buffer_of(),
    )
    buffer.attach(market, Ear())
    await buffer.loaded(NAME, "1m")
    market.gate.clear()
    market.asked.clear()
    wanted = ["5s", "15s", "3m", "5m", "15m"]

    for name in wanted:
        buffer.ensure(NAME, name)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(market.asked) == 2
    market.gate.set()
    await settled(buffer, *wanted)

    assert {asked[0] for asked in market.asked} >= set(wanted)
    for name in wanted:
        assert held(buffer, name) == market.truth(name), name
    buffer.detach()


async def test_who_waits_for_old_bars_is_told_when_the_node_stops():
    market, buffer, _ = await running(
        random_trades(5, spans_s=2_400, per_s=1), position=START + 2_000 * SECOND_NS, window=10
    )
    market.gate.clear()
    asked = len(market.asked)
    waiting = asyncio.ensure_future(buffer.page(NAME, "1m", start=None, end=START, limit=10))
    await until(lambda: len(market.asked) > asked)
    (question,) = buffer._history._asking._tasks

    buffer.detach()

    with pytest.raises(VenueUnavailableError, match="disconnected"):
        await asyncio.wait_for(waiting, 30)
    assert question.cancelled()


async def test_an_answer_from_before_a_jump_is_not_kept():
    market, buffer, _ = await running(
        random_trades(5, spans_s=2_400, per_s=1), position=START + 2_000 * SECOND_NS, window=10
    )
    market.gate.clear()
    asked = len(market.asked)
    waiting = asyncio.ensure_future(buffer.page(NAME, "1m", start=None, end=START - DAY_NS, limit=10))
    await until(lambda: len(market.asked) > asked)

    buffer.reset()
    market.gate.set()

    with pytest.raises(VenueUnavailableError, match="disconnected"):
        await asyncio.wait_for(waiting, 30)
    assert not buffer._history._beginnings
    assert not buffer._history._blocks
    buffer.detach()
