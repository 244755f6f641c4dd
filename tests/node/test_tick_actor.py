"""The shell of the ticks in a real engine on a market of ours: on demand, mended when broken, across nodes."""

import asyncio
import gc
import json
from contextlib import asynccontextmanager
from typing import override

import pytest
from nautilus_trader.common import DataActor, DataActorConfig, Environment, LoggerConfig, LogLevel
from nautilus_trader.live import LiveNode, RoutingConfig
from nautilus_trader.model import ActorId, BookType, InstrumentId, TraderId

from actors.market import BookRow, decimal_text
from actors.ticks.actor import TickActor
from actors.ticks.store import Ticks
from adapters.client import FeedClientConfig, FeedClientFactory
from adapters.line import TrueLine
from adapters.player import Player
from tests.node.mouth import is_up
from tests.simulated import BTC, ETH, market
from tests.tick_books import WireBook

pytestmark = pytest.mark.slow


class LeakyLine(TrueLine):
    """Loses the next steps of books that it is told to lose."""

    def __init__(self):
        self.steps_to_lose = 0

    @override
    def carry(self, item):
        if isinstance(item, BookRow) and not item.is_snapshot and self.steps_to_lose:
            self.steps_to_lose -= 1
            return ()
        return (item,)


class Neighbour(DataActor):
    """Hears the same book, so that the engine has more than one subscriber."""

    def __new__(cls):
        return super().__new__(cls, DataActorConfig(actor_id=ActorId("NEIGHBOUR-001")))

    def __init__(self):
        super().__init__(DataActorConfig(actor_id=ActorId("NEIGHBOUR-001")))

    def on_start(self):
        self.subscribe_book_deltas(InstrumentId.from_str(BTC), BookType.L2_MBP)


class Desk:
    """Ticks that outlive every node, over one player."""

    def __init__(self, speed=200.0):
        self.player, self.line = Player(market(), speed=speed), LeakyLine()
        feed = self.player.feed
        self.ticks = Ticks(feed.instruments, feed.kinds, latest=lambda: feed.position_ns, wait_s=60.0)

    @asynccontextmanager
    async def node(self, *others):
        """Run one node; the market stands still when it ends."""
        built = (
            LiveNode.builder("TEST", TraderId("TESTER-001"), Environment.SANDBOX)
            .with_logging(LoggerConfig(stdout_level=LogLevel.OFF))
            .with_delay_post_stop_secs(0)
            .add_data_client(
                "FEED", FeedClientFactory, FeedClientConfig(self.player, 0.0, self.line), RoutingConfig(default=True)
            )
            .build()
        )
        instruments = tuple(self.player.feed.instruments.values())
        actor = TickActor(DataActorConfig(actor_id=ActorId("TICKS-001")), self.ticks, instruments)
        for one in (actor, *others):
            built.add_actor(one)
        handle, task = built.handle(), asyncio.ensure_future(built.run_async())
        try:
            await is_up(handle, task)
            yield actor
        finally:
            await self.player.halt()
            handle.stop()
            await asyncio.wait_for(task, 60)
            built.dispose()
            del built, handle, task
            gc.collect()
        assert actor.faults.found == []

    async def until(self, reached):
        async with asyncio.timeout(60):
            while not reached():  # noqa: ASYNC110  # many parts change, none tells
                await asyncio.sleep(0.005)

    def sequence(self):
        body = self.ticks.whole_book(BTC)
        return -1 if body is None else json.loads(body)["sequence"]

    def is_true(self):
        """Return whether the book is the market's, level by level."""
        whole, own = self.player.feed.book(BTC), WireBook(json.loads(self.ticks.whole_book(BTC)))
        places = self.player.feed.instruments[BTC]
        sides = [
            [[decimal_text(p, places.price_precision), decimal_text(q, places.size_precision)] for p, q in levels]
            for levels in (whole.bids, whole.asks)
        ]
        return (own.top(1_000), own.sequence) == (sides, whole.sequence)


def ids(found):
    return [json.loads(body)["id"] for body in found]


def kept(ticks, name=BTC):
    return ids(body for _, body in reversed(ticks.trades(name, limit=1_000)))


