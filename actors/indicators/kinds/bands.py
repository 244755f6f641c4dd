"""Channels around the price, and how far the price reaches."""

from functools import partial

from actors.indicators.engine import register
from actors.indicators.parameter import average, number, period, switch
from actors.indicators.rules import finite

_BANDS = ("upper", "middle", "lower")
_over_bars = partial(register, pane="price")
_FLOOR = partial(number, default=0.0, minimum=0.0, maximum=1e9, is_optional=True)
_WIDTH = partial(number, minimum=0.01, maximum=100.0)
_PREVIOUS = switch("use_previous", is_on=True, about="whether ranges include the gap from the close before")

_over_bars(
    "BB",
    "BollingerBands",
    "Mean of typical prices and bands k standard deviations away.",
    period(20),
    _WIDTH("k", 2.0, about="standard deviations"),
    average("sma"),
    aliases=("BBANDS",),
    outputs=(*_BANDS, "stddev"),
    lines=_BANDS,
)
_over_bars(
    "DC",
    "DonchianChannel",
    "Highest high and lowest low of the last bars.",
    period(20),
    aliases=("DONCHIAN",),
    outputs=_BANDS,
    memory=finite,
)
_over_bars(
    "KC",
    "KeltnerChannel",
    "Mean of typical prices and bands k average ranges away.",
    period(20),
    _WIDTH("k_multiplier", 2.0, about="average ranges"),
    period(10, "atr_period", about="bars of the average range"),
    average("ema"),
    average("rma", "ma_type_atr"),
    _PREVIOUS,
    _FLOOR("atr_floor", about="least average range"),
    aliases=("KELTNER",),
    outputs=_BANDS,
)
register(
    "KP",
    "KeltnerPosition",
    "Where the close stands in its Keltner channel, in half widths from the middle.",
    period(20),
    _WIDTH("k_multiplier", 2.0, about="average ranges"),
    average("ema"),
    average("sma", "ma_type_atr"),
    _PREVIOUS,
    _FLOOR("atr_floor", about="least average range"),
)
register(
    "ATR",
    "AverageTrueRange",
    "Mean of how far bars reach, gaps included.",
    period(14),
    average("rma"),
    _PREVIOUS,
    _FLOOR("value_floor", about="least value"),
)
register(
    "VR", "VolatilityRatio", "True range of the bar against that of the last bars.", period(10), aliases=("VOLRATIO",)
)
register(
    "ZSCORE",
    "ZScore",
    "Standard deviations between the close and the mean.",
    period(20, minimum=2),
    outputs=("value", "mean", "std"),
    lines=("value",),
    memory=finite,
)
