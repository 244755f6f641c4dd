"""Nothing of anybody's money appears or vanishes, whatever orders, fills and fees come."""

from decimal import Decimal
from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import given, settings

from actors.accounts.account import Account
from actors.accounts.exact import rounded
from actors.accounts.valuation import opened
from actors.market import HOUR_NS
from actors.orders import CashRow, FillRow, OrderEvent, OrderRow
from tests.unit.accounts_world import COIN, INSTRUMENTS, PERP, SPOT, T0, World

UNIT = Decimal("1e-8")
RATES = st.sampled_from([Decimal("0.0005"), Decimal("-0.0002"), Decimal(0), Decimal("0.0137")])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([SPOT, PERP, COIN]),
        st.sampled_from(["buy", "sell"]),
        st.decimals("0.0001", "500", places=4),
        st.decimals("0.1", "90000", places=1),
        RATES,
        st.sampled_from(["fill", "part", "double", "late", "cancel", "work", "early", "over", "hours"]),
        st.sampled_from(["desk", "bot"]),
    ),
    max_size=25,
)


class Life:
    """Plays steps on one account; keeps beside it what a clerk with fractions would."""

    def __init__(self) -> None:
        self.world = World(funding_rate="0.0001")
        self.account: Account = self.world.open(USDT="1000000")
        self.now = T0
        self.paid = dict.fromkeys(INSTRUMENTS, Fraction(0))
        self.held = dict.fromkeys(INSTRUMENTS, Fraction(0))
        self.fees = Fraction(0)
        for name in INSTRUMENTS:
            self.world.mark(name, "1000", self.now)

    def step(self, name, side, quantity, price, rate, fate, strategy) -> None:
        if fate == "hours":
            self.now += 5 * HOUR_NS
            self.world.mark(name, str(price), self.now)
            return
        row = self.world.order(
            self.account, name, side, str(quantity), type="limit", price=str(price), strategy=strategy
        )
        self.world.accounts.reserve(row, price)
        if fate != "early":
            self.tell(row, "accepted")
        if fate == "late":
            self.tell(row, "canceled")
        if fate in {"fill", "double", "late", "early"}:
            self.fill(row, quantity, price, rate)
        if fate == "double":
            self.world.fill(row, str(quantity), str(price), f"f{row.order_id}")
        is_more = quantity > Decimal("0.0001")
        if fate in {"part", "over"} and is_more:
            self.fill(row, Decimal("0.0001"), price, rate)
        if fate == "over" and is_more:
            self.world.fill(row, str(quantity), str(price), "over")
        if fate in {"cancel", "part", "early"}:
            self.tell(row, "canceled")

    def tell(self, row: OrderRow, kind: str) -> None:
        event = OrderEvent(kind=kind, order_id=row.order_id, ts=self.now)
        self.world.accounts.on_event(self.account.account_id, event)

    def fill(self, row: OrderRow, quantity: Decimal, price: Decimal, rate: Decimal) -> None:
        fee = rounded(quantity * price * rate, UNIT)
        self.world.fill(row, str(quantity), str(price), f"f{row.order_id}", fee=fee, ts=self.now)
        signed = Fraction(quantity) * (1 if row.side == "buy" else -1)
        self.held[row.instrument_id] += signed
        self.paid[row.instrument_id] += signed * Fraction(price)
        self.fees += Fraction(fee)

    def funding(self) -> Fraction:
        return sum(
            (Fraction(row.amount) for row in self.world.journal.of(CashRow) if row.kind == "funding"), Fraction(0)
        )


@given(steps=STEPS)
@settings(max_examples=40)
def test_cash_positions_and_fees_add_up_to_the_last_unit(steps):
    life = Life()
    for one in steps:
        life.step(*one)
    account, positions = life.account, life.account.ledger.positions

    for name, held in life.held.items():
        assert Fraction(account.ledger.quantity(name)) == held
    spent = Fraction(rounded(positions[SPOT].paid, UNIT)) if SPOT in positions else Fraction(0)
    realized = sum((Fraction(one.realized) for one in positions.values() if one.terms.is_perpetual), Fraction(0))
    assert Fraction(account.cash["USDT"]) == 1_000_000 - spent + realized - life.fees + life.funding()
    assert Fraction(account.cash.get("BTC", Decimal(0))) == life.held[SPOT]
    for name, one in positions.items():
        assert Fraction(one.cost) == life.paid[name] + Fraction(one.realized)
    assert all(amount == rounded(amount, UNIT) for amount in account.cash.values())


@given(steps=STEPS)
@settings(max_examples=40)
def test_the_wealth_is_the_opening_plus_what_prices_did(steps):
    life = Life()
    for one in steps:
        life.step(*one)
    price, account = Decimal("1234.5"), life.account

    worth = Fraction(account.cash["USDT"]) + Fraction(account.cash.get("BTC", Decimal(0))) * Fraction(price)
    for one in opened(account):
        if one.terms.is_perpetual:
            worth += Fraction(one.unrealized(price))
    dust = sum((Fraction(one.cost) for one in account.ledger.positions.values() if not one.quantity), Fraction(0))

    expected = 1_000_000 - life.fees + life.funding()
    expected += sum(life.held[name] * Fraction(price) - life.paid[name] for name in INSTRUMENTS)
    flat_perpetuals = sum(
        (
            Fraction(one.cost)
            for one in account.ledger.positions.values()
            if one.terms.is_perpetual and not one.quantity
        ),
        Fraction(0),
    )
    assert abs(worth - expected - flat_perpetuals) <= Fraction(UNIT) / 2
    assert abs(dust) <= Fraction(UNIT) * 2


@given(steps=STEPS)
@settings(max_examples=40)
def test_what_is_journalled_makes_the_same_account_again(steps):
    life = Life()
    for one in steps:
        life.step(*one)
    journal, accounts = life.world.journal, life.world.accounts
    other = World(funding_rate="0.0001")
    other.open(USDT="1000000")
    again = other.accounts.of_user("anna")

    again.recall(journal.of(FillRow))
    for row in journal.of(CashRow):
        if row.kind != "opening":
            again.deposit(row)
    for row in {row.order_id: row for row in journal.of(OrderRow)}.values():
        if row.is_working:
            again.reserve(row, row.price)

    account_id = life.account.account_id
    assert other.accounts.snapshot(account_id) == accounts.snapshot(account_id)
    assert locks(other, account_id) == locks(life.world, account_id)


def locks(world, account_id):
    """Return what is locked; a currency that the account had nothing of is as if it had never been heard of."""
    return {one.currency: one.locked for one in world.accounts.balances(account_id) if one.locked or one.total}


@given(steps=STEPS)
@settings(max_examples=40)
def test_nothing_stays_locked_when_nothing_works_and_all_is_flat(steps):
    life = Life()
    for one in steps:
        life.step(*one)
    for row in list(life.account.orders.working()):
        life.tell(row, "canceled")
    for one in list(opened(life.account)):
        side = "sell" if one.quantity > 0 else "buy"
        life.world.trade(life.account, one.terms.instrument_id, side, str(abs(one.quantity)), "777.7")

    assert [one.locked for one in life.world.accounts.balances(life.account.account_id) if one.locked] == []
    assert life.world.accounts.positions(life.account.account_id) == []
