"""Named numbers computed from bars, one bar at a time: the same code live, in training and in backtests.

Everything is a ratio, so the scale of prices does not matter, and every denominator has a small floor (`_FLOOR` of
the price), so that a flat market gives zeros and halves, never NaN. Windows are summed afresh for each bar, averages
are exponential: two engines that have seen the same last 1,000 bars agree to 1e-9, however they began.
"""

from math import cos, log, log1p, pi, sin, sqrt

SCHEMA = "bars-v1"
"""Name and version; any change of a formula or of the order needs a new one."""

NAMES: tuple[str, ...] = (
    "return_1",
    "return_3",
    "return_6",
    "return_12",
    "return_24",
    "ema_8_distance",
    "ema_21_distance",
    "ema_55_distance",
    "ema_8_21_spread",
    "macd",
    "macd_histogram",
    "rsi_7",
    "rsi_14",
    "atr_share",
    "volatility_ratio",
    "directional_movement",
    "trend_strength",
    "stochastic_k",
    "stochastic_d",
    "aroon_20",
    "channel_position",
    "band_position",
    "band_width",
    "efficiency_20",
    "volume_excess",
    "volume_z",
    "volume_flow",
    "body",
    "upper_wick",
    "lower_wick",
    "day_sin",
    "day_cos",
)
"""What each place of the vector means, in order.

return_n: log return over n bars. *_distance, *_spread, macd*: in average true ranges (14), within -20..20.
rsi_*: 0..1. atr_share, band_width: shares of the price. volatility_ratio: volatility of 8 bars over that of 55.
directional_movement, aroon_20: -1 (down) .. 1 (up). trend_strength: 0..1, the average |directional_movement|.
stochastic_*, channel_position: 0 at the low, 1 at the high, of 20 and of 55 bars. band_position: the same between
two deviations below and above the mean of 20, may leave 0..1. efficiency_20: net move over way gone, -1..1.
volume_excess: log volume less its mean of 20, volume_z the same in deviations. volume_flow: -1 (all volume in
falling bars) .. 1. body, wicks: in average true ranges. day_sin, day_cos: time of the UTC day.
"""

WARMUP = 60
"""Bars after which a vector may be used."""

_FLOOR = 1e-5
_DAY_NS = 86_400_000_000_000
_TURN = 2.0 * pi / _DAY_NS
_TINY = _FLOOR * _FLOOR
_LIMIT = 20.0


def _alpha(period: int) -> float:
    return 2.0 / (period + 1)


_A8, _A9, _A12, _A14, _A20, _A21, _A26, _A55 = (_alpha(period) for period in (8, 9, 12, 14, 20, 21, 26, 55))
_W7, _W14 = 1.0 / 7.0, 1.0 / 14.0


