"""Triple-barrier labels: which of two prices the market touches first after a bar's close, and what that earns.

The position is opened at the close of its bar, so the first bar that can touch anything is the next one. A bar that
touches both counts as the stop: nobody knows in which order. Without a touch it ends at the close of the bar that is
`horizon` bars later. `touch` says it for one opinion, for whoever waits for an outcome; `label` says the same for
every bar of a history.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from config.training import Barriers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Outcome = Literal["up", "down", "both", "time"]
"""What ended it; `both` in one bar is the stop of a long position and of a short one."""

OUTCOMES: tuple[Outcome, ...] = ("time", "up", "down", "both")
"""By their codes 0..3 in `Labels.outcome`."""


class Touch(Struct, frozen=True):
    """How one opinion ended."""

    outcome: Outcome
    bars: int
    """How many bars after the entry, 1..horizon."""
    close: float
    """Close of the bar in which it ended."""


class Labels(Struct, frozen=True):
    """One label per bar, columns of shape (n,)."""

    y: Ints
    """1: up first, or above the entry when time ran out; 0: else."""
    end: Ints
    """Index of the bar in which it ends."""
    outcome: Ints
    """Code of `OUTCOMES`."""
    upper: Floats
    """The barriers' prices."""
    lower: Floats
    is_known: Mask
    """Whether the bars that decide are all there, without a hole."""


def touch(
    barriers: tuple[float, float], highs: Sequence[float], lows: Sequence[float], closes: Sequence[float], horizon: int
) -> Touch | None:
    """Return how an opinion ended that was formed at a bar's close, or None while that is open.

    Args:
        barriers: Upper and lower price, as `Barriers.prices` gives them for the entry.
        highs: Of the bars after the entry's, oldest first, as many as there are.
        lows: Likewise.
        closes: Likewise.
        horizon: Bars after which it ends without a touch.
    """
    upper, lower = barriers
    for index in range(min(horizon, len(closes))):
        is_up, is_down = highs[index] >= upper, lows[index] <= lower
        if is_up or is_down:
            outcome: Outcome = "both" if is_up and is_down else "up" if is_up else "down"
            return Touch(outcome, index + 1, closes[index])
    return Touch("time", horizon, closes[horizon - 1]) if len(closes) >= horizon else None


def exit_price(outcome: Outcome, barriers: tuple[float, float], close: float, *, is_long: bool) -> float:
    """Return at what price a position ended: its target, its stop, or the close of the last bar."""
    upper, lower = barriers
    if outcome == "time":
        return close
    if outcome == "both":
        return lower if is_long else upper
    return upper if outcome == "up" else lower


def label(
    barriers: Barriers, bars: tuple[Floats, Floats, Floats], atr_share: Floats, is_next: Mask | None = None
) -> Labels:
    """Return the label of every bar.

    Args:
        barriers: How far, how long.
        bars: Highs, lows and closes, oldest first, shape (n,) each.
        atr_share: Average true range at each bar as share of its close, shape (n,).
        is_next: Whether each bar follows the one before it without a hole, shape (n,); None: all do.
    """
    high, low, close = bars
    count, horizon = len(close), barriers.horizon
    step = close * (atr_share if barriers.unit == "atr" else 0.01)
    upper, lower = close + barriers.up * step, close - barriers.down * step
    outcome, end = np.zeros(count, np.int64), np.arange(count) + horizon
    is_open = np.ones(count, np.bool_)
    for ahead in range(1, min(horizon, count - 1) + 1):
        here = slice(0, count - ahead)
        found = (high[ahead:] >= upper[here]) + 2 * (low[ahead:] <= lower[here])
        is_hit = is_open[here] & (found > 0)
        outcome[here][is_hit] = found[is_hit]
        end[here][is_hit] = np.flatnonzero(is_hit) + ahead
        is_open[here] &= ~is_hit
    last = np.minimum(end, count - 1)
    y = np.where(outcome == 0, close[last] > close, outcome == 1).astype(np.int64)
    is_known = end < count
    if is_next is not None:
        holes = np.cumsum(~is_next)
        is_known &= holes[last] == holes
    return Labels(y, last, outcome, upper, lower, is_known)
