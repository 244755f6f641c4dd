"""Random orders over random markets: what must hold at the paper venue whatever happens."""

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.paper_orders import ACCOUNT, UNIT, PaperDesk

OTHER = "PAPER-002"
ENDS = {"rejected", "canceled", "expired"}
ANSWERS = {"modify_rejected", "cancel_rejected"}
KINDS = (
    "market",
    "limit",
    "stop_market",
    "stop_limit",
    "market_if_touched",
    "limit_if_touched",
    "trailing_stop_market",
    "trailing_stop_limit",
)
small = st.integers(0, 7)
prices = st.integers(90, 110)
sizes = st.integers(1, 9)
sides = st.sampled_from(("buy", "sell"))
submits = st.fixed_dictionaries(
    {
        "do": st.just("submit"),
        "account": st.sampled_from((ACCOUNT, OTHER)),
        "kind": st.sampled_from((*KINDS, "limit", "limit", "market")),
        "side": sides,
        "quantity": sizes,
        "price": prices,
        "trigger": prices,
        "offset": st.integers(1, 4),
        "tif": st.sampled_from(("gtc", "gtc", "gtc", "ioc", "fok", "gtd", "day")),
        "post_only": st.booleans(),
        "reduce_only": st.integers(0, 4).map(lambda n: n == 0),
        "parent": st.none() | small,
        "linked": st.none() | small,
    }
)
operations = st.lists(
    st.one_of(
        submits,
        submits,
        st.fixed_dictionaries({"do": st.just("cancel"), "order": small}),
        st.fixed_dictionaries(
            {"do": st.just("modify"), "order": small, "quantity": sizes, "price": st.none() | prices}
        ),
        st.fixed_dictionaries(
            {
                "do": st.just("book"),
                "bid": st.integers(92, 104),
                "spread": st.integers(1, 3),
                "sizes": st.lists(sizes, min_size=6, max_size=6),
            }
        ),
        st.fixed_dictionaries(
            {"do": st.just("level"), "at": st.integers(0, 2), "is_bid": st.booleans(), "size": sizes}
        ),
        st.fixed_dictionaries(
            {"do": st.just("trade"), "price": prices, "size": sizes, "side": st.sampled_from(("buy", "sell", "none"))}
        ),
        st.fixed_dictionaries({"do": st.just("lose")}),
        st.fixed_dictionaries({"do": st.just("wait"), "seconds": st.integers(1, 40_000)}),
    ),
    max_size=40,
)


