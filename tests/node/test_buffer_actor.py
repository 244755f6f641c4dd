"""The buffer in a real engine: windows, history and live bars of a market of ours, and data that cannot be true."""

import asyncio
import gc
from contextlib import asynccontextmanager

import pytest
from nautilus_trader.common import DataActor, DataActorConfig, Environment, LoggerConfig, LogLevel
from nautilus_trader.live import LiveNode, RoutingConfig
from nautilus_trader.model import ActorId, TraderId

from actors.buffer.actor import BufferActor
from actors.buffer.live import PREVIEW_MISMATCHES
from actors.buffer.loading import BOUNDARY_MISMATCHES
from actors.buffer.source import ASKED
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.market import DAY_NS, INTERVALS, MINUTE_NS, SECOND_NS, TradeRow, bar_type_of
from adapters.client import FeedClientConfig, FeedClientFactory
from adapters.player import Player
from adapters.sim.feed import SimFeed
from config.schema import BufferSection, SimSection
from tests.node.mouth import is_up
from tests.recordings import NAME, feed_of, minutes
from tests.simulated import BTC, START, market

pytestmark = pytest.mark.slow
EVER = 10**6


class Ear(DataActor):
    """Keeps what the buffer publishes and lets a test wait for it."""

    def __new__(cls):
        return super().__new__(cls, DataActorConfig(actor_id=ActorId("EAR-001")))

    def __init__(self):
        super().__init__(DataActorConfig(actor_id=ActorId("EAR-001")))
        self.closed, self.opened, self.windows = [], [], []
        self.changed = asyncio.Event()

    def on_start(self):
        self.subscribe_topic("bars.*", lambda message: self.keep(self.closed, message))
        self.subscribe_topic("openbars.*", lambda message: self.keep(self.opened, message))
        self.subscribe_topic("windows.*", lambda message: self.keep(self.windows, message))

    def keep(self, kind, message):
        kind.append(message)
        self.changed.set()

    async def until(self, reached):
        async with asyncio.timeout(60):
            while not reached():
                self.changed.clear()
                await self.changed.wait()

    def rows(self, name, interval):
        return [message.row for message in self.closed if message.bar_type == bar_type_of(name, interval)]


def buffer_of(feed, **limits):
    return Buffer(BufferSection(**{"request_timeout_s": 60.0, **limits}), feed.instruments, feed.native_interval)


def actor_of(buffer, clock, **options):
    config = DataActorConfig(actor_id=ActorId("BUFFER-001"))
    return BufferActor(config, buffer, clock, **{"give_up_s": 60.0, **options})


@asynccontextmanager
async def node(factory, config, *actors, stop=None):
    builder = LiveNode.builder("TEST", TraderId("TESTER-001"), Environment.SANDBOX)
    builder = builder.with_logging(LoggerConfig(stdout_level=LogLevel.OFF)).with_delay_post_stop_secs(0)
    built = builder.add_data_client("FEED", factory, config, RoutingConfig(default=True)).build()
    for actor in actors:
        built.add_actor(actor)
    handle, task = built.handle(), asyncio.ensure_future(built.run_async())
    try:
        await is_up(handle, task)
        yield
    finally:
        if stop is not None:
            await stop()
        handle.stop()
        await asyncio.wait_for(task, 60)
        built.dispose()
        del built, handle, task
        gc.collect()


@asynccontextmanager
async def played(player, buffer, *, clock=None, latency_s=0.0):
    """Run a node with buffer and ear on a market; yields the ear."""
    ear = Ear()
    actor = actor_of(buffer, clock or MarketClock(), latest=lambda: player.position_ns)
    async with node(FeedClientFactory, FeedClientConfig(player, latency_s), actor, ear, stop=player.halt):
        yield ear
    assert actor.faults.found == []


def truth(feed, interval, *, name=BTC, first=None):
    return feed.history(name, interval, first, None, EVER)[-7_600 if first is None else None :]


