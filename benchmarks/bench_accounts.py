"""What accounts cost the loop: per order event and per tick, beside the floor of decoding and keeping one row (CPU)."""

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from actors.orders import OrderEvent, OrderRow
from tests.unit.accounts_world import PERP, SPOT, T0, World

ORDERS = 2_000
TICKS = 50_000
ROUNDS = 3


def cpu_us(run: Callable[[], None], count: int) -> float:
    """Return CPU microseconds of one of `count`."""
    begun = time.process_time()
    run()
    return (time.process_time() - begun) / count * 1e6


def best(make: Callable[[], Callable[[], None]], count: int) -> float:
    return min(cpu_us(make(), count) for _ in range(ROUNDS))


class Kept:
    """A journal that only takes."""

    def write(self, *rows, told=None) -> None:
        if told is not None:
            told()


def world(idle: int = 0) -> World:
    one = World()
    one.accounts.telling._journal = Kept()
    one.open("anna", USDT="100000000")
    for number in range(idle):
        one.open(f"idle{number}", USDT="100000")
    one.mark(SPOT, "1000")
    one.mark(PERP, "1000")
    return one


def events(one: World, name: str) -> Callable[[], None]:
    """Return a run of fills, each of an accepted order of its own; buys and sells in turn."""
    account, told = one.accounts.of_user("anna"), []
    for number in range(ORDERS):
        row: OrderRow = one.order(
            account, name, "buy" if number % 2 == 0 else "sell", "0.5", type="limit", price="1000"
        )
        one.accounts.reserve(row, row.price)
        one.accounts.on_event(account.account_id, OrderEvent(kind="accepted", order_id=row.order_id, ts=T0))
        told.append(
            OrderEvent(
                kind="filled",
                order_id=row.order_id,
                ts=T0,
                fill_id=f"f{number}",
                fill_quantity=Decimal("0.5"),
                fill_price=Decimal(1000),
                fee=Decimal("0.25"),
                fee_currency="USDT",
                liquidity="taker",
            )
        )
    on_event = one.accounts.on_event

    def run() -> None:
        for event in told:
            on_event("PAPER-001", event)

    return run


def ticks(one: World, name: str = PERP) -> Callable[[], None]:
    on_mark = one.accounts.on_mark

    def run() -> None:
        for number in range(TICKS):
            on_mark(name, 10_000 + number % 7, T0)

    return run


def bare() -> Callable[[], None]:
    seen: dict[str, int] = {}

    def callback(name: str, units: int, ts: int) -> None:
        if ts >= 0:
            seen[name] = units

    def run() -> None:
        for number in range(TICKS):
            callback(PERP, 10_000 + number % 7, T0)

    return run


def holding(idle: int, holders: int) -> World:
    one = world(idle)
    for number in range(holders):
        account = one.accounts.of_user(f"idle{number}")
        one.trade(account, PERP, "buy", "1", "1000")
    return one


@pytest.mark.bench
def test_what_a_fill_costs():
    spot, perpetual = best(lambda: events(world(), SPOT), ORDERS), best(lambda: events(world(), PERP), ORDERS)
    print(f"\nfill applied, journalled and told: spot {spot:.0f} us, perpetual {perpetual:.0f} us")
    assert max(spot, perpetual) < 2_000


@pytest.mark.bench
def test_a_tick_costs_the_same_however_many_accounts_are_idle():
    floor = best(bare, TICKS)
    one, many = best(lambda: ticks(world(1)), TICKS), best(lambda: ticks(world(100)), TICKS)
    holders = best(lambda: ticks(holding(100, 100)), TICKS)
    print(
        f"\nmark: bare callback {floor:.2f} us, 1 idle account {one:.2f} us, "
        f"100 idle {many:.2f} us ({many / one:.2f}x), "
        f"100 that hold the perpetual {holders:.2f} us ({holders / one:.2f}x)"
    )
    assert many < 1.5 * one
    assert holders < 3 * one
