"""Trend: whether the price goes somewhere, since when and how straight."""

from typing import override

from actors.indicators.engine import EngineIndicator, register
from actors.indicators.parameter import average, number, period
from actors.indicators.rules import fast_below_slow, finite, never_falling, slow

_MS = 1e6


class _Swings(EngineIndicator):
    @override
    def read(self) -> tuple[float, ...]:
        """Return the values with times in milliseconds, as all times on the wire."""
        named = zip(self.outputs, super().read(), strict=True)
        return tuple(value / _MS if name.endswith("_datetime") else value for name, value in named)


class _FuzzyCandlesticks(EngineIndicator):
    @override
    def read(self) -> tuple[float, ...]:
        return tuple(self._engine.vector)


register(
    "ICHIMOKU",
    "IchimokuCloud",
    "Middles of three ranges; the cloud is told where it is drawn, `displacement` bars after it was known.",
    period(9, "tenkan_period", about="bars of the conversion line"),
    period(26, "kijun_period", about="bars of the base line"),
    period(52, "senkou_period", about="bars of the second edge of the cloud"),
    period(26, "displacement", about="bars by which cloud and lagging line are moved"),
    pane="price",
    outputs=("tenkan_sen", "kijun_sen", "senkou_span_a", "senkou_span_b", "chikou_span"),
    flags=("has_tenkan", "has_kijun", "has_senkou_a", "has_senkou_b", "has_chikou"),
    memory=finite,
    check=never_falling,
)
register(
    "LINREG",
    "LinearRegression",
    "Line through the last closes: its end, slope, intercept, angle, distance of the close in per cent, and fit.",
    period(20, minimum=2),
    pane="price",
    outputs=("value", "slope", "intercept", "degree", "cfo", "r2"),
    lines=("value",),
    memory=finite,
)
register(
    "AROON",
    "AroonOscillator",
    "How long ago the highest high and the lowest low were.",
    period(25, maximum=250),
    outputs=("aroon_up", "aroon_down", "value"),
    memory=finite,
)
register(
    "DM",
    "DirectionalMovement",
    "Mean reach upwards and downwards.",
    period(14),
    aliases=("DMI",),
    outputs=("pos", "neg"),
)
register("VHF", "VerticalHorizontalFilter", "Range of the closes over the way gone.", period(28), average("sma"))
register(
    "AMAT",
    "ArcherMovingAveragesTrends",
    "1 where fast and slow mean say long, or short.",
    period(8, "fast_period", about="bars of the fast mean"),
    period(21, "slow_period", about="bars of the slow mean"),
    period(8, "signal_period", about="bars over which the means are compared"),
    average("ema"),
    outputs=("long_run", "short_run"),
    check=fast_below_slow,
)
register(
    "SWINGS",
    "Swings",
    "The last swing high and low: prices, times (ms), direction, length and bars since.",
    period(5, maximum=500),
    base=_Swings,
    outputs=(
        "direction",
        "changed",
        "high_price",
        "high_datetime",
        "low_price",
        "low_datetime",
        "length",
        "duration",
        "since_high",
        "since_low",
    ),
    lines=("high_price", "low_price"),
    pane="price",
    memory=slow,
)
register(
    "FUZZY",
    "FuzzyCandlesticks",
    "The bar in words as numbers: direction -1 to 1, sizes of range, body and wicks from 0 on.",
    period(10, minimum=2, maximum=500),
    number("threshold1", 0.5, 0.0, 100.0, about="standard deviations of the first step"),
    number("threshold2", 1.0, 0.0, 100.0, about="of the second"),
    number("threshold3", 2.0, 0.0, 100.0, about="of the third"),
    number("threshold4", 3.0, 0.0, 100.0, about="of the fourth"),
    base=_FuzzyCandlesticks,
    outputs=("direction", "size", "body_size", "upper_wick_size", "lower_wick_size"),
    memory=finite,
)
