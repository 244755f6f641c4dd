"""Named numbers computed from bars, one bar at a time: the same code live, in training and in backtests.

Everything of prices is a ratio, so their scale does not matter, and every denominator has a small floor (`_FLOOR` of
the price), so that a flat market gives zeros and halves, never NaN. What has been seen fades or falls out of its
window: two engines that have seen the same last 1,000 bars agree to 1e-9, however they began.
"""

from collections.abc import Callable, Generator, Iterable
from hashlib import sha256
from math import cos, pi, sin

from actors.market import DAY_NS, INTERVALS, MONDAY_NS, Interval
from actors.signal.reference import NONE, ReferenceBars
from actors.signal.session import OUTSIDE, Session

SCHEMA = "bars-v2"
"""Name and version; any change of a formula or of the order needs a new one."""

NAMES: tuple[str, ...] = (
    "return_1",
    "return_3",
    "return_6",
    "return_12",
    "return_55",
    "ema_12_distance",
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
    "close_place",
    "volatility_55",
    "directional_movement",
    "trend_strength",
    "stochastic_20",
    "band_position",
    "band_width",
    "volume_excess",
    "volume_flow",
    "day_sin",
    "day_cos",
    "week_sin",
    "week_cos",
    "session_gone",
    "session_left",
    "reference_return",
    "reference_level",
    "reference_change",
)
"""What each place of the vector means, in order.

return_n: change over n bars, share of the close. *_distance, macd*: in average true ranges (14). rsi_14: 0..1.
atr_share, band_width: shares of the price. volatility_ratio: mean absolute return of 8 bars over that of 55.
efficiency_20: net move over way gone, -1..1. body, wicks: in average true ranges. close_place: 0 at the bar's low, 1 at
its high. volatility_55: mean absolute return of 55 bars. directional_movement: -1
(down) .. 1 (up). trend_strength: 0..1, the average |directional_movement|. stochastic_20: 0 at the low of 20 bars, 1 at
their high. band_position: the same between 2.5 mean absolute deviations below and above the mean of 20, may leave
0..1. volume_excess: volume against its mean of 20, -1 (none) .. 1. volume_flow: -1 (all in falling bars) .. 1.
day_*, week_*: the angle of the bar's close within the day and the week (from Monday), UTC. session_gone: 0..1, share of
the venue's trading hours; session_left: hours to its close; both 0 outside, and where the venue never closes.
reference_*: return, level and change of the second instrument (`actors.signal.reference`); 0 where there is none, or
where its bars are missing or late.
"""

WARMUP = 60
"""Bars after which a vector may be used."""

FloatBar = tuple[int, float, float, float, float, float]
"""(open time in UNIX nanoseconds, open, high, low, close, volume): prices positive, volume not negative."""
Vector = tuple[float, ...]
"""Shape (34,), in the order of `NAMES`, every number finite."""
_Part = Generator[Vector, FloatBar]

_DAY = 2.0 * pi / DAY_NS
_WEEK_NS = 7 * DAY_NS
_WEEK = 2.0 * pi / _WEEK_NS
_FLOOR = 1e-5
_TINY_VOLUME = 1e-12


def _alpha(period: int) -> float:
    return 2.0 / (period + 1)


_A8, _A12, _A14, _A20, _A26, _A55 = (_alpha(period) for period in (8, 12, 14, 20, 26, 55))
_A9 = _alpha(9)
_W14 = 1.0 / 14.0


def schema_hash() -> str:
    """Return what stands for the schema in a model's metadata: its name, its places and its warm-up; 64 hex digits."""
    return sha256("\n".join((SCHEMA, str(WARMUP), *NAMES)).encode()).hexdigest()


class FeatureEngine:
    """The running features of one instrument and interval."""

    def __init__(
        self,
        interval: Interval = INTERVALS["1m"],
        *,
        session: Session | None = None,
        reference: ReferenceBars | None = None,
    ) -> None:
        """Start before the first bar.

        Args:
            interval: Tells when a bar closes.
            session: Trading hours; None: the venue never closes.
            reference: The second instrument, kept up by its owner: bars of it that are not there count as late.
        """
        self._around = interval, session, reference
        self.update: Callable[[FloatBar], Vector] = self._begin
        """Takes the next bar and returns the features at its close; they mean something from bar `WARMUP` on."""

    def _begin(self, bar: FloatBar) -> Vector:
        place = _started(_place(bar[1], bar[5], _started(_trend(bar[1]))))
        self.update = _started(_scene(place, *self._around))
        return self.update(bar)


