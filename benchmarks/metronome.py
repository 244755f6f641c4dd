"""A node on a market that ticks at a steady rate; notes when each tick went into the data client.

Run by `bench_latency.py` as a process of its own: `python benchmarks/metronome.py RATE FILE [run_node arguments]`.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import adapters.client
import node.process
import run_node
from actors.market import SECOND_NS, Instrument, TradeRow
from adapters.feed import Feed
from adapters.player import Player
from node.market import OpenMarket

START_NS = 1_767_225_600 * SECOND_NS
INSTRUMENT = Instrument(
    instrument_id="TICK-USDT.SIM",
    symbol="TICK-USDT",
    venue="SIM",
    kind="spot",
    base_currency="BTC",
    quote_currency="USDT",
    settlement_currency="USDT",
    price_precision=2,
    size_precision=4,
    price_increment="0.01",
    size_increment="0.0001",
    maker_fee="0",
    taker_fee="0",
)


class Metronome(Feed):
    """One trade every 1/rate seconds, each at a price of its own."""

    def __init__(self, rate):
        self.step = SECOND_NS // rate
        self.count = 0

    @property
    def instruments(self):
        return {INSTRUMENT.instrument_id: INSTRUMENT}

    @property
    def position_ns(self):
        return START_NS + self.count * self.step

    def native_interval(self, instrument_id):
        return None

    def kinds(self, instrument_id):
        return frozenset({"trades"})

    def want_book(self, instrument_id, *, is_wanted):
        pass

    def book(self, instrument_id):
        return None

    def quote(self, instrument_id):
        return None

    def trades(self, instrument_id, limit):
        return ()

    def trades_back(self, instrument_id, before_ns):
        return iter(())

    def next_ts(self):
        return self.position_ns

    def read(self, until_ns, limit):
        found = []
        while self.position_ns < until_ns and len(found) < limit:
            price = 1_000_000 + self.count
            found.append(TradeRow(INSTRUMENT.instrument_id, self.position_ns, price, 1, "buy", str(self.count)))
            self.count += 1
        return found

    def minute_trades(self, instrument_id):
        return []

    def history(self, instrument_id, interval, start_ns, end_ns, limit):
        return []


def use(feed):
    """Let the node run on `feed`."""
    node.process.open_market = lambda *_, **__: OpenMarket(
        feed=feed,
        player=Player(feed, speed=1.0),
        latency_s=0.0,
        close=lambda: None,
        error=lambda: None,
    )


def main():
    rate, path = int(sys.argv[1]), Path(sys.argv[2])
    sent = {}
    deliver = adapters.client.FeedClient.deliver

    def noted(self, events, position_ns):
        now = time.monotonic()
        for event in events:
            sent[f"{event.price / 100:.2f}"] = now
        deliver(self, events, position_ns)

    adapters.client.FeedClient.deliver = noted
    use(Metronome(rate))
    code = run_node.main(sys.argv[3:])
    path.write_text(json.dumps(sent))
    return code


if __name__ == "__main__":
    sys.exit(main())
