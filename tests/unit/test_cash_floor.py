"""An account never pays what it does not have: accounts, risk and venue together, with orders that name no limit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.accounts.risk import Risk, Situation
from actors.market import BookRow, TradeRow
from adapters.paper.venue import PaperVenue
from config.errors import InsufficientMarginError, OrderDeniedError, VenueUnavailableError
from tests.unit.accounts_world import INSTRUMENTS, NO_LIMITS, PERP, SPOT, T0, World

SIZE = 100_000_000


class VenueMarks:
    """Prices as the venue has them."""

    def __init__(self, venue):
        self.last, self.touch = venue.last, venue.touch


class Trading:
    """One account at one venue; what that tells is heard at once."""

    def __init__(self, cash, kind="cash", **options):
        fee = replace(INSTRUMENTS[SPOT], maker_fee="0.001", taker_fee="0.001")
        self.world = World({**INSTRUMENTS, SPOT: fee})
        self.account = self.world.open(kind=kind, USDT=cash, BTC="0")
        self.venue = PaperVenue(self.world.instruments, lambda _: frozenset({"trades", "book"}), **options)
        self.venue.ceiling = self.account.ceiling
        self.venue.attach(self.account.account_id, self.hear)
        self.risk = Risk(self.world.accounts.valuation, VenueMarks(self.venue))
        self.ts, self.lowest, self.reasons = T0, Decimal(cash), []
        self.venue.open()

    def hear(self, event):
        self.world.accounts.on_event(self.account.account_id, event)
        self.lowest = min(self.lowest, self.account.cash["USDT"])
        if event.reason is not None:
            self.reasons.append(event.reason)

    def asks(self, *levels, bid=1, name=SPOT):
        self.ts += 1
        asks = tuple((round(price * 10), round(size * SIZE)) for price, size in levels)
        self.venue.on_book(BookRow(name, self.ts, self.ts, ((bid, SIZE),), asks, is_snapshot=True))

    def trade(self, price, name=SPOT):
        self.ts += 1
        self.venue.on_trade(TradeRow(name, self.ts, round(price * 10), SIZE, "none", str(self.ts)))

    def send(self, kind, quantity, *, side="buy", name=SPOT, **values):
        values = {key: Decimal(str(value)) for key, value in values.items()}
        row = self.world.order(self.account, name, side, str(quantity), type=kind, **values)
        price = self.risk.check(row, self.account, Situation(limits=NO_LIMITS))
        self.world.accounts.reserve(row, price)
        self.venue.submit(row)
        return row

    def held(self):
        return self.account.cash["BTC"]


def test_a_market_order_stops_where_its_money_ends():
    t = Trading("10300")
    t.asks((100, 1), (101, 2), (150, 99))
    t.trade(100)
    t.send("market", 100)

    assert (t.held(), t.lowest) == (3, Decimal(10300) - 302 - Decimal("0.302"))
    assert t.reasons == [
        "the market offers 3.00000000 of 100.00000000 up to 101.0, which its money is bound for",
    ]


def test_a_stop_behind_a_gap_is_canceled_not_paid_with_money_that_is_not_there():
    t = Trading("1113")
    t.asks((100, 1))
    t.trade(100)
    t.send("stop_market", 10, trigger_price=110)
    t.asks((115, 99))
    t.trade(115)

    assert (t.held(), t.lowest, len(t.account.orders)) == (0, 1113, 0)
    assert t.account.locked("USDT") == 0


def test_two_orders_bind_what_both_may_cost():
    t = Trading("2030")
    t.asks((100, 1))
    t.trade(100)
    t.send("stop_market", 10, trigger_price=100.5)
    with pytest.raises(InsufficientMarginError):
        t.send("stop_market", 10, trigger_price=100.5)


def test_a_trailing_purchase_binds_what_it_begins_at():
    t = Trading("1000")
    t.asks((100, 99))
    t.trade(100)
    with pytest.raises(InsufficientMarginError):
        t.send("trailing_stop_market", 9, trailing_offset=15)
    t.send("trailing_stop_limit", 8, trailing_offset=15, limit_offset=1)

    assert t.account.locked("USDT") == Decimal(8 * 116) * Decimal("1.01") * Decimal("1.001")


def test_a_perpetual_takes_at_any_price():
    t = Trading("100000", kind="margin")
    t.asks((100, 0.00001), (150, 0.01), name=PERP)
    t.trade(100, name=PERP)
    t.send("market", "0.1", name=PERP)

    assert t.account.ledger.quantity(PERP) == Decimal("0.1")


_prices = st.integers(50, 200)
_orders = st.tuples(
    st.sampled_from(["market", "limit", "stop_market", "stop_limit", "trailing_stop_market", "trailing_stop_limit"]),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(["buy", "buy", "sell"]),
)
_steps = st.lists(
    st.one_of(_orders, st.lists(st.tuples(_prices, st.integers(1, 40)), min_size=2, max_size=4), _prices), max_size=40
)


@pytest.mark.property
@given(steps=_steps, latency_ns=st.sampled_from([0, 3]))
def test_cash_never_falls_below_zero(steps, latency_ns):
    t = Trading("4000", latency_ns=latency_ns)
    t.asks((100, 5))
    t.trade(100)
    for step in steps:
        if isinstance(step, int):
            t.trade(step)
        elif isinstance(step, list):
            t.asks(*sorted(dict(step).items()))
        else:
            send(t, *step)

    assert t.lowest >= 0
    assert t.held() >= 0


def send(t, kind, quantity, distance, side):
    last, sign = t.venue.last(SPOT), 1 if side == "buy" else -1
    values = {}
    if kind.startswith("trailing"):
        values = {"trailing_offset": Decimal(distance)} | ({"limit_offset": Decimal(1)} if "limit" in kind else {})
    elif "stop" in kind:
        values["trigger_price"] = max(last + sign * distance, 1)
    if kind in {"limit", "stop_limit"}:
        values["price"] = max(last + sign * distance, 1)
    try:
        t.send(kind, quantity, side=side, **values)
    except (InsufficientMarginError, OrderDeniedError, VenueUnavailableError):
        return
