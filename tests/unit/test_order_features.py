import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.signal.option_orders import OptionOrder
from actors.signal.order_features import MOST, NAMES, SCHEMA, OrderMarket, order_vector, schema_hash
from actors.signal.session import Session
from config.errors import InvalidInputError

ORDER = OptionOrder(
    strategy="butterfly",
    strikes=(4900.0, 4800.0, 4850.0),
    premium=2.0,
    predicted_price=4860.0,
    short_term=4855.0,
    ts=1_704_909_600_000_000_000,  # Wednesday 2024-01-10 18:00 UTC
)
MARKET = OrderMarket(price=4840.0, volatility_level=18.0, volatility_distance=0.1, volatility_change=-0.02)


def named(order=ORDER, market=MARKET, session=None):
    return dict(zip(NAMES, order_vector(order, market, session), strict=True))


def test_the_formulas_are_those_of_the_schema():
    """A changed number here means: a new schema, since models were trained on the old one."""
    found = named(session=Session.from_text("14:30-21:00 UTC"))

    assert SCHEMA == "orders-v1"
    assert schema_hash() == "84fa1257a8076d179ce8d954c1552e52ea95f0c72c2b07d660c59a1ef8754d56"
    assert {name: round(value, 9) for name, value in found.items()} == GOLDEN


def test_strikes_may_come_in_any_order():
    assert named(replace(ORDER, strikes=(4800.0, 4850.0, 4900.0))) == named()


def test_what_the_order_says_of_its_odds_counts_more_than_the_strikes():
    said = named(replace(ORDER, risk=-300.0, reward=100.0))

    assert said["reward_share"] == pytest.approx(0.25)
    assert named()["reward_share"] == pytest.approx(0.96)


def test_an_order_of_which_little_is_known_is_answered_with_neutral_numbers():
    bare = OptionOrder(strategy="unknown", premium=1.0, predicted_price=4840.0, ts=0)
    found = named(bare, OrderMarket(price=4840.0))
    quiet = set(NAMES) - {"side", "premium_share", "day_cos", "week_sin", "week_cos"}

    assert {found[name] for name in quiet} == {0.0}


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_no_price_is_no_market(price):
    with pytest.raises(InvalidInputError, match="price must be positive"):
        named(market=OrderMarket(price=price))


@settings(max_examples=100)
@given(
    strategy=st.sampled_from(["butterfly", "iron_condor", "vertical", "sonar", "unknown"]),
    strikes=st.lists(st.floats(-1e9, 1e9), max_size=5).map(tuple),
    numbers=st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 4),
    quantity=st.floats(-100, 100),
    price=st.floats(1e-6, 1e9),
)
def test_every_number_is_finite_and_bounded_whatever_is_asked(strategy, strikes, numbers, quantity, price):
    premium, predicted, risk, level = numbers
    order = OptionOrder(
        strategy=strategy,
        strikes=strikes,
        premium=premium,
        predicted_price=predicted,
        quantity=quantity,
        risk=risk,
        ts=0,
    )

    assert all(abs(x) <= MOST for x in order_vector(order, OrderMarket(price=price, volatility_level=level)))


GOLDEN = {
    "is_butterfly": 1.0,
    "is_iron_condor": 0.0,
    "is_vertical": 0.0,
    "is_sonar": 0.0,
    "side": 1.0,
    "option_type": 0.0,
    "premium_share": 0.000413223,
    "premium_of_span": 0.02,
    "span_share": 0.020661157,
    "center_distance": 0.002066116,
    "nearest_strike_distance": 0.002066116,
    "predicted_move": 0.004132231,
    "predicted_from_center": 0.1,
    "is_predicted_inside": 1.0,
    "short_term_move": 0.003099174,
    "long_term_move": 0.0,
    "reward_share": 0.96,
    "risk_share": 0.000413223,
    "day_sin": -1.0,
    "day_cos": -0.0,
    "week_sin": 0.623489802,
    "week_cos": -0.781831482,
    "session_gone": 0.538461538,
    "session_left": 3.0,
    "volatility_level": 0.18,
    "volatility_distance": 0.1,
    "volatility_change": -0.02,
}