class FeatureEngine:
    """The running state of one instrument and interval."""

    __slots__ = (
        "_atr",
        "_bottoms",
        "_closes",
        "_e8",
        "_e9",
        "_e12",
        "_e21",
        "_e26",
        "_e55",
        "_flow",
        "_gain7",
        "_gain14",
        "_high",
        "_ks",
        "_long_bottoms",
        "_long_tops",
        "_loss7",
        "_loss14",
        "_low",
        "_mean",
        "_minus",
        "_moves",
        "_plus",
        "_spread",
        "_strength",
        "_tops",
        "_usual",
        "_var8",
        "_var55",
        "_volume_spread",
        "bars",
    )

    def __init__(self) -> None:
        """Start before the first bar."""
        self.bars = 0
        """How many bars it has seen."""
        self._atr = self._plus = self._minus = self._strength = 0.0
        self._gain7 = self._loss7 = self._gain14 = self._loss14 = 0.0
        self._var8 = self._var55 = self._e9 = 0.0
        self._spread = self._volume_spread = self._flow = 0.0
        self._ks = (0.5, 0.5)
        self._moves = [0.0] * 20

    @property
    def is_ready(self) -> bool:
        """Whether enough bars were seen for a vector to mean what it says."""
        return self.bars >= WARMUP

    def update(self, ts: int, o: float, h: float, l: float, c: float, v: float) -> tuple[float, ...]:  # noqa: E741, PLR0917  # a bar
        """Take the next bar and return the features at its close.

        Args:
            ts: Open time, UNIX nanoseconds.
            o: Open; prices are positive, in quote currency.
            h: High.
            l: Low.
            c: Close.
            v: Volume in base units, not negative.

        Returns:
            Shape (32,), in the order of `NAMES`, every number finite.
        """
        if self.bars == 0:
            self._begin(o, v)
        self.bars += 1
        closes = self._closes
        last = closes[-1]
        del closes[0]
        closes.append(c)
        floor = c * _FLOOR
        spread = (h if h > last else last) - (l if l < last else last)  # noqa: FURB136  # a third of the time
        self._atr = atr = self._atr + (spread - self._atr) * _A14
        unit = atr + floor
        step = log(c / last)
        top, bottom = (c, o) if c > o else (o, c)
        angle = (ts % _DAY_NS) * _TURN
        return (
            step,
            log(c / closes[-4]),
            log(c / closes[-7]),
            log(c / closes[-13]),
            log(c / closes[0]),
            *self._averages(c, c - last, step, floor, unit),
            *self._ranges(h, l, c, floor),
            *self._spreads(c, c - last, log1p(v), floor),
            (c - o) / unit,
            (h - top) / unit,
            (bottom - l) / unit,
            sin(angle),
            cos(angle),
        )

    def _begin(self, o: float, v: float) -> None:
        self._closes = [o] * 25
        self._tops, self._bottoms = _Highest(20, o), _Highest(20, -o)
        self._long_tops, self._long_bottoms = _Highest(55, o), _Highest(55, -o)
        self._high = self._low = o
        self._e8 = self._e12 = self._e21 = self._e26 = self._e55 = self._mean = o
        self._usual = log1p(v)

    def _averages(self, c: float, move: float, step: float, floor: float, unit: float) -> tuple[float, ...]:
        """Return what exponential averages tell: trend, strength, divergence, volatility."""
        self._e8 = e8 = self._e8 + (c - self._e8) * _A8
        self._e12 = e12 = self._e12 + (c - self._e12) * _A12
        self._e21 = e21 = self._e21 + (c - self._e21) * _A21
        self._e26 = e26 = self._e26 + (c - self._e26) * _A26
        self._e55 = e55 = self._e55 + (c - self._e55) * _A55
        macd = e12 - e26
        self._e9 = e9 = self._e9 + (macd - self._e9) * _A9
        up, down = (move, 0.0) if move > 0.0 else (0.0, -move)
        self._gain7 = g7 = self._gain7 + (up - self._gain7) * _W7
        self._loss7 = l7 = self._loss7 + (down - self._loss7) * _W7
        self._gain14 = g14 = self._gain14 + (up - self._gain14) * _W14
        self._loss14 = l14 = self._loss14 + (down - self._loss14) * _W14
        square = step * step
        self._var8 = fast = self._var8 + (square - self._var8) * _A8
        self._var55 = slow = self._var55 + (square - self._var55) * _A55
        d8, d21, d55, d8_21, dm, dh = (
            (c - e8) / unit,
            (c - e21) / unit,
            (c - e55) / unit,
            (e8 - e21) / unit,
            macd / unit,
            (macd - e9) / unit,
        )
        return (
            d8 if -_LIMIT < d8 < _LIMIT else _clip(d8),
            d21 if -_LIMIT < d21 < _LIMIT else _clip(d21),
            d55 if -_LIMIT < d55 < _LIMIT else _clip(d55),
            d8_21 if -_LIMIT < d8_21 < _LIMIT else _clip(d8_21),
            dm if -_LIMIT < dm < _LIMIT else _clip(dm),
            dh if -_LIMIT < dh < _LIMIT else _clip(dh),
            (g7 + floor) / (g7 + l7 + 2.0 * floor),
            (g14 + floor) / (g14 + l14 + 2.0 * floor),
            unit / c,
            sqrt((fast + _TINY) / (slow + _TINY)),
        )

    def _ranges(self, h: float, l: float, c: float, floor: float) -> tuple[float, ...]:  # noqa: E741  # a bar
        """Return what highs and lows tell: direction, place within the range."""
        up, down = h - self._high, self._low - l
        self._high, self._low = h, l
        self._plus = plus = self._plus + ((up if up > down and up > 0.0 else 0.0) - self._plus) * _A14
        self._minus = minus = self._minus + ((down if down > up and down > 0.0 else 0.0) - self._minus) * _A14
        directional = (plus - minus) / (plus + minus + floor)
        self._strength = strength = self._strength + (abs(directional) - self._strength) * _A14
        tops, bottoms = self._tops, self._bottoms
        high, low = tops.push(h), -bottoms.push(-l)
        k = (c - low + floor) / (high - low + 2.0 * floor)
        k1, k2 = self._ks
        self._ks = (k2, k)
        high, low = self._long_tops.push(h), -self._long_bottoms.push(-l)
        channel = (c - low + floor) / (high - low + 2.0 * floor)
        return directional, strength, k, (k1 + k2 + k) / 3.0, (bottoms.age - tops.age) / 19.0, channel

    def _spreads(self, c: float, move: float, volume: float, floor: float) -> tuple[float, ...]:
        """Return what deviations tell: bands, efficiency, volume."""
        self._mean, self._spread = mean, spread = _deviation(self._mean, self._spread, c)
        half = 2.0 * sqrt(spread) + floor
        moves = self._moves
        del moves[0]
        moves.append(abs(move))
        excess = volume - self._usual
        self._usual, self._volume_spread = _deviation(self._usual, self._volume_spread, volume)
        flow = volume if move > 0.0 else (-volume if move < 0.0 else 0.0)
        self._flow += (flow - self._flow) * _A20
        return (
            0.5 + (c - mean) / (2.0 * half),
            2.0 * half / c,
            (c - self._closes[-21]) / (sum(moves) + floor),
            excess,
            excess / (sqrt(self._volume_spread) + 0.05),
            self._flow / (self._usual + 1e-3),
        )


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


def _deviation(mean: float, spread: float, value: float) -> tuple[float, float]:
    """Return exponential mean and variance (about 20 values) with one more value."""
    off = value - mean
    step = off * _A20
    return mean + step, (spread + off * step) * (1.0 - _A20)


def _clip(value: float) -> float:
    return _LIMIT if value > 0.0 else -_LIMIT