class Story:
    """Plays operations against a venue, and holds what it tells against what it may."""

    def __init__(self, latency_ns=0):
        self.desk = PaperDesk(latency_ns=latency_ns)
        self.rows = {}
        self.count = 0
        self.limits = {}
        self.quantities = {}
        self.filled = defaultdict(int)
        self.net = defaultdict(int)
        self.ended = set()
        self.begun = set()
        self.shown = {"bids": {}, "asks": {}}
        self.left = {}
        self.heard = 0

    def play(self, steps):
        for step in steps:
            getattr(self, "do_" + step.pop("do"))(**step)
            self.check()
        return self

    def do_submit(
        self, *, account, kind, side, quantity, price, trigger, offset, tif, post_only, reduce_only, parent, linked
    ):
        values = {"account": account, "tif": tif, "reduce_only": reduce_only}
        if kind in {"limit", "stop_limit", "limit_if_touched"}:
            values |= {"price": price, "post_only": post_only and tif not in {"ioc", "fok"}}
        if ("stop_" in kind and "trailing" not in kind) or "touched" in kind:
            values["trigger_price"] = trigger
        if "trailing" in kind:
            values["trailing_offset"] = offset
        if kind == "trailing_stop_limit":
            values["limit_offset"] = offset
        if tif == "gtd":
            values["expire_ns"] = self.desk.ts + 3_600_000_000_000
        name = f"o{self.count}"
        self.count += 1
        if parent is not None:
            values["parent_order_id"] = f"o{self.count - 2 - parent}"
        if linked is not None:
            values["linked_order_ids"] = (f"o{self.count - 2 - linked}",)
        self.rows[name] = account, side, kind
        self.quantities[name] = quantity * UNIT
        self.limits[name] = price * 100 if "price" in values else None
        self.event = "command", name
        self.desk.submit(name, side, kind, quantity, **values)

    def do_cancel(self, order):
        self.event = "command", None
        self.desk.venue.cancel(ACCOUNT, f"o{self.count - 1 - order}")

    def do_modify(self, order, quantity, price):
        name = f"o{self.count - 1 - order}"
        self.event = "command", name
        values = {"quantity": quantity} | ({} if price is None else {"price": price})
        self.desk.modify(name, **values)

    def do_book(self, bid, spread, sizes):
        ask = bid + spread
        bids = [(bid - i, size) for i, size in enumerate(sizes[:3])]
        asks = [(ask + i, size) for i, size in enumerate(sizes[3:])]
        self.show({"bids": dict(bids), "asks": dict(asks)})
        self.event = "book", None
        self.desk.book(bids, asks)

    def do_level(self, *, at, is_bid, size):
        side = "bids" if is_bid else "asks"
        prices = sorted(self.shown[side], reverse=is_bid)
        if len(prices) <= at:
            return
        levels = {name: dict(shown) for name, shown in self.shown.items()}
        levels[side][prices[at]] = size
        self.show(levels)
        self.event = "book", None
        self.desk.step(**{side: [(prices[at], size)]})

    def do_trade(self, price, size, side):
        self.event = "trade", (price * 100, size * UNIT)
        self.desk.trade(price, size, side)

    def do_lose(self):
        self.event = "lose", None
        self.desk.venue.on_book_lost("BTC-USDT.SIM")
        self.shown, self.left = {"bids": {}, "asks": {}}, {}

    def do_wait(self, seconds):
        self.event = "time", None
        self.desk.venue.on_time(self.desk.tick(seconds * 1_000_000_000))

    def show(self, levels):
        for side, shown in levels.items():
            for price in {*shown, *self.shown[side]}:
                if shown.get(price) != self.shown[side].get(price):
                    self.left = {key: size for key, size in self.left.items() if key[1:] != (side, price * 100)}
        self.shown = levels

    def check(self):
        told = self.desk.told[self.heard :]
        self.heard = len(self.desk.told)
        at_price = defaultdict(int)
        for account, event in told:
            self.check_event(account, event, at_price)
        working = {name: row for account in (ACCOUNT, OTHER) for name, row in self.desk.working(account).items()}
        assert set(working) >= self.begun - self.ended
        assert not set(working) & self.ended
        for name, row in working.items():
            assert row.filled_quantity == Decimal(self.filled[name]) / UNIT < row.quantity
            assert row.quantity == Decimal(self.quantities[name]) / UNIT

    def check_event(self, account, event, at_price):
        name, kind = event.order_id, event.kind
        if kind in ANSWERS:
            return
        assert account == self.rows[name][0]
        assert name not in self.ended, (name, kind)
        assert (name in self.begun) == (kind not in {"accepted", "rejected"}) or kind == "canceled", (name, kind)
        if kind == "accepted":
            self.begun.add(name)
        elif kind == "updated":
            self.quantities[name] = int(event.quantity * UNIT)
            self.limits[name] = None if event.price is None else int(event.price * 100)
        elif kind == "filled":
            self.check_fill(account, name, event, at_price)
        elif kind in ENDS:
            self.ended.add(name)

    def check_fill(self, account, name, event, at_price):
        price, size = int(event.fill_price * 100), int(event.fill_quantity * UNIT)
        is_buy, limit = self.rows[name][1] == "buy", self.limits[name]
        assert size > 0
        self.filled[name] += size
        self.net[account] += size if is_buy else -size
        assert self.filled[name] <= self.quantities[name]
        if self.filled[name] == self.quantities[name]:
            self.ended.add(name)
        if limit is not None:
            assert price <= limit if is_buy else price >= limit
        if event.liquidity == "maker":
            assert price == limit
            assert self.event[0] in {"trade", "book"}
            if self.event[0] == "trade" and self.event[1][0] == price:
                at_price[account, price] += size
                assert at_price[account, price] <= self.event[1][1]
        else:
            side = "asks" if is_buy else "bids"
            shown = self.shown[side]
            if shown:
                left = self.left.setdefault((account, side, price), shown[price // 100] * UNIT)
                assert size <= left
                self.left[account, side, price] = left - size

    def outcome(self):
        return [(account, event) for account, event in self.desk.told]


@pytest.mark.property
@given(operations)
def test_no_order_is_ever_filled_too_much_too_dear_or_after_its_end(steps):
    Story().play([dict(step) for step in steps])


@pytest.mark.property
@given(operations, st.sampled_from((0, 50_000_000)))
def test_the_same_story_ends_the_same(steps, latency_ns):
    stories = []
    for _ in range(2):
        story = Story(latency_ns)
        for step in steps:
            values = dict(step)
            getattr(story, "do_" + values.pop("do"))(**values)
        stories.append(story.outcome())

    assert stories[0] == stories[1]


@pytest.mark.property
@given(operations)
def test_a_position_is_the_sum_of_its_fills_and_reduce_only_never_turns_it(steps):
    story = Story().play([dict(step) for step in steps])
    net = defaultdict(int)
    for account, event in story.desk.told:
        if event.kind == "filled":
            size = int(event.fill_quantity * UNIT)
            net[account] += size if story.rows[event.order_id][1] == "buy" else -size

    for account in (ACCOUNT, OTHER):
        assert story.desk.venue._execution.net.get((account, "BTC-USDT.SIM"), 0) == net[account]


@pytest.mark.property
@given(operations)
def test_an_end_of_everything_leaves_nothing_behind(steps):
    story = Story().play([dict(step) for step in steps])
    for account in (ACCOUNT, OTHER):
        story.desk.venue.cancel_all(account)
    market = story.desk.venue._markets["BTC-USDT.SIM"]

    assert market.count == 0
    ladders = (market.bids, market.asks, market.rising, market.falling, market.highs, market.lows, market.waiting)
    assert [len(ladder) for ladder in ladders] == [0] * 7
    register = story.desk.venue._execution.register
    assert (register._by_id, register._links) == ({}, {})
    assert register._children == {}
