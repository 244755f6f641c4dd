"""Money that would have followed the probabilities, after fees, beside money that was simply held."""

import numpy as np
from msgspec import Struct

from actors.signal.training.labels import OUTCOMES, Floats, Ints, Labels, exit_price


class Money(Struct, frozen=True):
    """One way to have spent the judged time."""

    returns: Floats
    """Logarithmic return of each bar after fees, shape (bars,)."""
    trades: int
    wins: int
    """Trades that earned something after fees."""
    fees: float
    """Sum of the fees as shares of the equity at the time."""

    @property
    def total(self) -> float:
        """Return the whole return as share of the money."""
        return float(np.expm1(self.returns.sum()))

    @property
    def equity(self) -> Floats:
        """Return the worth of 1 after each bar, shape (bars,)."""
        return np.exp(np.cumsum(self.returns))


def follow(p: Floats, rows: Ints, labels: Labels, close: Floats, *, fee: float, threshold: Floats | float) -> Money:
    """Return what all the money earned that took every opinion at least `threshold` from 0.5, one at a time.

    Args:
        p: Probability of up at each row, shape (n,).
        rows: Bar of each row, ascending; bars `rows[0]` to `rows[-1]` are judged.
        labels: Barriers and ends of all bars: a position ends as its label does.
        close: Of all bars.
        fee: Share of the notional, paid at the entry and at the exit.
        threshold: Distance from 0.5, of all or of each row.
    """
    first, last = int(rows[0]), int(rows[-1])
    returns = np.zeros(last - first + 1)
    away, busy, trades, wins, fees = np.abs(p - 0.5), -1, 0, 0, 0.0
    for row in np.flatnonzero((away >= threshold) & (away > 0.0)).tolist():
        entry = int(rows[row])
        if entry < busy or int(labels.end[entry]) > last:
            continue
        busy = int(labels.end[entry])
        worth, paid = _worth(entry, busy, labels, close, fee, is_long=bool(p[row] > 0.5))  # noqa: PLR2004  # up
        returns[entry - first : busy - first + 1] += np.diff(np.log(worth), prepend=0.0)
        trades += 1
        wins += bool(worth[-1] > 1.0)
        fees += paid
    return Money(returns, trades, wins, fees)


def hold(rows: Ints, close: Floats, fee: float) -> Money:
    """Return what the same money earned that bought at the first judged bar's close and sold at the last."""
    prices = close[int(rows[0]) : int(rows[-1]) + 1]
    returns = np.diff(np.log(prices), prepend=np.log(prices[0]))
    returns[0] += np.log1p(-fee)
    returns[-1] += np.log1p(-fee)
    return Money(returns, 1, int(returns.sum() > 0.0), 2.0 * fee)


def _worth(start: int, end: int, labels: Labels, close: Floats, fee: float, *, is_long: bool) -> tuple[Floats, float]:
    """Return the worth of 1 at each close from entry to end, and the fees."""
    prices = close[start : end + 1] / close[start]
    barriers = float(labels.upper[start]), float(labels.lower[start])
    out = exit_price(OUTCOMES[int(labels.outcome[start])], barriers, float(close[end]), is_long=is_long)
    prices[-1] = out / close[start]
    worth = 1.0 - fee + (prices - 1.0 if is_long else 1.0 - prices)
    paid = fee * (1.0 + prices[-1])
    worth[-1] -= fee * prices[-1]
    return np.maximum(worth, 1e-9), float(paid)
