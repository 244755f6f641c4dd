"""A mean, a sum, one that raises, one with words and fractions."""

from collections import deque
from typing import ClassVar

from actors.indicators.indicator import Indicator
from actors.indicators.parameter import average, number, period, switch
from actors.indicators.rules import fast_below_slow, finite
from tests.unit.plain_indicators import plain


@plain.register("MEAN")
class Mean(Indicator):
    """Mean of the last closes."""

    aliases = ("ClassMean",)
    parameters = (period(3),)
    memory = staticmethod(finite)
    made: ClassVar[list["Mean"]] = []

    def __init__(self, length):
        self.taken = []
        self._closes = deque(maxlen=length)
        Mean.made.append(self)

    def handle_bar(self, bar):
        self.taken.append(bar)
        self._closes.append(bar.close)

    def values(self):
        full = len(self._closes) == self._closes.maxlen
        return (sum(self._closes) / len(self._closes) if full else None,)


@plain.register("SUM")
class Sum(Indicator):
    """Volume summed up, and the number of bars."""

    outputs = ("total", "bars")
    lines = ("total",)
    is_cumulative = True

    def __init__(self):
        self.total, self.bars = 0, 0

    def handle_bar(self, bar):
        self.total += bar.volume
        self.bars += 1

    def values(self):
        return self.total, self.bars


@plain.register("FRAGILE")
class Fragile(Indicator):
    """Raises at one of the bars; tells what is no number before."""

    parameters = (period(5, "bars"),)

    def __init__(self, bars):
        self.left = bars

    def handle_bar(self, bar):
        self.left -= 1
        if self.left == 0:
            raise ZeroDivisionError("none left")

    def values(self):
        return (float("inf") if self.left % 2 else float("nan"),)


@plain.register("RICH")
class Rich(Indicator):
    """Has every type of parameter."""

    parameters = (
        period(2, "fast"),
        period(4, "slow"),
        number("factor", 1.5, -2.0, 50.0),
        average("ema"),
        switch("is_odd", is_on=True),
        number("floor", 0.0, 0.0, 1.0, is_optional=True),
    )
    check = staticmethod(fast_below_slow)

    def __init__(self, *given):
        self.given = given

    def handle_bar(self, bar):
        pass

    def values(self):
        return (1.0,)
