"""Paper against the engine's own backtest matching: what differs on the same ticks, as `docs/paper.md` tells."""

import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from actors.market import MINUTE_NS, BarRow, TradeRow
from tests.node.paper_bars import bars_through_the_engine, bars_through_the_venue
from tests.node.paper_match import market, plans_of, through_the_engine, through_the_venue
from tests.unit.walks import START

pytestmark = pytest.mark.slow
MARKETS = [{"seed": 1}, {"seed": 2, "trades_per_min": 20}]
ORDERS = 60


class Order:
    """One order in both worlds."""

    def __init__(self, instrument, plan):
        self.plan = plan
        self.engine = through_the_engine(instrument, plan)
        self.paper = through_the_venue(instrument, plan)
        self.parted = self.find_parted()
        """When the two began to differ, though perhaps not in the end."""

    @property
    def differs(self):
        """Whether it filled otherwise in the end: by quantity or money."""
        return total(self.engine) != total(self.paper)

    def find_parted(self):
        engine, paper = by_time(self.engine), by_time(self.paper)
        return min((ts for ts in {*engine, *paper} if engine.get(ts) != paper.get(ts)), default=None)


def is_through(order):
    """A trade went through its price: on paper that fills it wholly, in the engine by the size of that trade."""
    plan = order.plan
    trades = [row.price for row in plan.ticks if isinstance(row, TradeRow) and row.ts == order.parted]
    is_beyond = any(price < plan.price if plan.side == "buy" else price > plan.price for price in trades)
    return is_beyond and sum(fill.size for fill in order.paper if fill.ts <= order.parted) == plan.size


REASONS = {"through": is_through}
"""Why a resting order may fill otherwise: name -> predicate of the moment at which the two parted."""


def by_time(fills):
    """Time -> quantity and money: what one moment brings may be told in several fills."""
    return {ts: total(list(group)) for ts, group in groupby(fills, key=lambda fill: fill.ts)}


def total(fills):
    return sum(fill.size for fill in fills), sum(fill.size * fill.price for fill in fills)


def orders(kinds, *, seed, **changes):
    instrument, events = market(3_600, seed=seed, **changes)
    return [Order(instrument, plan) for plan in plans_of(events, ORDERS, seed, kinds=kinds)]


@pytest.mark.parametrize("changes", MARKETS)
def test_what_takes_fills_the_same_to_the_last_fill(changes):
    found = orders(("market", "crossing"), **changes)

    assert sum(bool(order.paper) for order in found) > ORDERS / 2
    assert [order.engine for order in found] == [order.paper for order in found]


@pytest.mark.parametrize("changes", MARKETS)
def test_each_difference_of_what_rests_has_a_reason(changes):
    found = orders(("resting",), **changes)
    reasons = Counter()
    for order in found:
        if order.parted is not None:
            names = [name for name, is_reason in REASONS.items() if is_reason(order)]
            assert names, (order.plan.order_id, order.engine, order.paper)
            reasons.update(names)
    differing = sum(order.differs for order in found)
    print(f"{len(found)} resting orders: {dict(reasons)} at other times, {differing} otherwise in the end")

    assert sum(bool(order.paper) for order in found) > len(found) / 2
    assert differing <= 0.05 * len(found)


def test_the_reasons_are_those_that_the_guide_lists():
    guide = (Path(__file__).parents[2] / "docs" / "paper.md").read_text()

    assert set(re.findall(r"^- `(\w+)`: ", guide, re.MULTILINE)) == set(REASONS)


def test_bars_are_walked_as_the_engine_walks_them():
    rows = [
        BarRow(START, 10_000, 10_100, 9_900, 10_000, 40_000_000),
        BarRow(START + MINUTE_NS, 10_000, 10_400, 9_400, 9_600, 40_000_000),
        BarRow(START + 2 * MINUTE_NS, 9_300, 9_500, 9_200, 9_400, 40_000_000),
    ]
    tickets = [
        ("market", "buy", {}),
        ("limit", "buy", {"price": 9_950}),
        ("limit", "buy", {"price": 9_400}),
        ("limit", "buy", {"price": 9_350}),
        ("limit", "sell", {"price": 10_400}),
        ("limit", "sell", {"price": 10_450}),
        ("stop_market", "buy", {"trigger_price": 10_300}),
        ("stop_market", "sell", {"trigger_price": 9_500}),
        ("stop_market", "sell", {"trigger_price": 9_350}),
    ]

    engine, paper = bars_through_the_engine(rows, tickets), bars_through_the_venue(rows, tickets)

    assert paper == engine
    assert [len(fills) for fills in paper] == [1, 1, 1, 1, 1, 0, 1, 1, 1]
