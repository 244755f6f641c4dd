"""What kind of market the features show, and which kinds of strategy suit it: plain formulas, no model."""

from collections.abc import Mapping
from typing import Literal

from actors.bridge.dialects.botcore.ai_bodies import Trend

STRATEGIES: Mapping[str, str] = {
    "trend_following": "trend",
    "momentum": "trend",
    "macd": "trend",
    "moving_average": "trend",
    "breakout": "breakout",
    "volume": "breakout",
    "mean_reversion": "range",
    "rsi": "range",
    "bollinger": "range",
    "stochastic": "range",
    "grid": "range",
}
"""Families by the words in the names of strategies that clients know."""
_TREND_OF = 0.15
_WILD = 1.5
"""Of `volatility_ratio`."""
Condition = Literal["Trending", "Ranging", "Volatile", "Unknown"]
Phase = Literal["Markup", "Markdown", "Accumulation", "Distribution", "Unknown"]


def direction(features: Mapping[str, float]) -> float:
    """Return the way price goes, -1 (down) .. 1 (up): the mean of efficiency and directional movement."""
    if not features:
        return 0.0
    return max(-1.0, min(1.0, (features["efficiency_20"] + features["directional_movement"]) / 2.0))


def trend_of(features: Mapping[str, float]) -> Trend:
    """Return the direction in a word."""
    way = direction(features)
    return "Bullish" if way > _TREND_OF else "Bearish" if way < -_TREND_OF else "Sideways"


def suits(features: Mapping[str, float]) -> Mapping[str, float]:
    """Return how well each family suits the market, 0..1; one half while nothing is known.

    trend: the mean of |efficiency| and trend strength. range: 1 less that. breakout: how much more the last 8 bars
    swing than the last 55, half of it, with the excess of volume on top.
    """
    if not features:
        return {"trend": 0.5, "range": 0.5, "breakout": 0.5}
    trend = _share((abs(features["efficiency_20"]) + features["trend_strength"]) / 2.0)
    breakout = _share(features["volatility_ratio"] / 2.0 + features["volume_excess"] / 4.0)
    return {"trend": trend, "range": 1.0 - trend, "breakout": breakout}


def family_of(name: str) -> str | None:
    """Return the family of a strategy by the words in its name; None: nothing is known of it."""
    plain = name.lower().replace(" ", "_").replace("-", "_")
    return next((family for word, family in STRATEGIES.items() if word in plain), None)


def suitability(name: str, features: Mapping[str, float]) -> float:
    """Return how well a strategy suits the market, 0..1; 0 of one that is not known."""
    family = family_of(name)
    return 0.0 if family is None else suits(features)[family]


def condition(features: Mapping[str, float]) -> tuple[Condition, float]:
    """Return the kind of market and how clear that is, 0..1: the family that suits it best names it."""
    if not features:
        return "Unknown", 0.0
    fit = suits(features)
    if features["volatility_ratio"] > _WILD and fit["breakout"] >= max(fit["trend"], fit["range"]):
        return "Volatile", fit["breakout"]
    return ("Trending", fit["trend"]) if fit["trend"] > fit["range"] else ("Ranging", fit["range"])


def phase(features: Mapping[str, float]) -> Phase:
    """Return where in the cycle price stands: by its trend, in a range by where its volume flows."""
    if not features:
        return "Unknown"
    trend = trend_of(features)
    if trend != "Sideways":
        return "Markup" if trend == "Bullish" else "Markdown"
    return "Accumulation" if features["volume_flow"] > 0.0 else "Distribution"


def characteristics(features: Mapping[str, float]) -> tuple[str, ...]:
    """Return what is remarkable, in plain sentences."""
    if not features:
        return ("too few candles to say more",)
    return (
        f"RSI 14 at {features['rsi_14'] * 100.0:.0f}",
        f"average true range {features['atr_share']:.2%} of the price",
        f"the last 8 bars swing {features['volatility_ratio']:.1f} times as much as the last 55",
        f"net move over way gone of 20 bars: {features['efficiency_20']:+.2f}",
    )


def _share(value: float) -> float:
    return max(0.0, min(1.0, value))
