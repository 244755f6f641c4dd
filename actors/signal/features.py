"""Named numbers computed from bars, one bar at a time: the same code live, in training and in backtests.

Everything is a ratio, so the scale of prices does not matter, and every denominator has a small floor (`_FLOOR` of
the price), so that a flat market gives zeros and halves, never NaN. What has been seen fades or falls out of its
window: two engines that have seen the same last 1,000 bars agree to 1e-9, however they began.
"""

from collections.abc import Callable, Generator
from math import cos, log1p, pi, sin, sqrt

SCHEMA = "bars-v1"
"""Name and version; any change of a formula or of the order needs a new one."""

NAMES: tuple[str, ...] = (
    "return_1",
    "return_3",
    "return_6",
    "return_12",
    "return_24",
    "return_55",
    "ema_12_distance",
    "ema_26_distance",
    "ema_55_distance",
    "macd",
    "macd_histogram",
    "rsi_14",
    "atr_share",
    "volatility_ratio",
    "efficiency_20",
    "body",
    "upper_wick",
    "lower_wick",
    "directional_movement",
    "trend_strength",
    "stochastic_k",
    "stochastic_d",
    "aroon_20",
    "band_position",
    "band_width",
    "volume_excess",
    "volume_z",
    "volume_flow",
    "day_sin",
    "day_cos",
)
"""What each place of the vector means, in order.

return_n: change over n bars, share of the price. *_distance, macd*: in average true ranges (14). rsi_14: 0..1.
atr_share, band_width: shares of the price. volatility_ratio: volatility of 8 bars over that of 55. efficiency_20: net
move over way gone, -1..1. body, wicks: in average true ranges. directional_movement, aroon_20: -1 (down) .. 1 (up).
trend_strength: 0..1, the average |directional_movement|. stochastic_*: 0 at the low of 20 bars, 1 at their high.
band_position: the same between two deviations below and above the mean of 20, may leave 0..1. volume_excess: log
volume less its mean of 20, volume_z the same in deviations. volume_flow: -1 (all volume in falling bars) .. 1.
day_sin, day_cos: time of the UTC day.
"""

WARMUP = 60
"""Bars after which a vector may be used."""

FloatBar = tuple[int, float, float, float, float, float]
"""(open time in UNIX nanoseconds, open, high, low, close, volume): prices positive, volume not negative."""
Vector = tuple[float, ...]
"""Shape (30,), in the order of `NAMES`, every number finite."""
_Part = Generator[Vector, FloatBar]

_FLOOR = 1e-5
_TINY = _FLOOR * _FLOOR
_TURN = 2.0 * pi / 86_400_000_000_000
_DAY_NS = 86_400_000_000_000


def _alpha(period: int) -> float:
    return 2.0 / (period + 1)


_A8, _A9, _A12, _A14, _A20, _A26, _A55 = (_alpha(period) for period in (8, 9, 12, 14, 20, 26, 55))
_W14 = 1.0 / 14.0


class FeatureEngine:
    """The running features of one instrument and interval."""

    def __init__(self) -> None:
        """Start before the first bar."""
        self.bars = 0
        """How many bars it has seen."""
        self._trend: Callable[[FloatBar], Vector]
        self._place: Callable[[FloatBar], Vector]

    @property
    def is_ready(self) -> bool:
        """Whether enough bars were seen for a vector to mean what it says."""
        return self.bars >= WARMUP

    def update(self, bar: FloatBar) -> Vector:
        """Take the next bar and return the features at its close."""
        if self.bars == 0:
            self._trend, self._place = _started(_trend(bar[1])), _started(_place(bar[1], bar[5]))
        self.bars += 1
        return self._trend(bar) + self._place(bar)


def _started(part: _Part) -> Callable[[FloatBar], Vector]:
    next(part)
    return part.send


