"""Random orders over random markets: what must hold at the paper venue whatever happens."""

import random
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
STEPS = 150
seeds = st.integers(0, 2**32)


def operations(seed):
    """A dense story: most orders are simple, and the market moves around them all the time."""
    draw = random.Random(seed)
    verbs = {"submit": 8, "trade": 7, "level": 5, "cancel": 1, "modify": 2, "book": 1, "lose": 0.2, "wait": 0.3}
    kinds = draw.choices(list(verbs), list(verbs.values()), k=STEPS)
    return [{"do": kind, **_VALUES[kind](draw)} for kind in kinds]


def _submit(draw):
    price, side, rare = draw.randint(96, 104), draw.choice(("buy", "sell")), lambda odds: draw.random() < odds
    return {
        "account": draw.choice((ACCOUNT, ACCOUNT, OTHER)),
        "kind": draw.choice(("market", *["limit"] * 6, *KINDS)),
        "side": side,
        "quantity": draw.randint(1, 9),
        "price": price,
        "trigger": draw.randint(96, 104),
        "offset": draw.randint(1, 3),
        "tif": draw.choice((*["gtc"] * 6, "ioc", "fok", "gtd", "day")),
        "post_only": rare(0.2),
        "reduce_only": rare(0.15),
        "parent": draw.randint(0, 3) if rare(0.25) else None,
        "linked": draw.randint(0, 3) if rare(0.2) else None,
    }


def _modify(draw):
    price = draw.randint(96, 104) if draw.random() < 0.5 else None
    return {"order": draw.randint(0, 5), "quantity": draw.randint(1, 9), "price": price}


def _sizes(draw, count):
    return [draw.randint(1, 9) for _ in range(count)]


_VALUES = {
    "submit": _submit,
    "modify": _modify,
    "cancel": lambda draw: {"order": draw.randint(0, 5)},
    "trade": lambda draw: {
        "price": draw.randint(97, 103),
        "size": draw.randint(1, 9),
        "side": draw.choice(("buy", "sell", "none")),
    },
    "level": lambda draw: {"at": draw.randint(0, 2), "is_bid": draw.random() < 0.5, "size": draw.randint(0, 4)},
    "book": lambda draw: {"bid": draw.randint(98, 100), "spread": draw.randint(1, 3), "sizes": _sizes(draw, 6)},
    "lose": lambda _: {},
    "wait": lambda draw: {"seconds": draw.choice((1, 3, 4_000, 90_000))},
}


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

        self.liquidity = defaultdict(set)
        self.values = {}
        self.changed = set()
        self.do_book(bid=99, spread=2, sizes=[3, 4, 5, 3, 4, 5])
        self.do_trade(price=100, size=1, side="none")

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
        self.values[name] = {"quantity": quantity * UNIT, **values}
        self.changed |= {name} & {
            other for values in self.values.values() for other in values.get("linked_order_ids", ())
        }
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
        self.changed.add(name)
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
        found = sorted(self.shown[side], reverse=is_bid)
        if len(found) <= at or (size == 0 and len(found) == 1):
            return
        levels = {name: dict(shown) for name, shown in self.shown.items()}
        levels[side] |= {found[at]: size}
        levels[side] = {price: shown for price, shown in levels[side].items() if shown}
        self.show(levels)
        self.event = "book", None
        self.desk.step(**{side: [(found[at], size)]})

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
            assert name not in self.begun or row.quantity == Decimal(self.quantities[name]) / UNIT

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
        values = self.values[name]
        before = self.net[account]
        self.liquidity[name].add(event.liquidity)
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

        if values["reduce_only"]:
            assert abs(self.net[account]) < abs(before)
            assert before * self.net[account] >= 0
        if values.get("post_only"):
            assert event.liquidity == "maker"
        self.check_exit(name, values)

    def check_exit(self, name, values):
        """An exit never fills a larger part than its entry has."""
        entry = values.get("parent_order_id")
        if (
            entry is None
            or {name, entry} & self.changed
            or {"linked_order_ids", "parent_order_id"} & self.values[entry].keys()
        ):
            return
        whole = self.quantities[entry]  # as it is now: a linked order may have taken some off it
        assert self.filled[name] * whole <= self.filled[entry] * values["quantity"]

    def check_end(self):
        for name, values in self.values.items():
            if values["tif"] == "fok" and not values["reduce_only"] and name not in self.changed:
                is_free = values.get("parent_order_id") is None and not values.get("linked_order_ids")
                assert not is_free or self.filled[name] in {0, values["quantity"]}

    def outcome(self):
        return [(account, event) for account, event in self.desk.told]


@pytest.mark.property
@given(seeds)
def test_no_order_is_ever_filled_too_much_too_dear_or_after_its_end(seed):
    Story().play(operations(seed)).check_end()


@pytest.mark.property
@given(seeds, st.sampled_from((0, 50_000_000)))
def test_the_same_story_ends_the_same(seed, latency_ns):
    stories = []
    for _ in range(2):
        story = Story(latency_ns)
        for step in operations(seed):
            getattr(story, "do_" + step.pop("do"))(**step)
        stories.append(story.outcome())

    assert stories[0] == stories[1]


@pytest.mark.property
@given(seeds)
def test_a_position_is_the_sum_of_its_fills_and_reduce_only_never_turns_it(seed):
    story = Story().play(operations(seed))
    net = defaultdict(int)
    for account, event in story.desk.told:
        if event.kind == "filled":
            size = int(event.fill_quantity * UNIT)
            net[account] += size if story.rows[event.order_id][1] == "buy" else -size

    for account in (ACCOUNT, OTHER):
        assert story.desk.venue._execution.net.get((account, "BTC-USDT.SIM"), 0) == net[account]


@pytest.mark.property
@given(seeds)
def test_an_end_of_everything_leaves_nothing_behind(seed):
    story = Story().play(operations(seed))
    for account in (ACCOUNT, OTHER):
        story.desk.venue.cancel_all(account)
    market = story.desk.venue._markets["BTC-USDT.SIM"]

    assert market.count == 0
    ladders = (market.bids, market.asks, market.rising, market.falling, market.highs, market.lows, market.waiting)
    assert [len(ladder) for ladder in ladders] == [0] * 7
    register = story.desk.venue._execution.register
    assert (register._by_id, register._links) == ({}, {})
    assert register._children == {}
