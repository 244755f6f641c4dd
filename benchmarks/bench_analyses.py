"""What it costs the loop to keep and judge signals, beside making them; and what the writer's thread gets through."""

import asyncio
import statistics
import time

import pytest

from actors.market import interval_of
from actors.signal.aggregator import Aggregator
from actors.signal.outcomes.recorder import Recorder
from actors.signal.stream import SignalStream
from actors.store.analyses.store import AnalysisStore
from config.analyses import AnalysesSection
from config.signals import SignalConfig
from config.training import Barriers
from tests.bridge.fakes import BTC, FakeBars, bar_rows, instrument

pytestmark = pytest.mark.bench
BARS = 3_000
ROUNDS = 7
MAX_RATIO = 8.0
"""Keeping and judging a signal may cost the loop so many times the making of it."""


class _Nowhere:
    """Takes rows and forgets them."""

    def put(self, *rows):
        pass


def stream():
    aggregator = Aggregator.from_config(SignalConfig())
    return SignalStream(instrument(BTC), interval_of("1m"), aggregator, 0)


def test_cost_of_keeping_a_signal():
    rows = bar_rows(BARS + 500)
    make, keep = [], []
    for _ in range(ROUNDS):
        made = stream()
        made.load(rows[:500], trace_id="0", ts_init=0)
        began = time.process_time()
        signals = [made.close(row, "0", 0) for row in rows[500:]]
        make.append(time.process_time() - began)
        recorder = Recorder(_Nowhere(), FakeBars(), Barriers(), lambda work: work.close())
        began = time.process_time()
        for signal, row in zip(signals, rows[500:], strict=True):
            recorder.close(signal, row, 1_000)
        keep.append(time.process_time() - began)
    made_us, kept_us = (statistics.median(one) / BARS * 1e6 for one in (make, keep))
    print(f"\nmaking a signal {made_us:.1f} us, keeping and judging it {kept_us:.1f} us: {kept_us / made_us:.2f} x")
    assert kept_us / made_us < MAX_RATIO


async def test_the_writer_gets_through_more_than_a_node_makes(tmp_path):
    rows = bar_rows(BARS + 500)
    made = stream()
    made.load(rows[:500], trace_id="0", ts_init=0)
    signals = [made.close(row, "0", 0) for row in rows[500:]]
    store = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    store.start()
    recorder = Recorder(store, FakeBars(), Barriers(), lambda work: work.close())
    late = []

    async def ticker():
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - began - 0.005)

    watching = asyncio.get_running_loop().create_task(ticker())
    began = time.perf_counter()
    for number, (signal, row) in enumerate(zip(signals, rows[500:], strict=True)):
        recorder.close(signal, row, 1_000)
        if number % 50 == 0:
            await asyncio.sleep(0.001)
    await store.settled()
    took = time.perf_counter() - began
    watching.cancel()
    await store.close()
    late.sort()
    size = (tmp_path / "analytics.db").stat().st_size / BARS
    print(
        f"\n{BARS / took:,.0f} analyses a second with their outcomes, {size:,.0f} bytes each; "
        f"loop late by {late[len(late) // 2] * 1e3:.1f} ms (median), {late[-1] * 1e3:.1f} ms (most)"
    )
    assert BARS / took > 500