def as_told_until(feed, interval, known):
    """History up to the last bar known: the feed is always a little ahead of what has come through the engine."""
    if not known:
        return [one for one in truth(feed, interval) if INTERVALS[interval].close(one.ts_open) <= START]
    assert feed.position_ns - known[-1].ts_open <= 2 * INTERVALS[interval].duration_ns + 30 * SECOND_NS
    whole = [one for one in truth(feed, interval, first=0) if one.ts_open <= known[-1].ts_open]
    return whole[-len(known) :]


def held(buffer, interval, name=BTC):
    return buffer.rows(name, interval, EVER)


def joined(buffer):
    """Whether no live bar waits for history."""
    return all(series.waiting is None for series in buffer.held(BTC).series.values())


def counts():
    return PREVIEW_MISMATCHES._value.get(), BOUNDARY_MISMATCHES._value.get()


@pytest.mark.parametrize("latency_s", [0.0, 0.1])
async def test_every_window_is_what_history_tells(latency_s):
    player, before = Player(market(), speed=300.0), counts()
    buffer = buffer_of(player.feed)
    names = [name for name in INTERVALS if name != "1m"]
    async with played(player, buffer, latency_s=latency_s) as ear:
        await ear.until(lambda: len(ear.rows(BTC, "1m")) >= 1)
        for name in names:
            buffer.ensure(BTC, name)
        for name in names:
            await buffer.loaded(BTC, name)
        await ear.until(lambda: len(ear.rows(BTC, "5m")) >= 2 and joined(buffer))
    for name in ("1m", *names):
        known = held(buffer, name)
        assert known == as_told_until(player.feed, name, known), name
        told = ear.rows(BTC, name)
        assert told == known[len(known) - len(told) :]
    assert counts() == before


async def test_the_bus_hears_windows_closed_bars_and_one_open_bar_a_tick():
    player, clock = Player(market(), speed=200.0), MarketClock()
    buffer = buffer_of(player.feed)
    async with played(player, buffer, clock=clock) as ear:
        await ear.until(lambda: len(ear.rows(BTC, "1m")) >= 2)
    assert {message.bar_type for message in ear.windows} == {bar_type_of(name, "1m") for name in buffer.instruments()}
    assert all(message.is_complete and message.bars > 2_000 for message in ear.windows)
    closed = [message for message in ear.closed if message.bar_type == bar_type_of(BTC, "1m")]
    assert [message.ts_event for message in closed] == [message.row.ts_open + MINUTE_NS for message in closed]
    trades = [one for one in market().read(clock.now_ns + 1, EVER) if isinstance(one, TradeRow)]
    assert [(one.instrument_id, one.ts_event) for one in ear.opened] == [(one.instrument_id, one.ts) for one in trades]
    assert len({one.trace_id for one in ear.opened}) == len(ear.opened)
    assert clock.now_ns == max(ear.opened[-1].ts_event, closed[-1].ts_event)


async def test_the_open_bar_is_whole_though_listening_began_in_the_middle():
    player = Player(market(), speed=20.0)
    buffer = buffer_of(player.feed)
    async with played(player, buffer, clock=(clock := MarketClock())) as ear:
        await ear.until(lambda: clock.now_ns > START + 10 * SECOND_NS)
        await buffer.loaded(BTC, "5m")
        minute, five = buffer.open_row(BTC, "1m"), buffer.open_row(BTC, "5m")
        now = clock.now_ns
    replayed = market()
    replayed.read(START + 3_600 * SECOND_NS, EVER)
    begin = INTERVALS["1m"].floor(START)
    seconds = [one for one in truth(replayed, "1s", first=begin) if one.ts_open + SECOND_NS <= now]
    assert minute.ts_open == begin
    assert minute.open == seconds[0].open
    assert minute.volume >= sum(one.volume for one in seconds)
    assert minute.high >= max(one.high for one in seconds)
    assert five.ts_open == INTERVALS["5m"].floor(START)
    assert five.close == minute.close


