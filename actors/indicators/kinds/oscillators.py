"""Momentum: how fast the price moves, mostly between two fixed ends."""

from actors.indicators.engine import D_METHODS, MODES, register
from actors.indicators.parameter import average, choice, number, period
from actors.indicators.rules import fast_below_slow, finite

_FAST = period(12, "fast_period", about="bars of the fast mean")
_SLOW = period(26, "slow_period", about="bars of the slow mean")

register(
    "RSI",
    "RelativeStrengthIndex",
    "Gains against losses, 0 to 100.",
    period(14),
    average("rma"),
)
register(
    "MACD",
    "MovingAverageConvergenceDivergence",
    "Fast mean less slow mean, its own mean, and the difference.",
    _FAST,
    _SLOW,
    period(9, "signal_period", about="bars of the mean of the difference"),
    average("ema"),
    outputs=("value", "signal", "histogram"),
    check=fast_below_slow,
)
register(
    "STOCH",
    "Stochastics",
    "Where the close stands between lowest low and highest high, 0 to 100.",
    period(14, "period_k", about="bars of the range"),
    period(3, "period_d", about="bars of the signal line"),
    period(3, "slowing", about="bars of the smoothing"),
    average("sma"),
    choice("d_method", "moving_average", D_METHODS, about="how the signal line is made"),
    outputs=("value_k", "value_d"),
)
register(
    "CMO", "ChandeMomentumOscillator", "Gains less losses over their sum, -100 to 100.", period(14), average("sma")
)
register(
    "CCI",
    "CommodityChannelIndex",
    "Distance of the typical price from its mean in mean deviations.",
    period(20),
    number("scalar", 0.015, 0.001, 10.0, about="scale: 0.015 puts most values between -100 and 100"),
    average("sma"),
)
register(
    "ROC",
    "RateOfChange",
    "Change of the close over the period.",
    period(10),
    choice("mode", "percentage", MODES, about="in what the change is told"),
    memory=finite,
)
register("BIAS", "Bias", "Distance of the close from its mean, in per cent of the mean.", period(20), average("sma"))
register("PSL", "PsychologicalLine", "Share of rising bars, 0 to 100.", period(12), average("sma"), aliases=("PSY",))
register(
    "RVI",
    "RelativeVolatilityIndex",
    "Volatility of rising against falling bars.",
    period(14),
    number("scalar", 100.0, 0.0, 100.0, is_optional=True, about="greatest value"),
    average("rma"),
)
register("ER", "EfficiencyRatio", "Way from begin to end over the way gone, 0 to 1.", period(10), memory=finite)
