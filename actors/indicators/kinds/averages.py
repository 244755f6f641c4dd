"""Moving averages: smoothed prices, drawn over the bars."""

from functools import partial

from actors.indicators.engine import register
from actors.indicators.parameter import average, period
from actors.indicators.rules import fast_below_slow, finite, slow

_over_bars = partial(register, pane="price")

_over_bars("SMA", "SimpleMovingAverage", "Mean of the last closes.", period(20), memory=finite)
_over_bars("EMA", "ExponentialMovingAverage", "Mean of closes that forgets exponentially.", period(20))
_over_bars("DEMA", "DoubleExponentialMovingAverage", "Twice the EMA less its EMA: lags less.", period(20))
_over_bars(
    "RMA", "WilderMovingAverage", "Wilder's mean, an EMA of twice the period.", period(14), aliases=("WILDER", "SMMA")
)
_over_bars("WMA", "WeightedMovingAverage", "Mean weighted towards the last closes.", period(20), memory=finite)
_over_bars("HMA", "HullMovingAverage", "Hull's mean: weighted means that take the lag out.", period(20), memory=finite)

_over_bars(
    "AMA",
    "AdaptiveMovingAverage",
    "Kaufman's mean: fast in a trend, slow in noise.",
    period(10, "period_efficiency_ratio", about="bars of the efficiency ratio"),
    period(2, "period_fast", about="bars of the mean in a trend"),
    period(30, "period_slow", about="bars of the mean in noise"),
    aliases=("KAMA",),
    memory=slow,
    check=lambda _, *periods: fast_below_slow(*periods),
)
_over_bars(
    "VIDYA",
    "VariableIndexDynamicAverage",
    "EMA whose speed is that of the momentum oscillator.",
    period(20),
    period(14, "cmo_period", about="bars of the momentum oscillator"),
    average("sma", "cmo_ma_type"),
    outputs=("value", "cmo_pct"),
    lines=("value",),
    memory=slow,
)
_over_bars(
    "VWAP",
    "VolumeWeightedAveragePrice",
    "Mean price since the first bar of the window, weighted by volume.",
    is_cumulative=True,
    memory=slow,
)