async def test_older_bars_are_read_through_the_engine_once():
    player = Player(market(), speed=1.0)
    buffer = buffer_of(player.feed, window=100)
    async with played(player, buffer, latency_s=0.05) as ear:
        await ear.until(lambda: len(ear.windows) == len(buffer.instruments()))
        end = (START // (1_000 * MINUTE_NS) * 1_000 - 400) * MINUTE_NS
        before = ASKED.labels("answered")._value.get()
        pages = await asyncio.gather(*(buffer.page(BTC, "1m", start=None, end=end, limit=300) for _ in range(50)))
        assert ASKED.labels("answered")._value.get() - before == 1
        again = await buffer.page(BTC, "1m", start=None, end=end, limit=300)
    whole = [one.ts_open for one in truth(player.feed, "1m", first=0) if one.ts_open < end][-300:]
    assert all(page.opens == whole and not page.is_from_memory for page in pages)
    assert (again.opens, again.is_from_memory) == (whole, True)


async def test_before_the_beginning_there_is_nothing_and_nobody_waits_for_it():
    player = Player(market(), speed=1.0)
    buffer = buffer_of(player.feed, window=100)
    begin = player.feed.begin_ns
    async with played(player, buffer):
        await buffer.loaded(BTC, "1m")
        before = await buffer.page(BTC, "1m", start=None, end=begin - DAY_NS, limit=10)
        first = await buffer.page(BTC, "1m", start=0, end=None, limit=10)
    assert before.rows == []
    assert (first.opens[0], first.has_older) == (begin, False)


async def test_a_market_ahead_of_the_wall_clock_has_history_too():
    feed = SimFeed(SimSection(history_days=2), START + 50 * 365 * DAY_NS)
    player = Player(feed, speed=1.0)
    buffer = buffer_of(feed, window=100)
    async with played(player, buffer):
        await buffer.loaded(BTC, "1m")
        end = feed.position_ns - 600 * MINUTE_NS
        page = await buffer.page(BTC, "1m", start=None, end=end, limit=10)
    assert page.opens == [one.ts_open for one in truth(feed, "1m", first=0) if one.ts_open < end][-10:]


async def test_a_rebuilt_node_goes_on_with_the_same_windows():
    player, before = Player(market(), speed=400.0), counts()
    buffer, clock, told = buffer_of(player.feed), MarketClock(), []
    for name in ("5m", "15s"):
        buffer.ensure(BTC, name)
    for _ in range(3):
        async with played(player, buffer, clock=clock) as ear:
            await ear.until(
                lambda ear=ear: len(ear.rows(BTC, "5m")) >= 1 and buffer.is_loaded(BTC, "15s") and joined(buffer)
            )
        told += ear.rows(BTC, "1m")
    for name in ("1m", "5m", "15s"):
        assert held(buffer, name) == as_told_until(player.feed, name, held(buffer, name))
    assert told == held(buffer, "1m")[-len(told) :]
    assert counts() == before


async def test_a_recorded_file_of_bars_has_no_ticks_and_longer_open_bars_grow(tmp_path):
    feed = feed_of(tmp_path, *minutes(500, skip=(260, 261)), warmup=250)
    ended = asyncio.Event()
    player = Player(feed, speed=0, on_end=lambda _: ended.set())
    buffer = buffer_of(feed)
    buffer.ensure(NAME, "1h")
    async with played(player, buffer) as ear:
        await asyncio.wait_for(ended.wait(), 60)
        await ear.until(lambda: len(ear.rows(NAME, "1m")) >= 1 and buffer.is_loaded(NAME, "1h"))
    assert held(buffer, "1m", NAME) == truth(feed, "1m", name=NAME)
    assert held(buffer, "1h", NAME) == truth(feed, "1h", name=NAME)
    assert buffer.open_row(NAME, "1h").close == held(buffer, "1m", NAME)[-1].close
    assert {message.instrument_id for message in ear.opened} <= {NAME}
