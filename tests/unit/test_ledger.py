from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import given, settings

from actors.accounts.ledger import Ledger
from actors.accounts.terms import Terms
from actors.orders import FillRow
from tests.unit.accounts_world import INSTRUMENTS, PERP, SPOT, T0

TERMS = {name: Terms.of(one) for name, one in INSTRUMENTS.items()}
UNIT = Decimal("1e-8")


def ledger() -> Ledger:
    return Ledger(TERMS.__getitem__)


def fill(side: str, quantity: str, price: str, *, number: int = 0, name: str = PERP, **fields) -> FillRow:
    values = {"fee": Decimal(0), "fee_currency": "USDT", "strategy": "desk", "order_id": "o1"} | fields
    return FillRow(
        user_id="anna",
        account_id="PAPER-001",
        fill_id=f"f{number}",
        client_order_id="c1",
        instrument_id=name,
        side=side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        liquidity="taker",
        ts=T0 + number,
        **values,
    )


def applied(*fills: FillRow) -> Ledger:
    one = ledger()
    for row in fills:
        one.apply(row)
    return one


def test_buying_twice_averages_the_price():
    one = applied(fill("buy", "1", "100", number=1), fill("buy", "3", "200", number=2))

    assert one.position(PERP).average == Decimal(175)


def test_closing_realizes_against_the_average():
    one = applied(fill("buy", "2", "100", number=1), fill("sell", "1", "110", number=2))

    position = one.position(PERP)
    assert (position.realized, position.quantity, position.cost) == (Decimal(10), Decimal(1), Decimal(100))


def test_a_flip_closes_all_and_opens_the_rest_at_the_new_price():
    one = applied(fill("sell", "1", "100", number=1), fill("buy", "3", "90", number=2))

    position = one.position(PERP)
    assert (position.realized, position.quantity, position.average) == (Decimal(10), Decimal(2), Decimal(90))


def test_what_rounding_leaves_stays_in_the_cost_and_is_realized_later():
    buys = [fill("buy", "1", "0.1", number=1), fill("buy", "2", "0.2", number=2)]
    one = applied(*buys, fill("sell", "1", "0.3", number=3), fill("sell", "2", "0.3", number=4))

    position = one.position(PERP)
    assert position.realized == Decimal("0.4")
    assert position.cost == 0


def test_the_same_fill_twice_counts_once():
    one = ledger()
    row = fill("buy", "1", "100", number=1)

    assert one.apply(row) is not None
    assert one.apply(row) is None
    assert one.quantity(PERP) == 1


def test_one_trade_id_on_two_orders_is_two_fills():
    one = applied(fill("buy", "1", "100", number=1), fill("buy", "1", "100", number=1, order_id="o2"))

    assert one.quantity(PERP) == 2


def test_nets_are_kept_by_strategy_and_flat_ones_are_left_out():
    one = applied(
        fill("buy", "3", "100", number=1, strategy="bot"),
        fill("sell", "1", "100", number=2),
        fill("buy", "1", "100", number=3, strategy="other"),
        fill("sell", "1", "100", number=4, strategy="other"),
    )

    assert dict(one.nets) == {("bot", PERP): Decimal(3), ("desk", PERP): Decimal(-1)}
    assert one.quantity(PERP) == 2


def test_a_fee_in_the_base_currency_is_valued_at_the_fill():
    one = applied(fill("buy", "1", "60000", number=1, name=SPOT, fee=Decimal("0.001"), fee_currency="BTC"))

    assert one.position(SPOT).fees == Decimal(60)


def decimals(least: str, most: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(least, most, places=places, allow_nan=False, allow_infinity=False)


FILLS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]),
        decimals("0.00000001", "999999999", 8),
        decimals("0.1", "99999999999", 1),
        st.sampled_from(["desk", "bot"]),
        st.integers(0, 30),
    ),
    max_size=30,
)


class NaiveModel:
    """Average cost in fractions, rounded where money is told."""

    def __init__(self) -> None:
        self.quantity = self.cost = Fraction(0)
        self.realized = Decimal(0)

    def apply(self, side: str, quantity: Fraction, price: Fraction) -> None:
        signed = quantity if side == "buy" else -quantity
        if self.quantity * signed >= 0:
            self.quantity += signed
            self.cost += signed * price
            return
        closed = min(abs(self.quantity), quantity)
        way = 1 if self.quantity > 0 else -1
        exact = way * closed * price - self.cost * closed / abs(self.quantity)
        told = half_even(exact)
        self.cost += -way * closed * price + Fraction(told)
        self.quantity -= way * closed
        self.realized += told
        if closed < quantity:
            self.apply(side, quantity - closed, price)


def half_even(value: Fraction) -> Decimal:
    return Decimal(round(value * 10**8)).scaleb(-8).quantize(UNIT, ROUND_HALF_EVEN)


def rows(data) -> list[FillRow]:
    return [
        fill(side, str(quantity), str(price), number=number, strategy=strategy)
        for side, quantity, price, strategy, number in data
    ]


def distinct(fills: list[FillRow]) -> list[FillRow]:
    return list({row.fill_id: row for row in reversed(fills)}.values())[::-1]


@given(data=FILLS)
@settings(max_examples=100)
def test_it_equals_a_naive_model_to_the_last_unit(data):
    fills, model, one = rows(data), NaiveModel(), ledger()
    seen = set()
    for row in fills:
        one.apply(row)
        if row.fill_id not in seen:
            seen.add(row.fill_id)
            model.apply(row.side, Fraction(row.quantity), Fraction(row.price))

    position = one.position(PERP)
    assert Fraction(position.quantity) == model.quantity
    assert Fraction(position.cost) == model.cost
    assert position.realized == model.realized


@given(data=FILLS)
@settings(max_examples=100)
def test_cost_is_always_what_was_paid_plus_what_was_realized(data):
    one, paid, realized, seen = ledger(), Fraction(0), Fraction(0), set()
    for row in rows(data):
        told = one.apply(row)
        assert (told is None) == (row.fill_id in seen)
        seen.add(row.fill_id)
        if told is not None:
            paid += Fraction(row.quantity) * Fraction(row.price) * (1 if row.side == "buy" else -1)
            realized += Fraction(told.realized_pnl)
        assert Fraction(one.position(PERP).cost) == paid + realized
        assert Fraction(one.position(PERP).paid) == paid


@given(data=FILLS, order=st.randoms())
@settings(max_examples=50)
def test_any_order_of_fills_and_doubles_gives_the_same_quantities(data, order):
    fills = distinct(rows(data))
    shuffled = fills + [row for row in fills if order.random() < 0.3]
    order.shuffle(shuffled)

    one, other = applied(*fills), applied(*shuffled)

    assert one.quantity(PERP) == other.quantity(PERP)
    assert dict(one.nets) == dict(other.nets)
    sums = defaultdict(Decimal)
    for row in fills:
        sums[row.strategy] += row.quantity if row.side == "buy" else -row.quantity
    assert {name: net for name, net in sums.items() if net} == {name: net for (name, _), net in one.nets.items()}


@given(data=FILLS)
@settings(max_examples=50)
def test_once_flat_less_than_a_unit_of_rounding_is_left(data):
    one = applied(*rows(data))
    held = one.quantity(PERP)
    if held:
        one.apply(fill("sell" if held > 0 else "buy", str(abs(held)), "123.4", number=99))

    position = one.position(PERP)
    assert position.quantity == 0
    assert abs(position.cost) <= UNIT / 2
