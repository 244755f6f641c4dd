"""A plain order book for tests: what a reader of the steps knows."""

from actors.market import BookRow


class PlainBook:
    """Prices and sizes of both sides; every step is checked against what a real venue may send."""

    def __init__(self, whole: BookRow):
        self.bids, self.asks, self.sequence, self.ts = {}, {}, 0, 0
        self.apply(whole)

    def apply(self, row: BookRow) -> None:
        if row.is_snapshot:
            self.bids, self.asks = {}, {}
        else:
            assert row.sequence == self.sequence + 1
            assert row.ts >= self.ts
            assert row.bids or row.asks
        self.sequence, self.ts = row.sequence, row.ts
        for side, levels in ((self.bids, row.bids), (self.asks, row.asks)):
            assert len({price for price, _ in levels}) == len(levels)
            for price, size in levels:
                assert price > 0
                assert size >= 0
                assert side.get(price, 0) != size, "a level that did not change"
                if size:
                    side[price] = size
                else:
                    del side[price]

    @property
    def bid(self):
        return max(self.bids)

    @property
    def ask(self):
        return min(self.asks)

    def top(self):
        return self.bid, self.ask, self.bids[self.bid], self.asks[self.ask]

    def same_as(self, whole: BookRow) -> bool:
        """Return whether it is the book of a snapshot, whose levels come best first."""
        assert list(whole.bids) == sorted(whole.bids, reverse=True)
        assert list(whole.asks) == sorted(whole.asks)
        return (self.bids, self.asks, self.sequence) == (dict(whole.bids), dict(whole.asks), whole.sequence)
