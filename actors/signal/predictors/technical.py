"""Technical: trend and momentum, held back where price has run to the edge of a sideways market.

score = (trend * T + momentum * M + reversion * R) / (trend + momentum + reversion), times 0.25 + 0.75 * clarity:
T  tanh of the distance to EMA 55 and of MACD, in average true ranges;
M  tanh of the MACD histogram and of RSI 14;
R  against the move once the close nears or leaves the bands, the more so the less directed the market is;
clarity  |net move over way gone| of the last 20 bars, relative to what counts as clear.

confidence = agreement of the three terms * (half clarity, the rest strength of trend and size of the score).
It is a description of the chart, not a promise: on real months it has no edge after fees.
"""

from functools import lru_cache
from math import tanh
from typing import Annotated, override

from msgspec import Meta

from actors.messages import Prediction
from actors.signal.features import NAMES
from actors.signal.predictor import MarketView, Predictor, predictors
from config.schema import Config, Share

_EMA_55, _MACD, _HISTOGRAM, _RSI, _ATR, _STRENGTH, _BAND, _EFFICIENCY = (
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
        f = view.features
        directed = abs(f[_EFFICIENCY])
        clarity = directed * self._clear if directed < self._clear_efficiency else 1.0
        trend = self._trend * tanh((f[_EMA_55] / 3.0 + f[_MACD]) / 2.0)
        momentum = self._momentum * tanh((f[_HISTOGRAM] * 2.0 + (f[_RSI] - 0.5) * 4.0) / 1.5)
        stretch = _stretch(f[_BAND])
        reversion = -self._reversion * stretch * (1.0 - directed)
        total = trend + momentum + reversion
        score = total * (0.25 + 0.75 * clarity)
        agreement = abs(total) / (abs(trend) + abs(momentum) + abs(reversion) + 1e-9)
        confidence = agreement * (0.5 * clarity + 0.3 * f[_STRENGTH] + 0.2 * abs(score))
        return Prediction("technical", score, confidence, _reasons(f, clarity, stretch))


def _stretch(band_position: float) -> float:
    """Return how far the close is towards or beyond a band: 0 within, up to 1 above, down to -1 below."""
    offset = 2.0 * band_position - 1.0
    beyond = (abs(offset) - 0.7) * 2.0
    if beyond <= 0.0:
        return 0.0
    return min(1.0, beyond) if offset > 0.0 else -min(1.0, beyond)


def _reasons(f: tuple[float, ...], clarity: float, stretch: float) -> tuple[str, ...]:
    reasons = [
        _distance(round(f[_EMA_55] * f[_ATR] * 10_000.0)),
        _momentum(round(f[_RSI] * 100.0), f[_HISTOGRAM] > 0.0),
    ]
    if stretch != 0.0:
        reasons.append("close at the upper band" if stretch > 0.0 else "close at the lower band")
    if clarity < _CHOPPY:
        reasons.append("no clear direction over 20 bars")
    elif clarity > _CLEAR:
        reasons.append("one direction over 20 bars: up" if f[_EFFICIENCY] > 0.0 else "one direction over 20 bars: down")
    return tuple(reasons)


@lru_cache(maxsize=4_096)
def _distance(basis_points: int) -> str:
    """Return the sentence; remembered, because making text costs more than all the arithmetic."""
    return f"price {abs(basis_points) / 100.0:.2f} % {'above' if basis_points > 0 else 'below'} EMA 55"


@lru_cache(maxsize=256)
def _momentum(rsi: int, is_above: bool) -> str:  # noqa: FBT001  # a key of the cache
    return f"RSI 14 at {rsi}, MACD {'above' if is_above else 'below'} its signal line"
