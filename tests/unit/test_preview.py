from decimal import Decimal

from actors.accounts.preview import preview
from actors.accounts.risk import Risk, Situation
from actors.ports import Limits, Preview
from config.errors import InsufficientMarginError
from tests.unit.accounts_world import NO_LIMITS, PERP, SPOT, World


class BookByHand:
    """Levels that a test sets: asks for buyers, bids for sellers."""

    def __init__(self, *levels: tuple[str, str]) -> None:
        self.levels = [(Decimal(price), Decimal(size)) for price, size in levels]

    def offers(self, instrument_id: str, side: str) -> list[tuple[Decimal, Decimal]]:
        return self.levels


ASKS = (("100", "1"), ("102", "3"))


def shown(
    side: str, quantity: str, *levels: tuple[str, str], name: str = PERP, limits: Limits = NO_LIMITS, **fields
) -> Preview:
    world = World()
    anna = world.open(USDT="10000")
    world.mark(name, "100")
    fields = {"type": "limit"} | fields if "price" in fields else fields
    row = world.order(anna, name, side, quantity, **fields)
    risk = Risk(world.accounts.valuation, world.marks)
    return preview(row, anna, Situation(limits=limits), risk=risk, marks=world.marks, depth=BookByHand(*levels))


def test_a_market_order_walks_the_visible_book():
    one = shown("buy", "4", *ASKS)

    assert (one.price, one.notional, one.is_valid) == (Decimal("101.5"), Decimal(406), True)
    assert one.fee == Decimal("0.203")


def test_what_is_beyond_the_book_is_expected_at_the_touch():
    assert shown("buy", "8", *ASKS).price == (100 + 306 + 400) / Decimal(8)


def test_a_resting_limit_pays_the_makers_fee():
    one = shown("buy", "1", *ASKS, price="99")

    assert (one.price, one.fee) == (Decimal(99), Decimal("0.0198"))


def test_a_crossing_limit_pays_both_fees():
    one = shown("buy", "2", *ASKS, price="101")

    assert one.price == Decimal("100.5")
    assert one.fee == 100 * Decimal("0.0005") + 101 * Decimal("0.0002")


def test_margin_is_what_it_would_bind():
    assert shown("buy", "1", *ASKS).margin == Decimal(1) + Decimal("0.05")
    assert shown("buy", "1", *ASKS, name=SPOT).margin == Decimal("100.05") * Decimal("1.01")
    assert shown("sell", "1", *ASKS, name=PERP, reduce_only=True).margin == 0


def test_why_it_would_be_refused():
    one = shown("buy", "1000", ("100", "1000"), name=SPOT)

    assert not one.is_valid
    assert isinstance(one.problem, InsufficientMarginError)


def test_without_a_book_the_last_price_stands():
    assert shown("buy", "1").price == 100
