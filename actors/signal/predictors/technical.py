"""Technical: trend and momentum, held back where price has run to the edge of a sideways market.

score = (trend * T + momentum * M + reversion * R) / (trend + momentum + reversion), times 0.25 + 0.75 * clarity:
T  tanh of the distance to EMA 55 and of MACD, in average true ranges;
M  tanh of the MACD histogram and of RSI 14;
R  against the move once the close nears or leaves the bands, the more so the less directed the market is;
clarity  |net move over way gone| of the last 20 bars, relative to what counts as clear.

confidence = clarity / 2 + strength of trend * 0.3 + |score| * 0.2, halved where trend and momentum disagree.
It is a description of the chart, not a promise: on real months it has no edge after fees.
"""

from math import tanh
from operator import itemgetter
from typing import Annotated, override

from msgspec import Meta

from actors.messages import Prediction
from actors.signal.features import NAMES
from actors.signal.predictor import MarketView, Predictor, predictors
from config.fields import Config, Share

_pick = itemgetter(
    *(
        NAMES.index(name)
        for name in (
            "ema_55_distance",
            "macd",
            "macd_histogram",
            "rsi_14",
            "atr_share",
            "trend_strength",
            "band_position",
            "efficiency_20",
        )
    )
)
_LOW, _HIGH = 0.15, 0.85
"""Places within the bands beyond which the close is at one of them."""
_CHOPPY, _CLEAR = 0.25, 0.6
"""Clarity below and above which the reasons speak of it."""


class TechnicalParams(Config, frozen=True, kw_only=True):
    """Weights of the terms; they are divided by their sum."""

    trend: Share = 0.5
    momentum: Share = 0.3
    reversion: Share = 0.2
    clear_efficiency: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.8
    """Net move over way gone of 20 bars that counts as a clear direction."""

    def __post_init__(self) -> None:
        """Refuse weights that leave nothing to weigh."""
        if self.trend + self.momentum + self.reversion <= 0.0:
            raise ValueError("one of trend, momentum and reversion must be above 0")


@predictors.register("technical")
class Technical(Predictor):
    """An opinion that a person can follow on the chart (formulas: module docstring)."""

    name = "technical"
    params_type = TechnicalParams
    default_weight = 0.2

    def __init__(self, params: TechnicalParams | None = None) -> None:
        super().__init__(params)
        total = self.params.trend + self.params.momentum + self.params.reversion
        self._trend = self.params.trend / total
        self._momentum = self.params.momentum / total
        self._reversion = self.params.reversion / total
        self._clear_efficiency = self.params.clear_efficiency
        self._clear = 1.0 / self._clear_efficiency

    @override
    def predict(self, view: MarketView) -> Prediction:
        away, macd, histogram, rsi, atr_share, strength, band, efficiency = _pick(view.features)
        directed = abs(efficiency)
        clarity = directed * self._clear if directed < self._clear_efficiency else 1.0
        trend = self._trend * tanh((away / 3.0 + macd) * 0.5)
        momentum = self._momentum * tanh((histogram + (rsi - 0.5) * 2.0) / 0.75)
        reversion = 0.0 if _LOW < band < _HIGH else self._reversion * (directed - 1.0) * _stretch(band)
        score = (trend + momentum + reversion) * (0.25 + 0.75 * clarity)
        confidence = 0.5 * clarity + 0.3 * strength + 0.2 * abs(score)
        if trend * momentum < 0.0:
            confidence *= 0.5
        tenths = round(away * atr_share * 1_000.0)
        place = _DISTANCES[tenths + _MOST] if -_MOST <= tenths <= _MOST else _distance(tenths)
        reasons = place, (_RISING if histogram > 0.0 else _FALLING)[round(rsi * 100.0)]
        scene = _scene(band, clarity, efficiency)
        return Prediction("technical", score, confidence, (*reasons, scene) if scene else reasons)


def _stretch(band_position: float) -> float:
    """Return how far the close has come to a band and beyond: -1 below .. 0 inside .. 1 above."""
    beyond = 4.0 * (band_position - _HIGH if band_position > _HIGH else band_position - _LOW)
    return 1.0 if beyond > 1.0 else max(beyond, -1.0)


def _scene(band: float, clarity: float, efficiency: float) -> str:
    """Return what is remarkable beside trend and momentum, or nothing."""
    if band >= _HIGH:
        return "close at the upper band"
    if band <= _LOW:
        return "close at the lower band"
    if clarity < _CHOPPY:
        return "no clear direction over 20 bars"
    if clarity > _CLEAR:
        return "one direction over 20 bars: up" if efficiency > 0.0 else "one direction over 20 bars: down"
    return ""


def _distance(tenths: int) -> str:
    return f"price {abs(tenths) / 10.0:.1f} % {'above' if tenths >= 0 else 'below'} EMA 55"


# Ready-made sentences: making text would cost more than all the arithmetic.
_MOST = 200
_DISTANCES = [_distance(i) for i in range(-_MOST, _MOST + 1)]
_RISING = [f"RSI 14 at {i}, MACD above its signal line" for i in range(101)]
_FALLING = [f"RSI 14 at {i}, MACD below its signal line" for i in range(101)]
