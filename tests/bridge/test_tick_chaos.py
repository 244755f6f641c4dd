"""Random markets, losses, nodes and clients: nobody ever has a wrong book, misses a step or sees a trade twice."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ticks.store import IDLE_S
from tests.bridge.fakes import BTC
from tests.bridge.tick_market import BOOK, DELTAS, TRADES, Market
from tests.tick_books import WireBook, change, snapshot
from tests.tick_world import trade

SHALLOW = f"{BOOK}:3"
CHANNELS = (DELTAS, TRADES, BOOK, SHALLOW)
OFTEN = ["step"] * 8 + ["trade"] * 2 + ["turn"] * 3
SELDOM = ["lose", "double", "whole", "miss_trade", "stall", "read", "cut", "come", "join", "wait", "node"]


class Chaos:
    """A market and its clients; each method is something that can happen."""

    def __init__(self, random):
        self.random = random
        self.world = Market(slow_after_bytes=3_000, caught_up_below_bytes=1_500)
        self.ticks = self.world.ticks
        self.clients = [self.world.client(*CHANNELS), self.world.client(*CHANNELS, max_hz=5)]
        self.bids = {50: 1}
        self.trades = 0
        self.whole()

    @property
    def client(self):
        return self.random.choice(self.clients)

    def step(self, *, is_lost=False):
        price, size = self.random.randint(30, 100), self.random.randint(0, 5)
        self.bids |= {price: size}
        self.world.step(bids=[(price, size)], is_lost=is_lost)

    def lose(self):
        self.step(is_lost=True)

    def double(self):
        self.ticks.step(change(self.world.sequence, bids=[(1, 1)]))

    def whole(self):
        self.bids = {price: size for price, size in self.bids.items() if size}
        self.ticks.step(snapshot(self.world.sequence, bids=self.bids.items(), asks=[(101, 3)]))

    def trade(self):
        self.trades += 1
        self.world.market.trade(self.trades)

    def miss_trade(self):
        self.trades += 1

    def turn(self):
        self.world.loop.turn()

    def wait(self):
        self.world.market.later.advance(self.random.choice([1, IDLE_S]))

    def node(self):
        self.ticks.detach()
        if self.random.random() < 0.5:
            self.lose()
        self.world.start(past=[trade(one) for one in range(max(1, self.trades - 3), self.trades + 1)])

    def stall(self):
        self.client.socket.is_stalled = True

    def read(self):
        self.let_read(self.client)

    def cut(self):
        client = self.client
        if not client.socket.is_closed:
            client.disconnect()

    def come(self):
        self.let_come(self.client)

    def join(self):
        if len(self.clients) < 5:
            self.clients.append(self.world.client(*CHANNELS))

    def end(self):
        """Everybody is there and reads; the book is mended; everything arrives."""
        for client in self.clients:
            self.let_come(client)
            self.let_read(client)
        self.lose()
        self.whole()
        self.world.loop.advance(2)

    @staticmethod
    def let_read(client):
        client.socket.is_stalled = False
        if not client.socket.is_closed:
            client.socket.read()

    @staticmethod
    def let_come(client):
        if client.socket.is_closed:
            client.resume()


@settings(max_examples=40)
@given(st.lists(st.sampled_from(OFTEN + SELDOM), max_size=120), st.randoms(use_true_random=False))
def test_whatever_happens_every_client_ends_with_the_book_and_the_trades(doings, random):
    chaos = Chaos(random)
    for doing in doings:
        getattr(chaos, doing)()
    chaos.end()

    whole = WireBook(json.loads(chaos.ticks.whole_book(BTC)))
    kept = [json.loads(body)["id"] for _, body in reversed(chaos.ticks.trades(BTC, limit=1_000))]
    for client in chaos.clients:
        first, *steps = client.views[DELTAS].rows
        book = WireBook(first)
        for step in steps:
            book.take(step)
        assert (book.sides(), book.sequence) == (whole.sides(), whole.sequence)
        for name, depth in ((BOOK, 20), (SHALLOW, 3)):
            shown = client.views[name].value
            assert [shown["bids"], shown["asks"]] == whole.top(depth)
        seen = [row["id"] for row in client.views[TRADES].rows]
        assert seen == kept[len(kept) - len(seen) :]
