"""Charts as SVG text: lines, areas and bars over market time, coloured by the page's style sheet."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import floor, log10

from msgspec import Struct

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1_000, 92, 14, 10, 26
_STEPS_S = (60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400)
_MAX_TIME_TICKS = 8
_VALUE_TICKS = 4
_MONTHS_A_YEAR = 12
_DAY_S = 86_400
_EDGE = 20
_FLAT = 1e-9


class Series(Struct, frozen=True):
    """One line or area: its class in the style sheet and one value per time."""

    css: str
    values: Sequence[float]


class Chart:
    """One chart with a time axis below and a value axis on the left."""

    def __init__(
        self, times: Sequence[int], values: Sequence[float], *, height: int, title: str, least_step_s: int = 0
    ) -> None:
        """Fit the axes.

        Args:
            times: UNIX milliseconds, ascending.
            values: Everything that must be visible.
            height: In units of the drawing, which is 1,000 wide.
            title: What a screen reader says.
            least_step_s: Seconds that two marks of the time axis are at least apart.
        """
        self._times = times
        self._height = height
        self._title = title
        self._least_step_s = least_step_s
        self._first, self._last = times[0], max(times[-1], times[0] + 1)
        self._ticks = value_ticks(min(values), max(values))
        low, high = min(*values, self._ticks[0]), max(*values, self._ticks[-1])
        self._low, self._span = low, (high - low) or 1.0
        self._parts: list[str] = []

    def line(self, series: Series) -> None:
        """Draw a line."""
        self._parts.append(f'<path class="line {series.css}" d="M{"L".join(self._points(series.values))}"/>')

    def area(self, series: Series) -> None:
        """Draw a line and fill what is between it and zero."""
        zero, points = f"{self._y(0.0):.1f}", self._points(series.values)
        first, last = f"{self._x(self._first):.1f},{zero}", f"{self._x(self._times[-1]):.1f},{zero}"
        self._parts.append(f'<path class="area {series.css}" d="M{first}L{"L".join(points)}L{last}Z"/>')
        self.line(series)

    def bars(self, at: Sequence[int], values: Sequence[float], labels: Sequence[str]) -> None:
        """Draw one bar from zero around each time of `at`, with a label that the pointer shows."""
        width = max(min((WIDTH - LEFT - RIGHT) / len(values) * 0.7, 28.0), 0.6)
        for ts, value, label in zip(at, values, labels, strict=True):
            y, zero = self._y(value), self._y(0.0)
            box = f'x="{self._x(ts) - width / 2:.1f}" y="{min(y, zero):.1f}" width="{width:.1f}"'
            css = "gain" if value >= 0 else "loss"
            height = f'height="{max(abs(y - zero), 0.5):.1f}" rx="1"'
            self._parts.append(f'<rect class="{css}" {box} {height}><title>{label}</title></rect>')

    def svg(self, write: Callable[[float], str]) -> str:
        """Return the drawing; `write` makes text of a value."""
        grid = []
        for value in self._ticks:
            y = self._y(value)
            css = "grid zero" if value == 0 else "grid"
            grid.append(f'<path class="{css}" d="M{LEFT},{y:.1f}H{WIDTH - RIGHT}"/>')
            grid.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{write(value)}</text>')
        for ts, text in time_ticks(self._first, self._last, self._least_step_s):
            x, y = self._x(ts), self._height - 6
            anchor = "end" if x > WIDTH - RIGHT - _EDGE else "middle"
            grid.append(f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{text}</text>')
        drawn = "".join(grid + self._parts)
        box = f'viewBox="0 0 {WIDTH} {self._height}"'
        return f'<svg {box} role="img" aria-label="{self._title}">{drawn}</svg>'

    def _points(self, values: Sequence[float]) -> list[str]:
        return [f"{self._x(ts):.1f},{self._y(value):.1f}" for ts, value in zip(self._times, values, strict=True)]

    def _x(self, ts: int) -> float:
        return LEFT + (ts - self._first) / (self._last - self._first) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        return TOP + (1.0 - (value - self._low) / self._span) * (self._height - TOP - BOTTOM)


def value_ticks(low: float, high: float) -> list[float]:
    """Return round values, 1, 2 or 5 times a power of ten apart, from at or below `low` to at or above `high`."""
    span = high - low
    if span < _FLAT * max(abs(low), abs(high), 1.0):
        span = abs(high) if abs(high) > _FLAT else 1.0
    power = 10.0 ** floor(log10(span / _VALUE_TICKS))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * _VALUE_TICKS >= span)
    first, last = floor(low / step + 1e-9), -floor(-high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def time_ticks(first: int, last: int, least_step_s: int = 0) -> list[tuple[int, str]]:
    """Return round times between two UNIX milliseconds with their texts: minutes to months, about eight at most."""
    begin, end = datetime.fromtimestamp(first / 1_000, UTC), datetime.fromtimestamp(last / 1_000, UTC)
    seconds = (end - begin).total_seconds()
    step = next((step for step in _STEPS_S if step >= least_step_s and seconds / step <= _MAX_TIME_TICKS), None)
    found = []
    if step is None:
        return _month_ticks(begin, end)
    at = -(-first // (step * 1_000)) * step * 1_000
    while at <= last:
        moment = datetime.fromtimestamp(at / 1_000, UTC)
        is_day = step >= _DAY_S or (moment.hour, moment.minute) == (0, 0)
        found.append((at, f"{moment.day} {moment:%b}" if is_day else f"{moment:%H:%M}"))
        at += step * 1_000
    return found


def _month_ticks(begin: datetime, end: datetime) -> list[tuple[int, str]]:
    months = (end.year - begin.year) * _MONTHS_A_YEAR + end.month - begin.month
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1_200) if months / step <= _MAX_TIME_TICKS)
    month = (begin - timedelta(microseconds=1)).year * _MONTHS_A_YEAR + (begin - timedelta(microseconds=1)).month
    found = []
    for number in range(-(-month // step) * step, end.year * _MONTHS_A_YEAR + end.month, step):
        moment = datetime(number // _MONTHS_A_YEAR, number % _MONTHS_A_YEAR + 1, 1, tzinfo=UTC)
        found.append((int(moment.timestamp() * 1_000), f"{moment:%b %Y}"))
    return found
