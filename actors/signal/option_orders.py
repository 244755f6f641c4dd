"""An order in options as screening knows it, and what it may lose and win.

Numbers here describe an order that somebody else may send; no account is booked by them, so they are floats.
"""

from typing import Literal

from msgspec import Struct

from config.errors import InvalidInputError

OptionStrategy = Literal["butterfly", "iron_condor", "vertical", "sonar", "unknown"]
OptionSide = Literal["buy", "sell"]
OptionType = Literal["call", "put"]

UNITS = 100
"""Of the underlying in one contract."""
_STRIKES = {"butterfly": 3, "iron_condor": 4, "vertical": 2, "sonar": 4}
_PLACES = 9
"""Beyond, digits are those of binary fractions."""


class OptionOrder(Struct, frozen=True, kw_only=True):
    """What is to be screened; prices in the underlying's currency per unit."""

    strategy: OptionStrategy
    premium: float
    predicted_price: float
    """Where somebody expects the underlying at expiry."""
    ts: int
    """When, UNIX nanoseconds of market time."""
    strikes: tuple[float, ...] = ()
    """In any order."""
    side: OptionSide | None = None
    """None: butterflies are bought, others sold."""
    option_type: OptionType | None = None
    quantity: float = 1.0
    """Contracts."""
    short_term: float | None = None
    """A nearer expectation of the price."""
    long_term: float | None = None
    """A farther one."""
    risk: float | None = None
    """Known loss, negative or as a distance; None: worked out."""
    reward: float | None = None

    @property
    def is_bought(self) -> bool:
        """Return whether the premium is paid."""
        return self.side == "buy" if self.side is not None else self.strategy == "butterfly"


class RiskReward(Struct, frozen=True, kw_only=True):
    """What an order may lose and win at expiry."""

    risk: float
    """Zero or negative."""
    reward: float
    ratio: float
    """|reward / risk|; 0 when the risk is 0."""
    breakevens: dict[str, float]


def strategy_of(name: str) -> OptionStrategy:
    """Return the strategy somebody writes as `Iron Condor`, `Iron_Condor` or `IronCondor`; others are `unknown`."""
    plain = name.replace(" ", "").replace("_", "").replace("-", "").lower()
    known: dict[str, OptionStrategy] = {
        "butterfly": "butterfly",
        "ironcondor": "iron_condor",
        "vertical": "vertical",
        "sonar": "sonar",
    }
    return known.get(plain, "unknown")


def risk_reward(order: OptionOrder) -> RiskReward:
    """Return what an order may lose and win, worked out from its strikes.

    Raises:
        InvalidInputError: If the strategy is unknown, or there are too few strikes for it.
    """
    width, breakevens = _shape(order)
    units = UNITS * order.quantity
    paid, rest = order.premium * units, (width - order.premium) * units
    lost, won = (paid, rest) if order.is_bought else (rest, paid)
    return RiskReward(
        risk=-round(lost, _PLACES) + 0.0,
        reward=round(won, _PLACES),
        ratio=round(abs(won / lost), _PLACES) if lost else 0.0,
        breakevens={name: round(price, _PLACES) for name, price in breakevens.items()},
    )


def _shape(order: OptionOrder) -> tuple[float, dict[str, float]]:
    """Return the width that the most can be won or lost over, and where nothing is."""
    needed = _STRIKES.get(order.strategy)
    if needed is None:
        raise InvalidInputError(f"expected one of the strategies {', '.join(_STRIKES)}")
    if len(order.strikes) < needed:
        raise InvalidInputError(f"{order.strategy} needs {needed} strikes, found {len(order.strikes)}")
    strikes, premium = sorted(order.strikes), order.premium
    if order.strategy == "butterfly":
        low, middle, high = strikes[0], strikes[len(strikes) // 2], strikes[-1]
        return middle - low, {"breakeven_lower": low + premium, "breakeven_upper": high - premium}
    if order.strategy == "vertical":
        low, high = strikes[0], strikes[-1]
        return high - low, {"breakeven": low - premium if order.option_type == "put" else low + premium}
    first, second, third, fourth = strikes[:4]
    width = max(second - first, fourth - third)
    return width, {"breakeven_lower": second - premium, "breakeven_upper": third + premium}
