"""Named numbers of one order in options and its market, for the prediction of whether it will win: one pure function.

Everything of prices is a share of the underlying's price or of the span of the strikes. What is not known counts 0,
which is also what "nothing special" gives, so that an order without strikes is still an order.
"""

from hashlib import sha256
from math import cos, isfinite, pi, sin

from msgspec import Struct

from actors.market import DAY_NS, MONDAY_NS
from actors.signal.option_orders import UNITS, OptionOrder, risk_reward
from actors.signal.session import OUTSIDE, Session
from config.errors import InvalidInputError

SCHEMA = "orders-v1"
"""Name and version; any change of a formula or of the order needs a new one."""

NAMES: tuple[str, ...] = (
    "is_butterfly",
    "is_iron_condor",
    "is_vertical",
    "is_sonar",
    "side",
    "option_type",
    "premium_share",
    "premium_of_span",
    "span_share",
    "center_distance",
    "nearest_strike_distance",
    "predicted_move",
    "predicted_from_center",
    "is_predicted_inside",
    "short_term_move",
    "long_term_move",
    "reward_share",
    "risk_share",
    "day_sin",
    "day_cos",
    "week_sin",
    "week_cos",
    "session_gone",
    "session_left",
    "volatility_level",
    "volatility_distance",
    "volatility_change",
)
"""What each place of the vector means, in order.

is_*: 1 or 0, all 0 for an unknown strategy. side: 1 bought, -1 sold. option_type: 1 call, -1 put. *_share, *_move:
shares of the underlying's price. *_of_span: of the distance from the lowest to the highest strike. center_distance:
their middle against the price. nearest_strike_distance: 0 and more. predicted_from_center: in spans.
is_predicted_inside: 1 when the predicted price lies between the breakevens (of a vertical: above its one), -1 when
not. reward_share: reward over reward and risk, 0..1. risk_share: loss over the value of the underlying. session_*: as
in bars. volatility_level: the index over 100; volatility_distance: against its own mean; volatility_change: its last
return.
"""

MOST = 10.0
"""No number leaves -10..10: one odd order must not look like a market of its own."""
_DAY = 2.0 * pi / DAY_NS
_WEEK_NS = 7 * DAY_NS
_WEEK = 2.0 * pi / _WEEK_NS
_TINY = 1e-9


class OrderMarket(Struct, frozen=True, kw_only=True):
    """What is known of the market when an order is judged."""

    price: float
    """Of the underlying, positive."""
    volatility_level: float = 0.0
    """Of the volatility index, as it is quoted (20 is 20 %); 0: not known."""
    volatility_distance: float = 0.0
    """The index against its own mean, a share (`reference_level` of bars)."""
    volatility_change: float = 0.0
    """Its last return (`reference_return` of bars)."""


def schema_hash() -> str:
    """Return what stands for the schema in a model's metadata, 64 hex digits."""
    return sha256("\n".join((SCHEMA, *NAMES)).encode()).hexdigest()


def order_vector(order: OptionOrder, market: OrderMarket, session: Session | None = None) -> tuple[float, ...]:
    """Return the features of an order, shape (27,), in the order of `NAMES`, every number finite.

    Raises:
        InvalidInputError: If the price is not positive.
    """
    if not (isfinite(market.price) and market.price > 0.0):
        raise InvalidInputError(f"the price must be positive, was {market.price}")
    kinds = tuple(float(order.strategy == kind) for kind in ("butterfly", "iron_condor", "vertical", "sonar"))
    side = 1.0 if order.is_bought else -1.0
    option_type = 0.0 if order.option_type is None else 1.0 if order.option_type == "call" else -1.0
    numbers = (*_strikes(order, market.price), *_expected(order, market.price))
    day, week = order.ts % DAY_NS * _DAY, (order.ts - MONDAY_NS) % _WEEK_NS * _WEEK
    volatility = (market.volatility_level / 100.0, market.volatility_distance, market.volatility_change)
    return (
        *kinds,
        side,
        option_type,
        *(_kept(number) for number in numbers),
        *_odds(order, market.price),
        *(sin(day), cos(day), sin(week), cos(week)),
        *(_kept(number) for number in (OUTSIDE if session is None else session.at(order.ts))),
        *(_kept(number) for number in volatility),
    )


def _strikes(order: OptionOrder, price: float) -> tuple[float, ...]:
    """Return premium_share .. nearest_strike_distance."""
    premium = order.premium / price
    if not order.strikes:
        return premium, 0.0, 0.0, 0.0, 0.0
    center, span = _place(order, price)
    nearest = min(abs(strike - price) for strike in order.strikes)
    return premium, order.premium / span, span / price, (center - price) / price, nearest / price


def _expected(order: OptionOrder, price: float) -> tuple[float, ...]:
    """Return predicted_move .. long_term_move."""
    from_center = 0.0
    if order.strikes:
        center, span = _place(order, price)
        from_center = (order.predicted_price - center) / span
    moves = [0.0 if at is None else (at - price) / price for at in (order.short_term, order.long_term)]
    return (order.predicted_price - price) / price, from_center, _inside(order), *moves


def _place(order: OptionOrder, price: float) -> tuple[float, float]:
    """Return the middle of the strikes and their span, which is at least a trifle."""
    low, high = min(order.strikes), max(order.strikes)
    return (low + high) / 2.0, max(high - low, _TINY * price)


def _inside(order: OptionOrder) -> float:
    try:
        low, *high = risk_reward(order).breakevens.values()
    except InvalidInputError:
        return 0.0
    is_inside = low < order.predicted_price < high[0] if high else low < order.predicted_price
    return 1.0 if is_inside else -1.0


def _odds(order: OptionOrder, price: float) -> tuple[float, float]:
    """Return reward_share and risk_share, from what the order says or from its strikes."""
    risk, reward = order.risk, order.reward
    if risk is None or reward is None:
        try:
            worked_out = risk_reward(order)
        except InvalidInputError:
            return 0.0, 0.0
        risk = worked_out.risk if risk is None else risk
        reward = worked_out.reward if reward is None else reward
    risk, reward = abs(risk), max(reward, 0.0)
    value = UNITS * max(abs(order.quantity), _TINY) * price
    return _kept(reward / (reward + risk + _TINY)), _kept(risk / value)


def _kept(number: float) -> float:
    return min(max(number, -MOST), MOST) if isfinite(number) else 0.0
