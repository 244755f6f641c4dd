"""Plots with two axes of numbers, as SVG text, in the colours of the page's style sheet."""

from collections.abc import Callable, Sequence
from html import escape

from node.backtest.charts import Series, value_ticks

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 480, 300, 66, 14, 12, 30
Write = Callable[[float], str]


class Plot:
    """One plot; what is drawn last lies on top."""

    def __init__(self, xs: tuple[float, float], values: Sequence[float], *, title: str, x_title: str) -> None:
        """Fit the axes.

        Args:
            xs: Where the axis below begins and ends.
            values: Everything that must be visible on the other one.
            title: What a screen reader says.
            x_title: What stands below.
        """
        self._first, self._last = xs
        self._ticks = value_ticks(min(values), max(values))
        self._low, self._high = min(*values, self._ticks[0]), max(*values, self._ticks[-1])
        self._title, self._x_title = title, x_title
        self._parts: list[str] = []

    def line(self, xs: Sequence[float], series: Series) -> None:
        """Draw a line through points."""
        points = "L".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in zip(xs, series.values, strict=True))
        self._parts.append(f'<path class="line {series.css}" d="M{points}"/>')

    def dots(self, xs: Sequence[float], series: Series, sizes: Sequence[float], labels: Sequence[str]) -> None:
        """Draw circles of some radii, with labels that the pointer shows."""
        for x, y, size, text in zip(xs, series.values, sizes, labels, strict=True):
            place = f'cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="{size:.1f}"'
            self._parts.append(f'<circle class="dot {series.css}" {place}><title>{escape(text)}</title></circle>')

    def svg(self, x_write: Write, y_write: Write, x_ticks: Sequence[float]) -> str:
        """Return the drawing; the two functions make text of a value."""
        grid = []
        for value in self._ticks:
            y, css = self._y(value), "grid zero" if value == 0 else "grid"
            grid.append(f'<path class="{css}" d="M{LEFT},{y:.1f}H{WIDTH - RIGHT}"/>')
            grid.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{y_write(value)}</text>')
        y = HEIGHT - 8
        grid += [f'<text x="{self._x(x):.1f}" y="{y}" text-anchor="middle">{x_write(x)}</text>' for x in x_ticks]
        drawn = "".join(grid + self._parts)
        label = f'role="img" aria-label="{escape(self._title)}"'
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {label}>{drawn}</svg><p class="axis">{escape(self._x_title)}</p>'

    def _x(self, value: float) -> float:
        return LEFT + (value - self._first) / (self._last - self._first) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        return TOP + (1.0 - (value - self._low) / (self._high - self._low)) * (HEIGHT - TOP - BOTTOM)


def bars(rows: Sequence[tuple[str, float, str]]) -> str:
    """Return horizontal bars as HTML: name, value, text of the value; negative ones go to the left."""
    most = max((abs(value) for _, value, _ in rows), default=0.0) or 1.0
    lines = []
    for name, value, text in rows:
        css, width = ("gain", value / most) if value >= 0 else ("loss", -value / most)
        bar = f'<i class="{css}" style="width:{max(width * 100, 0.5):.1f}%"></i>'
        lines.append(f"<li><span>{escape(name)}</span><b>{bar}</b><em>{escape(text)}</em></li>")
    return f'<ul class="bars">{"".join(lines)}</ul>'
