"""What stands beside an opinion: where price has turned, how it swings, and what a trade would risk.

All of it describes the candles; nothing of it is a promise, and nobody acts on it but the caller.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from actors.market import BarRow
from actors.messages import Signal, SignalSide
from actors.signal.features import NAMES
from config.training import Barriers

_AROUND = 3
"""Bars on either side that a turning point stands out from."""
_SEEN = 200
"""Bars in which turning points are looked for."""
_SHOWN = 3
_APART = 0.5
"""Average true ranges that two levels are apart at least."""
_RISK = 0.01
"""Share of the equity that a trade may lose at its stop."""
_MOST_SIZE = 0.25
_CALM, _WILD = 0.7, 1.5
"""Of `volatility_ratio`: the last 8 bars against the last 55."""
_THIN, _HEAVY = -1 / 3, 1 / 3
"""Of `volume_excess`: half and twice the usual volume."""

Level = Literal["Low", "Medium", "High"]


class Plan(Struct, frozen=True, kw_only=True):
    """What a trade in the direction of an opinion would look like; all 0 when the opinion has none."""

    entry: float = 0.0
    stop: float = 0.0
    target: float = 0.0
    reward: float = 0.0
    """Way to the target over way to the stop."""
    size: float = 0.0
    """Share of the equity, 0..0.25."""


def features_of(signal: Signal) -> Mapping[str, float]:
    """Return the features by name; nothing while warming up."""
    return dict(zip(NAMES, signal.features, strict=True)) if signal.features else {}


def plan_of(side: SignalSide, confidence: float, close: float, atr_share: float, barriers: Barriers) -> Plan:
    """Return entry, stop and target: the barriers by which predictions of this side are judged.

    A short one has them mirrored: its target is as far below as a long one's is above. size = 1 % of the equity over
    the way to the stop as share of the price, at most 25 %, times the confidence.
    """
    if side == "neutral" or atr_share <= 0.0:
        return Plan()
    upper, lower = barriers.prices(close, atr_share)
    gain, loss = upper - close, close - lower
    sign = 1.0 if side == "long" else -1.0
    stop, target = close - sign * loss, close + sign * gain
    if stop <= 0.0 or target <= 0.0:
        return Plan()
    size = min(_RISK / (loss / close), _MOST_SIZE) * confidence
    return Plan(entry=close, stop=stop, target=target, reward=gain / loss, size=size)


def turning_points(rows: Sequence[BarRow], price: float, atr: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return up to three supports below and three resistances above the close, nearest first.

    A support is the low of a bar lower than those of three bars on either side, a resistance likewise a high; of two
    within half an average true range the nearer one stays.
    """
    seen = rows[-_SEEN:]
    lows, highs, close = [row.low for row in seen], [-row.high for row in seen], seen[-1].close
    supports = sorted((low for low in _turns(lows) if low < close), reverse=True)
    resistances = sorted(-high for high in _turns(highs) if -high > close)
    return _apart(supports, price, atr), _apart(resistances, price, atr)


def volatility(features: Mapping[str, float]) -> Level:
    """Return how much the last 8 bars swing, against the last 55."""
    ratio = features.get("volatility_ratio", 1.0)
    return "Low" if ratio < _CALM else "High" if ratio > _WILD else "Medium"


def volume_word(features: Mapping[str, float]) -> str:
    """Return how the newest volume compares with that of 20 bars, and where it flows."""
    if not features:
        return "too few candles to compare"
    excess, flow = features["volume_excess"], features["volume_flow"]
    size = "below" if excess < _THIN else "above" if excess > _HEAVY else "near"
    return f"volume {size} its average of 20 bars, {'more in rising' if flow > 0.0 else 'more in falling'} bars"


def _turns(values: Sequence[int]) -> list[int]:
    """Return values lower than the three on either side, of equal ones the first."""
    return [
        value
        for index, value in enumerate(values[_AROUND : len(values) - _AROUND], _AROUND)
        if value < min(values[index - _AROUND : index]) and value <= min(values[index + 1 : index + 1 + _AROUND])
    ]


def _apart(levels: Sequence[int], price: float, atr: float) -> tuple[float, ...]:
    chosen: list[float] = []
    for level in levels:
        if len(chosen) < _SHOWN and (not chosen or abs(level / price - chosen[-1]) > _APART * atr):
            chosen.append(level / price)
    return tuple(chosen)
