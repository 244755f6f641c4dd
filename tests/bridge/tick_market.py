"""A hub whose trades, quotes and books the test plays."""

from actors.messages import TicksChanged
from tests.bridge.fakes import BTC
from tests.bridge.hub_world import World
from tests.tick_books import change, snapshot
from tests.tick_world import EVERY, FakeSource, TickWorld

TRADES, QUOTES, BOOK, DELTAS = (f"{kind}:{BTC}" for kind in ("trades", "quotes", "book", "book_delta"))


class Market(World):
    """A world whose ticks the test plays; told changes reach the hub as over the bus."""

    def __init__(self, *, kinds=lambda _: EVERY, past=(), **options):
        self.market = TickWorld(kinds=kinds)
        self.ticks = self.market.ticks
        super().__init__(ticks=self.ticks, **options)
        self.sequence = 10
        self.start(past)

    def start(self, past=()):
        """A node comes up."""
        self.market.source = FakeSource()
        self.market.source.on_tell = self._tell
        self.market.attach(past=past)
        self.relay.attach()

    def begin_book(self, **levels):
        self.ticks.step(snapshot(self.sequence, **levels))
        self.loop.settle()

    def step(self, *, is_lost=False, **levels):
        self.sequence += 1
        if not is_lost:
            self.ticks.step(change(self.sequence, **levels))

    def _tell(self, instrument_id, kind, is_ready):
        self.relay.ticks(TicksChanged(trace_id="t", instrument_id=instrument_id, kind=kind, is_ready=is_ready))
