"""What a data client sends goes over the line first, and what the engine cannot be told is counted and left out."""

import pytest
from nautilus_trader.model import Bar, BarType, OrderBookDeltas, QuoteTick, TradeTick, Venue
from prometheus_client import REGISTRY

from actors.engine import Scale
from actors.market import INTERVALS, BookRow, QuoteRow, TradeRow, bar_type_of
from adapters.bars import ClosedRow
from adapters.corruption import corrupted
from adapters.echo import Echo
from adapters.line import TrueLine
from adapters.sender import Sender
from tests.simulated import BTC, EVER, MINUTE, START, market


class LateLine(TrueLine):
    """Keeps everything until market time has moved."""

    def __init__(self):
        self.kept = []

    def carry(self, item):
        self.kept.append(item)
        return ()

    def due(self, ts):
        kept, self.kept = [item for item in self.kept if item.ts <= ts], []
        return kept


class QuietCache:
    def quote(self, instrument_id, index=0):
        return None


def sender_to(queue, line):
    feed = market()
    sender = Sender(line, Echo(queue.append, QuietCache(), Venue("SIM")), {BTC: Scale(feed.instruments[BTC])})
    sender.name_bars(BTC, "1m", BarType.from_str(bar_type_of(BTC, "1m")))
    return sender


def one_of_each():
    feed = market()
    feed.want_book(BTC, is_wanted=True)
    events = [event for event in feed.read(START + MINUTE, EVER) if event.instrument_id == BTC]
    kinds = [next(event for event in events if isinstance(event, kind)) for kind in (TradeRow, QuoteRow, BookRow)]
    row = feed.history(BTC, "1m", None, None, 1)[0]
    return [*kinds, feed.book(BTC), ClosedRow(BTC, INTERVALS["1m"], row, row.ts_open + MINUTE)]


def refused(kind):
    return REGISTRY.get_sample_value("whisperer_feed_refused_total", {"kind": kind}) or 0.0


def test_every_kind_arrives_as_the_engine_calls_it():
    queue = []
    sender = sender_to(queue, TrueLine())
    for item in one_of_each():
        sender.send(item)
    assert [type(item) for item in queue] == [TradeTick, QuoteTick, OrderBookDeltas, OrderBookDeltas, Bar]
    assert sender.backlog() == 5


def test_what_a_line_holds_back_arrives_when_time_has_moved():
    queue, items = [], one_of_each()
    sender = sender_to(queue, LateLine())
    for item in items:
        sender.send(item)
    assert queue == []
    assert sender.backlog() == 0
    sender.move(max(item.ts for item in items))
    assert len(queue) == 5


@pytest.mark.parametrize("roll", [number / 40 for number in range(40)])
def test_what_is_corrupt_harms_nothing_that_follows(roll):
    queue, items = [], one_of_each()
    sender = sender_to(queue, TrueLine())
    before = sum(map(refused, ("trades", "quotes", "book", "bars")))
    for item in items:
        sender.send(corrupted(item, roll))
        sender.send(item)
    after = sum(map(refused, ("trades", "quotes", "book", "bars")))
    assert len(queue) + after - before == 10


def test_a_negative_size_is_refused_and_counted():
    queue, before = [], refused("trades")
    sender_to(queue, TrueLine()).send(TradeRow(BTC, START, 640_000, -1, "buy", "1"))
    assert queue == []
    assert refused("trades") == before + 1
