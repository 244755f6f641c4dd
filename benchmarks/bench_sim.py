"""What the simulated market costs: ticks made, ticks brought to an actor through a real node, history, idle CPU.

Each figure stands beside a floor of the same run: the bare making of the same rows, a bare client that sends ticks
made before, the same node with a market that stands still.
"""

import asyncio
import gc
import time
from contextlib import asynccontextmanager

import pytest
import uvloop
from nautilus_trader.common import DataActor, DataActorConfig, Environment, LoggerConfig, LogLevel
from nautilus_trader.live import LiveNode, RoutingConfig
from nautilus_trader.model import (
    ActorId,
    BarType,
    BookAction,
    BookOrder,
    InstrumentId,
    OrderBookDelta,
    OrderSide,
    Price,
    Quantity,
    TraderId,
)

from actors.engine import Scale
from actors.market import BarRow, BookRow, QuoteRow, TradeRow, bar_type_of
from adapters.client import FeedClientConfig, FeedClientFactory
from adapters.player import Player
from adapters.sim.feed import SimFeed
from config.schema import SimSection
from tests.simulated import EVER, MINUTE, START

pytestmark = pytest.mark.bench
MINUTES = 600
BOOK_MINUTES = 30
WINDOW = 7_600
SECONDS = 3.0
ROUNDS = 3
STILL = 1e-6


class Counter(DataActor):
    """Counts every trade and quote of every instrument, and takes 1-minute bars."""

    def __new__(cls, config, names):
        return super().__new__(cls, config)

    def __init__(self, config, names):
        super().__init__(config)
        self.names = names
        self.count = self.bars = 0
        self.target = 1
        self.reached = asyncio.Event()

    def on_start(self):
        for name in self.names:
            self.subscribe_trades(InstrumentId.from_str(name))
            self.subscribe_quotes(InstrumentId.from_str(name))
            self.subscribe_bars(BarType.from_str(bar_type_of(name, "1m")))

    def on_trade(self, tick):
        self.on_tick()

    def on_quote(self, tick):
        self.on_tick()

    def on_tick(self):
        self.count += 1
        if self.count == self.target:
            self.reached.set()

    async def until(self, target):
        self.target = target
        self.reached.clear()
        await self.reached.wait()

    def on_bar(self, bar):
        self.bars += 1


class ReadyClient:
    """Listens to the player and sends ticks that were made before: the floor."""

    def __init__(self, client, ticks):
        self.client, self.ticks, self.next = client, ticks, 0

    def deliver(self, events, position_ns):
        for tick in self.ticks[self.next : self.next + len(events)]:
            self.client._sender._echo.send(tick)
        self.next += len(events)

    def backlog(self):
        return self.client.backlog()


class ReadyFeed(SimFeed):
    """Gives rows that were read before."""

    def __init__(self, rows):
        super().__init__(SimSection(), START)
        self.rows, self.at = rows, 0

    def read(self, until_ns, limit):
        found = self.rows[self.at : self.at + limit]
        self.at += len(found)
        self._position = found[-1].ts + 1 if found else self._position
        return found

    def next_ts(self):
        return self.rows[self.at].ts if self.at < len(self.rows) else None


@asynccontextmanager
async def node(player):
    """Run a node with one counting actor; yield the actor."""
    actor = Counter(DataActorConfig(actor_id=ActorId("COUNTER-001")), tuple(player.feed.instruments))
    built = (
        LiveNode.builder("BENCH", TraderId("BENCH-001"), Environment.SANDBOX)
        .with_logging(LoggerConfig(stdout_level=LogLevel.OFF))
        .with_delay_post_stop_secs(0)
        .add_data_client("SIM", FeedClientFactory, FeedClientConfig(player), RoutingConfig(default=True))
        .build()
    )
    built.add_actor(actor)
    handle, task = built.handle(), asyncio.ensure_future(built.run_async())
    try:
        yield actor
    finally:
        await player.halt()
        handle.stop()
        await asyncio.wait_for(task, 10)
        built.dispose()
        del built, handle, task
        gc.collect()