async def test_a_fresh_node_shows_trades_of_before_and_goes_on_without_a_gap():
    desk = Desk()
    before = [row.trade_id for row in desk.player.feed.trades(BTC, 500)]
    async with desk.node():
        await desk.ticks.ready(BTC, "trades")
        place = desk.ticks.place(BTC, "trades")
        await desk.until(lambda: len(desk.ticks.since(BTC, "trades", place)) > 50)

    market_has = [row.trade_id for row in desk.player.feed.trades(BTC, 1_000)]
    assert set(before) <= set(kept(desk.ticks))
    assert kept(desk.ticks) == market_has


async def test_quotes_and_books_come_when_they_are_asked_for():
    desk = Desk()
    async with desk.node():
        assert desk.ticks.quote(ETH) is None
        await desk.ticks.ready(ETH, "quotes")
        assert json.loads(desk.ticks.quote(ETH))["bid"]
        await desk.ticks.ready(BTC, "book")
        first = desk.sequence()
        await desk.until(lambda: desk.sequence() > first + 100)

    assert desk.ticks.book(ETH, 5) is None


@pytest.mark.parametrize("others", [(), (Neighbour,)], ids=["alone", "with a neighbour"])
async def test_a_book_that_lost_a_step_is_mended_from_a_snapshot(others):
    desk = Desk()
    desk.ticks.hold(BTC, "book_delta", "test")
    async with desk.node(*(one() for one in others)):
        await desk.until(lambda: desk.sequence() > 0)
        place = desk.ticks.place(BTC, "book_delta")
        desk.line.steps_to_lose = 1
        await desk.until(lambda: desk.ticks.since(BTC, "book_delta", place) is None)
        await desk.ticks.ready(BTC, "book")
        mended = desk.ticks.place(BTC, "book_delta")
        book = WireBook(json.loads(desk.ticks.whole_book(BTC)))
        await desk.until(lambda: len(desk.ticks.since(BTC, "book_delta", mended)) > 100)
        assert desk.ticks.degraded() == []
        await desk.player.halt()
        for body in desk.ticks.since(BTC, "book_delta", mended):
            book.take(json.loads(body))
        assert book.sequence == desk.sequence()
        assert desk.is_true()


async def test_a_new_node_goes_on_where_the_old_one_was():
    desk = Desk()
    for stream in ("book_delta", "quotes"):
        desk.ticks.hold(BTC, stream, "test")
    async with desk.node():
        await desk.until(lambda: desk.sequence() > 0 and desk.ticks.is_ready(BTC, "trades"))
        book, steps = WireBook(json.loads(desk.ticks.whole_book(BTC))), desk.ticks.place(BTC, "book_delta")
        trades, first = desk.ticks.place(BTC, "trades"), kept(desk.ticks)
        await desk.until(lambda: desk.sequence() > book.sequence + 50)
    assert not desk.ticks.is_ready(BTC, "book")
    middle = desk.ticks.place(BTC, "book_delta")
    async with desk.node():
        await desk.ticks.ready(BTC, "book")
        await desk.until(lambda: desk.ticks.place(BTC, "book_delta").number > middle.number + 50)
        await desk.until(lambda: len(desk.ticks.since(BTC, "trades", trades)) > 5)
        await desk.player.halt()
        for body in desk.ticks.since(BTC, "book_delta", steps):
            book.take(json.loads(body))
        assert desk.is_true()

    assert book.sequence == json.loads(desk.ticks.since(BTC, "book_delta", steps)[-1])["sequence"]
    assert [*first, *ids(desk.ticks.since(BTC, "trades", trades))][-900:] == kept(desk.ticks)[-900:]


async def test_a_node_that_missed_trades_begins_anew():
    desk = Desk()
    async with desk.node():
        await desk.ticks.ready(BTC, "trades")
        place = desk.ticks.place(BTC, "trades")
    desk.player.feed.read(desk.player.position_ns + 3_600_000_000_000 * 24, 10**9)
    async with desk.node():
        await desk.until(lambda: desk.ticks.since(BTC, "trades", place) is None)
        await desk.until(lambda: len(kept(desk.ticks)) > 500)
