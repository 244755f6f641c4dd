"""The ticks of a story: trades, quotes and a book that go on while nodes come and go, and what clients must know."""

import json
from typing import Any

from actors.bridge.channel import Channel
from actors.bridge.channels.book import Book
from actors.bridge.channels.book_delta import BookDelta
from actors.bridge.channels.quotes import Quotes
from actors.bridge.channels.trades import Trades
from actors.market import QuoteRow, TradeRow, decimal_text
from actors.ticks.log import Log
from config.registry import Registry
from tests.bridge.fake_indicators import SmallIndicators
from tests.bridge.fakes import BTC
from tests.bridge.hub_client import View
from tests.bridge.hub_world import small_registry
from tests.bridge.tick_market import BOOK, DELTAS, QUOTES, TRADES, Market
from tests.tick_books import WireBook, snapshot
from tests.tick_world import FakeSource, quote, trade

TICK_CHANNELS = (TRADES, QUOTES, BOOK, DELTAS)
KEPT = 40
"""Rows that the ticks keep: more than a ring of the hub, few enough that readers are overrun."""
ASKS = {101: 3}
DEPTH = 20


class SmallTrades(Trades):
    """Trades that are forgotten soon."""

    ring_size = 16
    snapshot_rows = 6


class SmallDeltas(BookDelta):
    """Steps that are forgotten soon."""

    ring_size = 16


def registry_with_ticks() -> Registry[Channel]:
    """The channels with the smallest rings."""
    registry = small_registry()
    registry.register("indicators")(SmallIndicators)
    registry.register("trades")(SmallTrades)
    registry.register("book_delta")(SmallDeltas)
    registry.register("quotes")(Quotes)
    registry.register("book")(Book)
    return registry


class TickStory:
    """A market that goes on whether a node hears it or not; a node's questions are answered when the story says so."""

    def __init__(self, world: Market) -> None:
        self.world = world
        self.trades: list[TradeRow] = []
        self.quote: QuoteRow | None = None
        self.bids: dict[int, int] = {50: 1}
        self.is_up = True
        one = world.ticks._all[BTC]
        one.tape.log, one.book.log = Log(KEPT), Log(KEPT)

    def trade(self, count: int) -> None:
        for _ in range(count):
            self.trades.append(trade(len(self.trades) + 1))
            if self.is_up:
                self.world.ticks.trade(self.trades[-1])

    def quotes(self, count: int) -> None:
        for number in range(count):
            ts = 0 if self.quote is None else self.quote.ts + 1
            self.quote = quote(number, ts=max(ts, self.world.clock.now_ns), size=count)
            if self.is_up:
                self.world.ticks.quote_tick(self.quote)

    def step(self, count: int, price: int, *, is_lost: bool = False) -> None:
        for number in range(count):
            level = 30 + (price + 7 * number) % 70
            self.bids[level] = (price + number) % 6
            self.world.step(bids=[(level, self.bids[level])], is_lost=is_lost or not self.is_up)

    def down(self) -> None:
        """The node ends; the market goes on."""
        self.is_up = False
        self.world.ticks.detach()

    def up(self) -> None:
        """Another node comes up; nothing that it asks is answered yet."""
        source = self.world.market.source = FakeSource()
        source.on_tell = self.world._tell
        self.is_up = True
        self.world.ticks.attach(source)

    def answer(self, count: int) -> None:
        """The source answers what it was asked, the newest `count` trades among that."""
        source, ticks = self.world.market.source, self.world.ticks
        if not self.is_up:
            return
        calls, source.calls = source.calls, []
        for verb, name, *_ in calls:
            if verb == "ask":
                ticks.past_trades(self.trades[-count:] if name == BTC else [])
        kinds = {"book" if call[0] == "renew" else call[2] for call in calls if call[0] in {"start", "renew"}}
        if "book" in kinds:
            self.bids = {price: size for price, size in self.bids.items() if size}
            ticks.step(snapshot(self.world.sequence, bids=self.bids.items(), asks=ASKS.items()))
        if "quotes" in kinds and self.quote is not None:
            ticks.quote_tick(self.quote)

    def forget(self) -> None:
        """Market time jumps between two nodes."""
        self.down()
        self.world.ticks.reset()
        self.trades, self.quote = [], None

    def end(self) -> None:
        """A node that missed something, hears more before it is answered, and then something of everything."""
        self.down()
        self.trade(1)
        self.step(1, 11)
        self.up()
        self.trade(1)
        for _ in range(3):
            self.answer(KEPT)
        self.trade(1)
        self.quotes(1)
        self.step(1, 5)

    def compare(self, name: str, view: View) -> None:
        """Fail unless a client knows the truth of one channel."""
        if name == TRADES:
            seen = [row["id"] for row in view.rows]
            assert len(seen) >= min(len(self.world.ticks.trades(BTC, limit=6)), 6)
            assert seen == [one.trade_id for one in self.trades][len(self.trades) - len(seen) :]
        elif name == QUOTES:
            assert view.value == json.loads(self.world.ticks.quote(BTC) or b"null")
            assert view.value["ts_ns"] == str(self.quote and self.quote.ts)
        elif name == BOOK:
            assert view.value is not None
            assert (view.value["bids"], view.value["asks"]) == tuple(side[:DEPTH] for side in self.sides())
        else:
            self._compare_steps(view.rows)
        if name in {TRADES, DELTAS}:
            head = self.world.hub.streams.find(name).head
            assert view.position == (head.epoch, head.seq)

    def sides(self) -> tuple[list[list[str]], list[list[str]]]:
        """The levels of the market's book as the wire writes them."""
        bids = sorted(((price, size) for price, size in self.bids.items() if size), reverse=True)
        return _wire(bids), _wire(sorted(ASKS.items()))

    def _compare_steps(self, rows: list[dict[str, Any]]) -> None:
        book = WireBook(rows[0])
        for step in rows[1:]:
            book.take(step)
        assert book.sequence == self.world.sequence
        assert tuple(book.top(10**9)) == self.sides()


def _wire(levels: list[tuple[int, int]]) -> list[list[str]]:
    return [[decimal_text(price, 2), decimal_text(size, 5)] for price, size in levels]