def timed(work):
    """Return the result of `work` and the seconds it took."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def copies(rows):
    """Make the same rows again from values at hand: the floor of making ticks."""
    return [
        TradeRow(row.instrument_id, row.ts, row.price, row.size, row.side, row.trade_id)
        if isinstance(row, TradeRow)
        else QuoteRow(row.instrument_id, row.ts, row.bid, row.ask, row.bid_size, row.ask_size)
        for row in rows
    ]


def test_making_ticks():
    feed = SimFeed(SimSection(), START)
    rows, took = timed(lambda: feed.read(START + MINUTES * MINUTE, EVER))
    floor = min(timed(lambda: copies(rows))[1] for _ in range(ROUNDS))
    print(f"\nticks made: {len(rows) / took:,.0f}/s, {took / floor:.1f}x the bare making of the same rows")
    assert len(rows) > 200_000
    assert took < 10 * floor


def test_making_books():
    """Steps of all books beside the same market without readers, and beside the bare making of the same rows."""
    plain, feed = SimFeed(SimSection(), START), SimFeed(SimSection(), START)
    for name in feed.instruments:
        feed.want_book(name, is_wanted=True)
    _, without = timed(lambda: plain.read(START + BOOK_MINUTES * MINUTE, EVER))
    rows, took = timed(lambda: feed.read(START + BOOK_MINUTES * MINUTE, EVER))
    steps = [row for row in rows if isinstance(row, BookRow)]
    floor = min(timed(lambda: bare_steps(steps))[1] for _ in range(ROUNDS))
    whole = min(timed(lambda: [feed.book(name) for name in feed.instruments])[1] for _ in range(ROUNDS)) / 3
    levels = sum(len(row.bids) + len(row.asks) for row in steps) / len(steps)
    each = (took - without) / len(steps)
    print(
        f"\nbook steps made: {1 / each:,.0f}/s ({each * 1e6:.1f} us, {levels:.1f} levels), "
        f"{each * len(steps) / floor:.0f}x the bare making; a whole book {whole * 1e6:.0f} us; "
        f"without readers {without / took:.0%} of the time"
    )
    assert each < 100e-6


def bare_steps(rows):
    """Make the same steps again from levels at hand."""
    return [BookRow(row.instrument_id, row.ts, row.sequence, (*row.bids, None), (*row.asks, None)) for row in rows]


def test_books_for_the_engine():
    """Rows of books into engine objects and back, beside the bare making of the engine's parts."""
    feed = SimFeed(SimSection(), START)
    name = next(iter(feed.instruments))
    feed.want_book(name, is_wanted=True)
    scale, whole = Scale(feed.instruments[name]), feed.book(name)
    rows = [row for row in feed.read(START + 5 * MINUTE, EVER) if isinstance(row, BookRow)]
    for what, some in (("step", rows), ("whole book", [whole] * 20)):
        there = min(timed(lambda some=some: [scale.book_deltas(row) for row in some])[1] for _ in range(ROUNDS))
        made = [scale.book_deltas(row) for row in some]
        back = min(timed(lambda made=made: [scale.book_row(deltas) for deltas in made])[1] for _ in range(ROUNDS))
        count = sum(len(row.bids) + len(row.asks) for row in some)
        floor = min(timed(lambda count=count: bare_orders(scale, count))[1] for _ in range(ROUNDS))
        print(
            f"\n{what} of {count / len(some):.1f} levels: to the engine {there / len(some) * 1e6:.1f} us "
            f"({there / floor:.2f}x its bare parts), back {back / len(some) * 1e6:.1f} us"
        )
        assert there < 4 * floor


def bare_orders(scale, count):
    """Make as many engine levels as there are, all alike."""
    return [
        OrderBookDelta(
            scale.instrument_id,
            BookAction.UPDATE,
            BookOrder(OrderSide.BUY, Price.from_raw(10**18, 2), Quantity.from_raw(10**18, 2), 0),
            0,
            1,
            START,
            START,
        )
        for _ in range(count)
    ]


def test_history():
    feeds = [SimFeed(SimSection(), START) for _ in range(ROUNDS)]
    rows, took = min((timed(lambda feed=feed: _windows(feed)) for feed in feeds), key=lambda item: item[1])
    _, again = timed(lambda: _windows(feeds[0]))
    values = [[getattr(row, name) for name in BarRow.__struct_fields__] for row in rows]
    floor = min(timed(lambda: [BarRow(*row) for row in values])[1] for _ in range(ROUNDS))
    print(
        f"\nhistory of 3 x {WINDOW} bars: {took * 1e3:.0f} ms ({len(rows) * 60 / took / 1e6:.1f} M trades/s), asked "
        f"again {again * 1e3:.0f} ms, bare rows {floor * 1e3:.0f} ms ({took / floor:.0f}x and {again / floor:.1f}x)"
    )
    assert took < 0.5


def _windows(feed):
    return [row for name in feed.instruments for row in feed.history(name, "1m", None, None, WINDOW)]


def test_bringing_ticks_to_an_actor():
    rows = list(SimFeed(SimSection(), START).read(START + MINUTES * MINUTE, EVER))
    ours, floor = [], []
    for _ in range(ROUNDS):
        ours.append(uvloop.run(_delivered(Player(SimFeed(SimSection(), START), speed=0), len(rows))))
        floor.append(uvloop.run(_delivered_bare(rows)))
    ratio = min(ours) / min(floor)
    print(f"\nticks to an actor: {1 / min(ours):,.0f}/s, bare client {1 / min(floor):,.0f}/s, {ratio:.2f}x")
    assert ratio < 5


async def _delivered(player, count):
    async with node(player) as actor:
        await actor.until(1)
        began, first = time.perf_counter(), actor.count
        await actor.until(count)
        return (time.perf_counter() - began) / (actor.count - first)


async def _delivered_bare(rows):
    scales = {name: Scale(instrument) for name, instrument in SimFeed(SimSection(), START).instruments.items()}
    ticks = [
        scales[row.instrument_id].trade_tick(row)
        if isinstance(row, TradeRow)
        else scales[row.instrument_id].quote_tick(row)
        for row in rows
    ]
    still = Player(SimFeed(SimSection(), START), speed=STILL)
    async with node(still) as actor:
        client = await _listener(still)
        player, ready = Player(ReadyFeed(rows), speed=0), ReadyClient(client, ticks)
        player.attach(ready)
        began, first = time.perf_counter(), actor.count
        await player.run(ready)
        return (time.perf_counter() - began) / (actor.count - first)


async def _listener(player):
    """Return the client that plays, once it does."""
    while player._idle.is_set():  # noqa: ASYNC110  # it offers no event of its beginning
        await asyncio.sleep(0.01)
    return player._listener


@pytest.mark.parametrize("speed", [1.0, 100.0, 1_000.0])
def test_cpu_while_playing(speed):
    idle, busy = uvloop.run(_cpu(STILL)), uvloop.run(_cpu(speed))
    print(f"\nCPU at {speed:g}x: {busy * 100:.1f} %, a node whose market stands still {idle * 100:.1f} %")
    assert busy - idle < 0.02 + 0.0006 * speed


async def _cpu(speed):
    player = Player(SimFeed(SimSection(), START), speed=speed)
    async with node(player):
        await _listener(player)
        began, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(SECONDS)
        return (time.process_time() - used) / (time.perf_counter() - began)