def vectors_of(
    bars: Iterable[FloatBar],
    interval: Interval,
    *,
    session: Session | None = None,
    reference: ReferenceBars | None = None,
) -> list[Vector]:
    """Return the vector of every bar, oldest first, as a stream makes them that begins with the first of them."""
    engine = FeatureEngine(interval, session=session, reference=reference)
    return [engine.update(bar) for bar in bars]


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
        atr += ((h if h > last else last) - (low if low < last else last) - atr) * _A14  # noqa: FURB136  # min is slow
        unit = 1.0 / (atr + floor)  # to multiply by: the interpreter divides slowly
        share = 1.0 / c
        if c > last:
            move = c - last
            gain += (move - gain) * _W14
            loss -= loss * _W14
        else:
            move = last - c
            gain -= gain * _W14
            loss += (move - loss) * _W14
        step = move / last
        fast += (step - fast) * _A8
        slow += (step - slow) * _A55
        del closes[0], moves[0]
        closes.append(c)
        moves.append(move)
        e12 += (c - e12) * _A12
        e26 += (c - e26) * _A26
        e55 += (c - e55) * _A55
        macd = e12 - e26
        e9 += (macd - e9) * _A9
        top, bottom = (c, o) if c > o else (o, c)
        vector = (
            (c - last) * share, (c - closes[52]) * share, (c - closes[49]) * share,
            (c - closes[43]) * share, (c - closes[0]) * share,
            (c - e12) * unit, (c - e55) * unit, macd * unit, (macd - e9) * unit,
            (gain + floor) / (gain + loss + floor + floor), (atr + floor) * share, (fast + _FLOOR) / (slow + _FLOOR),
            (c - closes[35]) / (sum(moves) + floor), (c - o) * unit, (h - top) * unit, (bottom - low) * unit,
            (c - low + floor) / (h - low + floor + floor), slow,
        )  # fmt: skip  # many numbers, one group a line
        last = c


def _place(first: float, usual: float, trend: Callable[[FloatBar], Vector]) -> _Part:
    """Add to the trend where the price stands, within range and bands, and with what volume."""
    highs, lows = [first] * 20, [first] * 20
    last = high = low = top = bottom = mean = first
    plus = minus = strength = spread = flow = 0.0
    vector: Vector = ()
    while True:
        bar = yield vector
        _, _, h, l, c, v = bar  # noqa: E741  # a bar
        floor = c * _FLOOR
        up, down, high, low = h - high, low - l, h, l
        plus += ((up if up > down and up > 0.0 else 0.0) - plus) * _A14
        minus += ((down if down > up and down > 0.0 else 0.0) - minus) * _A14
        directional = (plus - minus) / (plus + minus + floor)
        strength += ((directional if directional > 0.0 else -directional) - strength) * _A14
        gone_high, gone_low = highs[0], lows[0]
        del highs[0], lows[0]
        highs.append(h)
        lows.append(l)
        if h >= top:
            top = h
        elif gone_high == top:
            top = max(highs)
        if l <= bottom:
            bottom = l
        elif gone_low == bottom:
            bottom = min(lows)
        off = c - mean
        mean += off * _A20
        spread += ((off if off > 0.0 else -off) - spread) * _A20
        width = 5.0 * spread + floor + floor
        flow += ((v if c > last else -v if c < last else 0.0) - flow) * _A20
        excess = (v - usual) / (v + usual + _TINY_VOLUME)
        usual += (v - usual) * _A20
        last = c
        vector = trend(bar) + (  # noqa: RUF005  # adding is cheaper than unpacking
            directional, strength, (c - bottom + floor) / (top - bottom + floor + floor),
            0.5 + (c - mean) / width, width / c, excess, flow / (usual + _TINY_VOLUME),
        )  # fmt: skip  # likewise


def _scene(
    place: Callable[[FloatBar], Vector], interval: Interval, session: Session | None, reference: ReferenceBars | None
) -> _Part:
    """Add when it is, and what the second instrument did."""
    step = 0 if interval.name == "1M" else interval.duration_ns
    vector: Vector = ()
    while True:
        bar = yield vector
        ts = bar[0] + step if step else interval.close(bar[0])
        day, week = ts % DAY_NS * _DAY, (ts - MONDAY_NS) % _WEEK_NS * _WEEK
        vector = place(bar) + (  # noqa: RUF005  # as above
            sin(day), cos(day), sin(week), cos(week),
            *(OUTSIDE if session is None else session.at(ts)), *(NONE if reference is None else reference.at(ts)),
        )  # fmt: skip  # likewise
