"""Ticks with a source that the test plays: it keeps what it was asked and answers when told to."""

from actors.market import QuoteRow, TradeRow
from actors.ticks.store import Ticks
from tests.bridge.fakes import BTC, ETH, START_NS, FakeBars
from tests.later import FakeLater

EVERY = frozenset({"trades", "quotes", "book"})


class FakeSource:
    """A shell of one built node."""

    def __init__(self):
        self.calls = []
        self.told = []
        self.on_tell = None

    def start_ticks(self, instrument_id, kind):
        self.calls.append(("start", instrument_id, kind))

    def stop_ticks(self, instrument_id, kind):
        self.calls.append(("stop", instrument_id, kind))

    def renew_book(self, instrument_id):
        self.calls.append(("renew", instrument_id))

    def ask_trades(self, instrument_id, limit):
        self.calls.append(("ask", instrument_id, limit))

    def tell(self, instrument_id, kind, *, is_ready):
        self.told.append((kind, is_ready))
        if self.on_tell is not None:
            self.on_tell(instrument_id, kind, is_ready)

    def of(self, verb):
        """What was asked of a kind, and forgotten then."""
        found = [call[1:] for call in self.calls if call[0] == verb]
        self.calls = [call for call in self.calls if call[0] != verb]
        return found


class TickWorld:
    """Ticks of BTC, ETH and whatever the test names, attached to a source."""

    def __init__(self, *, kinds=lambda _: EVERY, latest=None, **options):
        self.later = FakeLater()
        instruments = FakeBars().instruments()
        self.ticks = Ticks(
            instruments, kinds, latest=latest, later=self.later, monotonic=self.later.monotonic, **options
        )
        self.source = FakeSource()

    def attach(self, *, past=()):
        """A node comes up; BTC's past trades are answered with, the others have none."""
        self.ticks.attach(self.source)
        while asked := self.source.of("ask"):
            self.ticks.past_trades(list(past) if asked[0][0] == BTC else [])
        return self

    def trade(self, number, *, ts=None, name=BTC, price=3_000_000):
        self.ticks.trade(trade(number, ts=ts, name=name, price=price))

    def quote(self, number, **fields):
        self.ticks.quote_tick(quote(number, **fields))


def trade(number, *, ts=None, name=BTC, price=3_000_000):
    return TradeRow(name, START_NS + number if ts is None else ts, price, 10 + number, "buy", f"t{number}")


def quote(number, *, ts=None, bid=2_999_900, ask=3_000_100, size=5):
    return QuoteRow(BTC, START_NS + number if ts is None else ts, bid, ask, size, size)


__all__ = ["BTC", "ETH", "EVERY", "FakeSource", "TickWorld", "quote", "trade"]
