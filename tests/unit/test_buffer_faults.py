"""The windows under fire: whatever the line does, in the end they hold the truth, but for what the source forgot."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.market import MINUTE_NS, SECOND_NS, interval_of
from config.faults import EVERYTHING, FaultSpan, FaultsSection, HistoryFaults, MessageFault, OutageFault
from tests.unit.faulty_market import FaultyMarket
from tests.unit.traded_market import BASE, NAME, held, random_trades, settled

HOUR_S = 3_600

kinds = st.sets(st.sampled_from(EVERYTHING), min_size=1).map(tuple)
spans = st.builds(FaultSpan, at_s=st.integers(0, 3_000), for_s=st.integers(1, 300))
messages = st.builds(
    MessageFault,
    probability=st.sampled_from([0.0, 0.01, 0.1, 0.4]),
    kinds=kinds,
    schedule=st.lists(spans, max_size=1).map(tuple),
)
outages = st.builds(
    OutageFault, per_hour=st.sampled_from([0.0, 6.0, 40.0]), duration_s=st.sampled_from([2.0, 40.0, 400.0]), kinds=kinds
)
histories = st.builds(
    HistoryFaults,
    forget=st.sampled_from([0.0, 0.0, 0.05, 0.3]),
    fail=st.sampled_from([0.0, 0.0, 0.2, 0.5]),
    late=st.sampled_from([0.0, 0.3]),
)
sections = st.builds(
    FaultsSection,
    seed=st.integers(0, 10**6),
    drop=messages,
    duplicate=messages,
    reorder=messages,
    corrupt=messages,
    stall=outages,
    disconnect=outages,
    history=histories,
)


@pytest.fixture(autouse=True, scope="module")
def impatient():
    """No wall time passes between the tries of a test."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("loading", "filling"):
            patch.setattr(f"actors.buffer.{module}._FIRST_RETRY_S", 0.0)
            patch.setattr(f"actors.buffer.{module}._LONGEST_RETRY_S", 0.0)
        yield


def check_window(market, interval):
    """Every bar is the true one; what is missing is what the source forgot; longer bars over a hole do not count."""
    truth = {one.ts_open: one for one in market.truth(interval)}
    found = {one.ts_open: one for one in held(market.buffer, interval)}
    base = {one.ts_open for one in held(market.buffer, "1m")}
    lost = [one.ts_open for one in market.truth("1m") if one.ts_open not in base]
    assert all(market.forgets("1m", ts) for ts in lost), "a bar that the source knows is missing"
    known = interval_of(interval)
    is_longer = known.duration_ns > MINUTE_NS
    for ts, true in truth.items():
        if is_longer and any(ts <= one < known.close(ts) for one in lost):
            continue
        if ts in found:
            assert found[ts] == true, (interval, ts)
        elif known.close(ts) <= market.clock.now_ns:
            assert market.forgets(interval, ts), (interval, ts, "is missing and the source knows it")
    assert not set(found) - set(truth), (interval, set(found) - set(truth))


def check_told(market, interval):
    """Each closed bar was told once, in order, or is one that was filled in or mended later."""
    ear = market.ear
    told = [one.ts_open for one in ear.bars.get(interval, [])]
    assert told == sorted(set(told)), interval
    known = {*told, *(one.ts_open for one in ear.mends.get(interval, []))}
    untold = [one.ts_open for one in held(market.buffer, interval) if one.ts_open not in known]
    assert len(untold) <= ear.begun[interval], interval
    assert not told or not untold or untold[-1] < told[0], interval


@settings(max_examples=20, deadline=None)
@given(
    section=sections,
    seed=st.integers(0, 10**6),
    per_s=st.sampled_from([0.01, 0.1, 0.7]),
    wanted=st.lists(st.sampled_from(["5m", "15m", "1h", "15s", "1s"]), max_size=3, unique=True),
    rebuild=st.booleans(),
)
@pytest.mark.slow
def test_in_the_end_every_window_is_the_truth_outside_the_holes(section, seed, per_s, wanted, rebuild):
    async def check():
        trades = random_trades(seed, start=BASE, spans_s=6_130, per_s=per_s)
        trades += random_trades(seed, start=BASE + 6_130 * SECOND_NS, spans_s=400, per_s=1)
        market = FaultyMarket(trades, section, position=BASE + HOUR_S * SECOND_NS // 2)
        market.attach()
        for interval in wanted:
            market.buffer.ensure(NAME, interval)
        await market.play(market.position + 600 * SECOND_NS)
        if rebuild:
            market.buffer.detach()
            await market.play(market.position + 130 * SECOND_NS, heard=False)
            market.attach()
        await market.play(market.position + HOUR_S * SECOND_NS)
        await market.mended(BASE + 6_490 * SECOND_NS)
        for interval in ("1m", *wanted):
            check_window(market, interval)
            check_told(market, interval)
        asked = len(market.asked)
        await market.play(market.position + 30 * SECOND_NS)
        await settled(market.buffer)
        assert not market.ear.errors
        assert len(market.asked) - asked <= 1 + len(wanted), "what is known to be a hole is asked for again"

    asyncio.run(check())
