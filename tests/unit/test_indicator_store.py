"""Indicators that run: computed once, in turns, from the bars of the window and from nothing else."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.indicators import page as page_module
from actors.indicators.roster import FRESH_S, READER
from actors.indicators.store import RunningIndicators
from actors.indicators.track import STEP
from actors.market import BarRow, bar_type_of
from actors.wire import decode_bar
from config.errors import InvalidInputError, NoCapacityError, NotReadyError, UnknownInstrumentError
from config.schema import BufferSection, IndicatorsSection
from tests.bridge.fakes import BTC, ETH, START_NS, FakeBars, bar_rows
from tests.unit.plain_indicators import as_it_is, catalogue
from tests.unit.plain_indicators.kinds.plain import Mean

MINUTE = 60_000_000_000
BAR_TYPE = bar_type_of(BTC, "1m")
MEAN = (BTC, "1m", "MEAN(3)")


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self):
        self.told = []
        self.has_looked = asyncio.Event()

    def grown(self, place):
        self.told.append(("grown", place))

    def replaced(self, place):
        self.told.append(("replaced", place))

    def ready(self, place):
        self.told.append(("ready", place))

    def looked(self, place):
        self.has_looked.set()

    def ended(self, place, name):
        self.told.append(("ended", place, name))


class World:
    """Indicators over a window that the test fills."""

    def __init__(self, bars=50, *, window=7_600, **section):
        self.now = 1_000.0
        self.bars = FakeBars()
        self.bars.put(BTC, "1m", bar_rows(bars))
        self.heard = Heard()
        buffer = BufferSection(window=window, request_timeout_s=60.0)
        self.running = RunningIndicators(
            IndicatorsSection(**section), buffer, self.bars, as_it_is, catalogue=catalogue, monotonic=lambda: self.now
        )
        self.running.listener = self.heard
        Mean.made.clear()

    @property
    def rows(self):
        return self.bars.closed[BTC, "1m"]

    def close(self, count=1):
        """Bars close, each told."""
        for _ in range(count):
            last = self.rows[-1].ts_open if self.rows else START_NS - MINUTE
            price = 3_000_000 + len(self.rows) * 7
            self.rows.append(BarRow(last + MINUTE, price, price + 9, price - 9, price + 3, 5 + len(self.rows)))
            self.running.closed(BAR_TYPE)

    async def ready(self, *names):
        """Have indicators computed, and wait for them."""
        for name in names:
            await self.running.page(BTC, "1m", name, start=None, end=None, limit=1)

    def values(self, name="MEAN(3)", count=1_000_000, output="value"):
        rows, _ = self.running.recent(BTC, "1m", name, count)
        return [json.loads(row)["values"][output] for row in rows]


def means(rows, length=3):
    closes = [row.close for row in rows]
    full = [sum(closes[end - length : end]) / length for end in range(length, len(closes) + 1)]
    return [None] * min(length - 1, len(closes)) + full


async def test_history_is_taken_once_and_then_one_bar_after_the_other():
    world = World(50)
    await world.ready("MEAN(3)")
    world.close(10)

    assert world.values() == means(world.rows)
    assert [one.taken for one in Mean.made if one.taken] == [world.rows]


async def test_two_who_ask_the_same_cost_one_computation():
    world = World(40)
    world.running.hold(*MEAN, "a")
    world.running.hold(*MEAN, "b")
    await world.ready("MEAN(3)")
    await world.ready("MEAN(3)")
    world.close(5)

    assert sum(len(one.taken) for one in Mean.made) == 45


async def test_many_begin_together_and_share_the_turns():
    world = World(STEP * 20)
    names = [f"MEAN({length})" for length in range(1, 40)]
    for name in names:
        world.running.ensure(BTC, "1m", name)
    turns = 0
    while not all(world.running.is_ready(BTC, "1m", name) for name in names):
        await asyncio.sleep(0)
        turns += 1

    assert turns > 3
    assert all(world.values(name) == means(world.rows, length) for length, name in enumerate(names, 1))


async def test_bars_that_close_while_history_is_taken_are_in_it():
    world = World(STEP * 50)
    world.running.hold(*MEAN, "a")
    for length in range(4, 30):
        world.running.ensure(BTC, "1m", f"MEAN({length})")
    while not world.running.is_ready(*MEAN):
        world.close()
        await asyncio.sleep(0)
    world.close()

    assert world.values() == means(world.rows)


async def test_a_window_that_loads_later_is_waited_for():
    world = World(0)
    world.bars.loaded.clear()
    world.running.hold(*MEAN, "a")
    asking = asyncio.create_task(world.running.page(*MEAN, start=None, end=None, limit=5))
    await asyncio.sleep(0)
    assert not asking.done()

    world.bars.put(BTC, "1m", bar_rows(7))
    world.running.mended(BAR_TYPE)

    assert len((await asking).rows) == 5
    assert world.values() == means(world.rows)


async def test_bars_of_the_past_that_change_have_everything_computed_anew():
    world = World(60)
    await world.ready("MEAN(3)")
    changed = world.rows[20]
    world.rows[20] = BarRow(changed.ts_open, changed.open, changed.high, changed.low, changed.close + 50, 1)
    world.running.mended(BAR_TYPE)
    assert not world.running.is_ready(*MEAN)
    await world.ready("MEAN(3)")

    assert world.values() == means(world.rows)
    assert ("replaced", (BTC, "1m")) in world.heard.told


async def test_a_hole_that_is_filled_has_everything_computed_anew():
    world = World(0)
    world.bars.put(BTC, "1m", bar_rows(60, without=(30, 31)))
    await world.ready("MEAN(3)")
    world.bars.put(BTC, "1m", bar_rows(60))
    world.running.mended(BAR_TYPE)
    await world.ready("MEAN(3)")

    assert world.values() == means(world.rows)


async def test_a_node_that_is_rebuilt_goes_on_without_a_new_beginning():
    world = World(30)
    await world.ready("MEAN(3)")
    world.running.detach()
    told = world.running.closed
    world.running.closed = lambda _: None
    world.close(9)
    world.running.closed = told
    world.running.attach()
    world.running.mended(BAR_TYPE)
    world.running.detach()

    assert world.values() == means(world.rows)
    assert "replaced" not in [one[0] for one in world.heard.told]
    assert len(Mean.made[-1].taken) == 39


async def test_a_long_absence_is_made_up_for_in_turns():
    world = World(100)
    await world.ready("MEAN(3)")
    world.bars.put(BTC, "1m", bar_rows(2_000))
    world.running.closed(BAR_TYPE)
    assert not world.running.is_ready(*MEAN)
    await world.ready("MEAN(3)")

    assert world.values() == means(world.rows)
    assert "replaced" not in [one[0] for one in world.heard.told]


async def test_a_jump_of_market_time_begins_anew():
    world = World(30)
    await world.ready("MEAN(3)")
    world.bars.loaded.clear()
    world.running.reset()
    assert world.values() == []

    world.bars.put(BTC, "1m", bar_rows(12, first=START_NS - 500 * MINUTE))
    world.running.mended(BAR_TYPE)
    await world.ready("MEAN(3)")

    assert world.values() == means(world.rows)


async def test_old_bars_are_forgotten_with_the_window():
    world = World(0, window=100)
    world.bars.put(BTC, "1m", bar_rows(100))
    await world.ready("MEAN(3)", "SUM()")
    for _ in range(300):
        world.close()
        del world.rows[:-100]

    assert 100 <= len(world.values()) <= 125
    assert world.values(count=50) == means(world.rows)[-50:]
    assert world.values("SUM()", 1, "bars") == [400]


@pytest.mark.property
@given(st.lists(st.sampled_from(("close", "turn", "mend", "fill", "rebuild", "ask", "jump")), max_size=40))
def test_whatever_happens_the_values_are_those_of_the_window(steps):
    async def play():
        world = World(0, window=100)
        world.bars.put(BTC, "1m", bar_rows(40, without=(20,)))
        world.running.hold(*MEAN, "a")
        for number, step in enumerate(steps):
            await play_step(world, step, number)
        await world.ready("MEAN(3)")
        assert world.values(count=100) == means(world.rows)[-100:]

    asyncio.run(play())


async def play_step(world, step, number):
    if step == "close":
        world.close()
    elif step == "turn":
        await asyncio.sleep(0)
    elif step == "mend":
        row = world.rows[number % len(world.rows)]
        world.rows[number % len(world.rows)] = BarRow(row.ts_open, row.open, row.high, row.low, row.close + number, 1)
        world.running.mended(BAR_TYPE)
    elif step == "fill":
        row = world.rows[-1]
        world.rows.append(BarRow(row.ts_open + 2 * MINUTE, row.open, row.high, row.low, row.close, 1))
        world.running.closed(BAR_TYPE)
        world.rows.insert(-1, BarRow(row.ts_open + MINUTE, row.open, row.high, row.low, row.low, 1))
        world.running.mended(BAR_TYPE)
    elif step == "rebuild":
        world.running.detach()
        world.running.attach()
        world.running.detach()
    elif step == "ask":
        world.running.ensure(BTC, "1m", f"MEAN({2 + number})")
    else:
        world.running.reset()
        world.bars.put(BTC, "1m", bar_rows(30 + number, first=START_NS + number * MINUTE))
        world.running.mended(BAR_TYPE)


class TestWhoWantsWhat:
    async def test_what_nobody_wants_any_more_ends(self):
        world = World(30, idle_s=60.0)
        world.running.hold(*MEAN, "a")
        await world.ready("MEAN(3)", "MEAN(4)")
        world.now += 61
        assert world.running.sweep() is True
        assert world.running.sweep() is False
        assert world.running.is_ready(*MEAN)
        assert not world.running.is_ready(BTC, "1m", "MEAN(4)")

        world.running.release(*MEAN, "a")
        world.now += 61
        world.running.sweep()

        assert world.heard.told[-1] == ("ended", (BTC, "1m"), "MEAN(3)")
        assert world.bars.held == []

    async def test_the_window_is_held_as_long_as_something_runs_on_it(self):
        world = World(30)
        await world.ready("MEAN(3)", "MEAN(4)")

        assert world.bars.held == [(BTC, "1m", READER)]

    async def test_the_longest_unasked_gives_way_to_a_new_one(self):
        world = World(30, max_running=2)
        await world.ready("MEAN(3)")
        world.now += FRESH_S
        await world.ready("MEAN(4)")
        world.now += 1.0
        world.running.ensure(BTC, "1m", "MEAN(5)")

        assert not world.running.is_ready(*MEAN)
        assert world.running.is_ready(BTC, "1m", "MEAN(4)")

    @pytest.mark.parametrize("how", ["held", "asked just now"])
    async def test_what_is_wanted_gives_no_way(self, how):
        world = World(30, max_running=2)
        for length in (3, 4):
            await world.ready(f"MEAN({length})")
            if how == "held":
                world.running.hold(BTC, "1m", f"MEAN({length})", "a")
        world.now += FRESH_S * (100 if how == "held" else 0.5)

        with pytest.raises(NoCapacityError):
            world.running.ensure(BTC, "1m", "MEAN(5)")
        assert world.running.is_ready(*MEAN)

    async def test_what_is_let_go_of_gives_way_at_once_unless_it_was_just_asked_for(self):
        world = World(30, max_running=1)
        await world.ready("MEAN(3)")
        world.running.hold(*MEAN, "a")
        world.now += FRESH_S
        world.running.release(*MEAN, "a")
        await world.ready("MEAN(4)")

        with pytest.raises(NoCapacityError):
            world.running.ensure(*MEAN)

    async def test_what_was_refused_is_not_remembered(self):
        world = World(30, max_running=1)
        await world.ready("MEAN(3)")
        known = len(world.running._roster._readers)
        for length in range(4, 40):
            with pytest.raises(NoCapacityError):
                world.running.ensure(BTC, "1m", f"MEAN({length})")

        assert len(world.running._roster._readers) == known

    async def test_an_instrument_that_does_not_exist_leaves_nothing_behind(self):
        world = World(30)
        with pytest.raises(UnknownInstrumentError):
            world.running.ensure("NO.SIM", "1m", "MEAN(3)")

        assert world.bars.held == []

    async def test_a_name_that_is_wrong_leaves_nothing_behind(self):
        world = World(30)
        with pytest.raises(InvalidInputError):
            world.running.ensure(BTC, "1m", "MEAN(0)")

        assert world.bars.held == []


class TestPages:
    @pytest.mark.parametrize(
        ("start", "end", "limit"),
        [(None, None, 7), (10, None, 5), (10, 40, 100), (None, 3, 100), (5, 9, 2), (90, 99, 5)],
    )
    async def test_are_those_of_the_bars(self, start, end, limit):
        world = World(0)
        world.bars.put(BTC, "1m", bar_rows(50, without=(12, 13)))
        span = {
            "start": None if start is None else START_NS + start * MINUTE,
            "end": None if end is None else START_NS + end * MINUTE,
            "limit": limit,
        }
        page = await world.running.page(*MEAN, **span)
        bars = await world.bars.page(BTC, "1m", **span)

        assert [json.loads(row)["t"] * 1_000_000 for row in page.rows] == bars.opens == page.opens
        assert (page.holes, page.has_older) == (bars.holes, bars.has_older)
        wanted = dict(zip([row.ts_open for row in world.rows], means(world.rows), strict=True))
        assert [json.loads(row)["values"]["value"] for row in page.rows] == [wanted[ts] for ts in bars.opens]

    async def test_before_the_window_are_computed_from_older_bars(self):
        world = World(0, window=100)
        everything = bar_rows(1_000)
        world.bars.put(BTC, "1m", everything)
        world.bars.rows = lambda *place: everything[-min(100, place[2]) :]
        page = await world.running.page(*MEAN, start=START_NS + 200 * MINUTE, end=None, limit=800)

        assert [json.loads(row)["values"]["value"] for row in page.rows] == means(everything)[200:]

    async def test_before_the_window_are_read_in_turns(self, monkeypatch):
        world = World(6_000, window=500)
        await world.ready("MEAN(3)")
        longest = since = 0

        def counted(data):
            nonlocal longest, since
            since += 1
            longest = max(longest, since)
            return decode_bar(data)

        monkeypatch.setattr(page_module, "decode_bar", counted)
        asking = asyncio.create_task(world.running.page(*MEAN, start=START_NS, end=None, limit=5_000))
        while not asking.done():
            await asyncio.sleep(0)
            since = 0

        assert len((await asking).rows) == 5_000
        assert STEP <= longest < 2_500

    async def test_are_of_one_moment_when_bars_change_while_older_ones_are_awaited(self):
        world = World(0, window=100)
        everything = bar_rows(1_000)
        world.bars.put(BTC, "1m", everything)
        world.bars.rows = lambda *place: everything[-min(100, place[2]) :]
        await world.ready("MEAN(3)")
        page = world.bars.page

        async def page_while_the_window_changes(*place, start, end, limit):
            found = await page(*place, start=start, end=end, limit=limit)
            if start is None:
                world.bars.rows = lambda *asked: everything[-min(40, asked[2]) - 20 : -20]
                world.running.mended(BAR_TYPE)
            return found

        world.bars.page = page_while_the_window_changes
        found = await world.running.page(*MEAN, start=START_NS + 200 * MINUTE, end=None, limit=800)

        assert [json.loads(row)["values"]["value"] for row in found.rows] == means(everything)[200:]

    async def test_before_the_window_a_sum_has_no_values(self):
        world = World(0, window=100)
        everything = bar_rows(300)
        world.bars.put(BTC, "1m", everything)
        world.bars.rows = lambda *place: everything[-min(100, place[2]) :]
        page = await world.running.page(BTC, "1m", "SUM()", start=None, end=None, limit=250)
        counts = [json.loads(row)["values"]["bars"] for row in page.rows]

        assert counts == [None] * 150 + list(range(1, 101))

    async def test_of_one_that_failed_say_so(self):
        world = World(30)

        with pytest.raises(NotReadyError, match="ZeroDivisionError: none left"):
            await world.running.page(BTC, "1m", "FRAGILE(5)", start=None, end=None, limit=9)


async def test_one_that_raises_costs_only_itself():
    world = World(30)
    world.running.ensure(BTC, "1m", "FRAGILE(35)")
    await world.ready("MEAN(3)")
    world.close(10)

    assert world.values() == means(world.rows)
    assert world.values("FRAGILE(35)") == [None] * 40


class TestTheOpenBar:
    async def looked(self, world, name="MEAN(3)"):
        if world.running.growing(BTC, "1m", name) is None:
            await self.look(world)
        found = world.running.growing(BTC, "1m", name)
        return None if found is None else json.loads(found)

    async def look(self, world):
        await asyncio.wait_for(world.heard.has_looked.wait(), 30.0)
        world.heard.has_looked.clear()

    def tick(self, world, close):
        ts = world.rows[-1].ts_open + MINUTE
        world.bars.growing[BTC, "1m"] = BarRow(ts, close, close, close, close, 11)

    async def test_has_the_value_that_it_would_close_with(self):
        world = World(30)
        await world.ready("MEAN(3)", "SUM()")
        self.tick(world, 3_000_300)
        row = world.bars.growing[BTC, "1m"]
        total = await self.looked(world, "SUM()")
        mean = await self.looked(world)

        assert mean == {
            "t": row.ts_open // 1_000_000,
            "values": {"value": means([*world.rows, row])[-1]},
            "closed": False,
        }
        assert total["values"] == {"total": sum(one.volume for one in [*world.rows, row]), "bars": 31}
        assert world.values() == means(world.rows)

    async def test_is_looked_at_again_after_a_while_only(self):
        world = World(30)
        await world.ready("MEAN(3)")
        self.tick(world, 3_000_300)
        first = await self.looked(world)
        self.tick(world, 3_000_900)
        assert await self.looked(world) == first
        world.now += 0.6
        world.running.growing(*MEAN)
        await self.look(world)

        assert (await self.looked(world))["values"] != first["values"]

    async def test_has_no_value_once_it_has_closed(self):
        world = World(30)
        await world.ready("MEAN(3)")
        self.tick(world, 3_000_300)
        assert await self.looked(world) is not None
        world.close()

        assert world.running.growing(*MEAN) is None

    async def test_has_no_value_before_the_closed_one_before_it_was_taken(self):
        world = World(30)
        await world.ready("MEAN(3)")
        last = world.rows[-1].ts_open
        world.rows.append(BarRow(last + MINUTE, 1, 1, 1, 1, 1))
        self.tick(world, 3_000_300)

        assert world.running.growing(*MEAN) is None

    async def test_of_another_instrument_is_none_of_it(self):
        world = World(30)
        await world.ready("MEAN(3)")
        world.bars.growing[ETH, "1m"] = BarRow(world.rows[-1].ts_open + MINUTE, 1, 1, 1, 1, 1)

        assert world.running.growing(*MEAN) is None
