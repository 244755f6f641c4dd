"""Order books as tests make them: rows, random walks that are always possible, and a model too simple to be wrong."""

import json
from zlib import crc32

from hypothesis import strategies as st

from actors.market import BookRow
from tests.bridge.fakes import BTC, START_NS

MIDDLE = 3_000_000


def snapshot(sequence=10, bids=((100, 5), (99, 7)), asks=((101, 4), (103, 2)), *, ts=START_NS, name=BTC):
    return BookRow(name, ts, sequence, tuple(bids), tuple(asks), is_snapshot=True)


def change(sequence, bids=(), asks=(), *, ts=START_NS, name=BTC):
    return BookRow(name, ts, sequence, tuple(bids), tuple(asks))


@st.composite
def walks(draw, steps=40):
    """A snapshot and changes that never cross; sizes 0 take levels away, also ones that are not there."""
    bid_prices, ask_prices = st.integers(MIDDLE - 40, MIDDLE), st.integers(MIDDLE + 1, MIDDLE + 40)
    sizes = st.integers(0, 9)
    levels = [st.dictionaries(prices, sizes, max_size=6) for prices in (bid_prices, ask_prices)]
    whole = [st.dictionaries(prices, st.integers(1, 9), max_size=30) for prices in (bid_prices, ask_prices)]
    first = draw(st.integers(0, 1_000))
    begin = snapshot(first, draw(whole[0]).items(), draw(whole[1]).items())
    following = range(1, draw(st.integers(0, steps)) + 1)
    return [
        begin,
        *(change(first + n, draw(levels[0]).items(), draw(levels[1]).items(), ts=START_NS + n) for n in following),
    ]


class NaiveBook:
    """Two dictionaries, sorted whenever somebody asks."""

    def __init__(self):
        self.bids, self.asks = {}, {}

    def take(self, row):
        if row.is_snapshot:
            self.bids, self.asks = {}, {}
        for side, levels in ((self.bids, row.bids), (self.asks, row.asks)):
            for price, size in levels:
                side[price] = size
        self.bids, self.asks = ({p: s for p, s in side.items() if s} for side in (self.bids, self.asks))

    def sides(self, depth=10**9):
        return sorted(self.bids.items(), reverse=True)[:depth], sorted(self.asks.items())[:depth]


class WireBook:
    """A client's book: made of what `book_delta` sends and nothing else, each step checked as the protocol says."""

    def __init__(self, body):
        self.bids, self.asks = dict(map(tuple, body["bids"])), dict(map(tuple, body["asks"]))
        self.sequence = body["sequence"]
        assert self.checksum() == body["crc32"]

    def take(self, body):
        assert body["sequence"] == self.sequence + 1
        self.sequence = body["sequence"]
        for side, levels in ((self.bids, body["bids"]), (self.asks, body["asks"])):
            for price, size in levels:
                if float(size):
                    side[price] = size
                else:
                    side.pop(price, None)
        assert self.checksum() == body["crc32"], f"step {self.sequence}"

    def sides(self, depth=10**9):
        bids = sorted(self.bids.items(), key=lambda level: -float(level[0]))
        return bids[:depth], sorted(self.asks.items(), key=lambda level: float(level[0]))[:depth]

    def checksum(self):
        return crc32("|".join(",".join(f"{p}:{q}" for p, q in side) for side in self.sides(20)).encode())

    def top(self, depth):
        """The same as `book` or REST shows it."""
        return json.loads(json.dumps(self.sides(depth)))