def _trend(first: float) -> _Part:
    """Tell where the price goes, from closes: its state are local variables, which is a quarter faster."""
    closes, moves = [first] * 56, [0.0] * 20
    last = e12 = e26 = e55 = first
    e9 = atr = gain = loss = fast = slow = 0.0
    vector: Vector = ()
    while True:
        _, o, h, low, c, _ = yield vector
        floor = c * _FLOOR
        move, step = c - last, c / last - 1.0
        atr += ((h if h > last else last) - (low if low < last else last) - atr) * _A14  # noqa: FURB136  # min is slow
        unit = atr + floor
        last = c
        del closes[0], moves[0]
        closes.append(c)
        moves.append(move if move > 0.0 else -move)
        e12 += (c - e12) * _A12
        e26 += (c - e26) * _A26
        e55 += (c - e55) * _A55
        macd = e12 - e26
        e9 += (macd - e9) * _A9
        gain += ((move if move > 0.0 else 0.0) - gain) * _W14  # noqa: FURB136  # min is slow
        loss += ((-move if move < 0.0 else 0.0) - loss) * _W14
        fast += (step * step - fast) * _A8
        slow += (step * step - slow) * _A55
        top, bottom = (c, o) if c > o else (o, c)
        vector = (
            step, c / closes[-4] - 1.0, c / closes[-7] - 1.0,
            c / closes[-13] - 1.0, c / closes[-25] - 1.0, c / closes[0] - 1.0,
            (c - e12) / unit, (c - e26) / unit, (c - e55) / unit, macd / unit, (macd - e9) / unit,
            (gain + floor) / (gain + loss + 2.0 * floor), unit / c, sqrt((fast + _TINY) / (slow + _TINY)),
            (c - closes[-21]) / (sum(moves) + floor), (c - o) / unit, (h - top) / unit, (bottom - low) / unit,
        )  # fmt: skip  # thirty numbers, one group a line


def _place(first: float, first_volume: float) -> _Part:
    """Tell where the price stands, within range and bands, and with what volume."""
    tops, bottoms = _Highest(20, first), _Highest(20, -first)
    last = high = low = mean = first
    plus = minus = strength = spread = volume_spread = flow = 0.0
    k1 = k2 = 0.5
    usual = log1p(first_volume)
    vector: Vector = ()
    while True:
        ts, _, h, l, c, v = yield vector  # noqa: E741  # a bar
        floor = c * _FLOOR
        up, down, high, low = h - high, low - l, h, l
        plus += ((up if up > down and up > 0.0 else 0.0) - plus) * _A14
        minus += ((down if down > up and down > 0.0 else 0.0) - minus) * _A14
        directional = (plus - minus) / (plus + minus + floor)
        strength += ((directional if directional > 0.0 else -directional) - strength) * _A14
        top, bottom = tops.push(h), -bottoms.push(-l)
        k0, k1, k2 = k1, k2, (c - bottom + floor) / (top - bottom + 2.0 * floor)
        off = c - mean
        mean += off * _A20
        spread = (spread + off * off * _A20) * (1.0 - _A20)
        width = 4.0 * sqrt(spread) + 2.0 * floor
        volume = log1p(v)
        excess = volume - usual
        usual += excess * _A20
        volume_spread = (volume_spread + excess * excess * _A20) * (1.0 - _A20)
        flow += ((volume if c > last else -volume if c < last else 0.0) - flow) * _A20
        last = c
        angle = (ts % _DAY_NS) * _TURN
        vector = (
            directional, strength, k2, (k0 + k1 + k2) / 3.0, (bottoms.age - tops.age) / 19.0,
            0.5 + (c - mean) / width, width / c,
            excess, excess / (sqrt(volume_spread) + 0.05), flow / (usual + 1e-3), sin(angle), cos(angle),
        )  # fmt: skip  # likewise


class _Highest:
    """The highest of the last `size` values and how many values ago the newest such was."""

    __slots__ = ("_size", "_values", "age", "value")

    def __init__(self, size: int, value: float) -> None:
        self._values = [value] * size
        self._size = size
        self.value = value
        self.age = 0

    def push(self, value: float) -> float:
        values = self._values
        del values[0]
        values.append(value)
        self.age += 1
        if value >= self.value:
            self.value, self.age = value, 0
        elif self.age == self._size:
            self.value = top = max(values)
            self.age = values[::-1].index(top)
        return self.value
