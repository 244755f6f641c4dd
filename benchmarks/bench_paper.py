"""What a tick costs the paper venue, over the same tick on a market without orders; CPU microseconds, best of rounds.

A tick is a trade and the step of the book that it makes, near the touch; orders rest away from it, so nothing fills.
"""

import time
from decimal import Decimal

import pytest

from actors.market import BookRow, TradeRow
from adapters.paper.venue import PaperVenue
from tests.paper_orders import BEGIN, EVERY, order
from tests.unit.walks import INSTRUMENT, NAME

pytestmark = pytest.mark.bench
TICKS, ROUNDS = 5_000, 7
MIDDLE = 1_000_000


class Field:
    """A venue with some orders of some accounts, half of them stops."""

    def __init__(self, orders: int, accounts: int) -> None:
        self.venue = PaperVenue({NAME: INSTRUMENT}, lambda _: EVERY)
        self.told = 0
        for number in range(accounts):
            self.venue.attach(f"PAPER-{number:03}", self.hear)
        self.venue.open()
        self.ts, self.sequence = BEGIN, 1
        levels = [tuple((MIDDLE + sign * (i + 1), 1_000_000) for i in range(50)) for sign in (-1, 1)]
        self.venue.on_book(BookRow(NAME, BEGIN, 1, *levels, is_snapshot=True))
        self.venue.on_trade(TradeRow(NAME, BEGIN, MIDDLE, 1, "buy", "0"))
        for number in range(orders):
            self.venue.submit(self.resting(number, f"PAPER-{number % accounts:03}"))
        assert self.told == orders

    def resting(self, number: int, account: str):
        away = Decimal(100 + number % 97)
        middle = Decimal(MIDDLE) / 100
        if number % 2:
            return order(f"o{number}", "buy", "limit", 1, account=account, price=middle - away)
        return order(f"o{number}", "buy", "stop_market", 1, account=account, trigger_price=middle + away)

    def hear(self, _event: object) -> None:
        self.told += 1

    def tick_us(self) -> float:
        """Return what one tick costs, in microseconds."""
        rows = []
        for number in range(TICKS):
            self.ts += 1_000_000
            self.sequence += 1
            price = MIDDLE + 1 if number % 2 else MIDDLE - 1
            levels = ((price, 2_000_000 - number),)
            rows.append(TradeRow(NAME, self.ts, price, 1, "buy" if number % 2 else "sell", str(self.ts)))
            sides = ((), levels) if number % 2 else (levels, ())
            rows.append(BookRow(NAME, self.ts, self.sequence, *sides))
        venue, told = self.venue, self.told
        began = time.process_time()
        for row in rows:
            if isinstance(row, TradeRow):
                venue.on_trade(row)
            else:
                venue.on_book(row)
        spent = time.process_time() - began
        assert self.told == told
        return spent / TICKS * 1e6


def test_a_tick_costs_the_same_however_many_orders_rest():
    fields = {"none": Field(0, 1), "one": Field(1, 1), "1,000 of 100": Field(1_000, 100)}
    costs = {name: min(field.tick_us() for _ in range(ROUNDS)) for name, field in fields.items()}
    print("\npaper venue, us per trade and step: " + ", ".join(f"{name} {us:.2f}" for name, us in costs.items()))

    assert costs["1,000 of 100"] <= 1.5 * costs["one"]
    assert costs["one"] <= 3 * costs["none"]
