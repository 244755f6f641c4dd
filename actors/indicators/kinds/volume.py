"""Volume: who pushes the price, buyers or sellers."""

from actors.indicators.engine import register
from actors.indicators.parameter import average, number, period
from actors.indicators.rules import fast_below_slow

register("OBV", "OnBalanceVolume", "Volume of rising less that of falling bars, summed up.", is_cumulative=True)
register(
    "KVO",
    "KlingerVolumeOscillator",
    "Fast mean less slow mean of the volume with its direction.",
    period(34, "fast_period", about="bars of the fast mean"),
    period(55, "slow_period", about="bars of the slow mean"),
    average("ema"),
    check=fast_below_slow,
)
register(
    "PRESSURE",
    "Pressure",
    "Relative volume times relative range, with the direction of the bar; and its sum.",
    period(14),
    average("ema"),
    number("atr_floor", 0.0, 0.0, 1e9, is_optional=True, about="least average range"),
    outputs=("value", "value_cumulative"),
    lines=("value",),
    is_cumulative=True,
)
