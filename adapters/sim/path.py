"""The way of a price, minute by minute: log returns whose volatility clusters and breathes with the day."""

from math import exp, log, tau

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from adapters.sim.noise import Noise
from adapters.sim.recent import Recent

MINUTES = 1_440
MINUTES_A_YEAR = 525_600

_WAVES = ((30, 0.25), (240, 0.30), (MINUTES, 0.22))
"""Look-back in minutes and weight of the moving averages that make the log volatility."""
_VARIANCE = sum(
    one * other * (min(short, long) / max(short, long)) ** 0.5 for short, one in _WAVES for long, other in _WAVES
)
"""Of the log volatility: the averages are of the same noise, so they go together."""
_MAX_LOG = 2.5
_MARKET_SHARE = 0.75
"""How much all prices share: the correlation of two of them is its square."""
_OWN_SHARE = (1 - _MARKET_SHARE**2) ** 0.5
_BAND = log(20.0)
"""A price stays within this factor of its first one: it turns back there, continuously."""
_BUSY_MINUTE = 15 * 60
_BREATH = 0.25


class DayPath(Struct, frozen=True):
    """One UTC day of a path."""

    levels: NDArray[np.float64]
    """Log price against the first price at each minute's begin and the day's end, shape (1441,)."""
    sigmas: NDArray[np.float64]
    """Standard deviation of each minute's log return, shape (1440,)."""


class Path:
    """The log price of one pair of currencies from the begin of history on; any day can be asked for."""

    def __init__(self, seed: int, pair: str, volatility: float, first_day: int) -> None:
        """Prepare the path of `pair`.

        Args:
            seed: Of the market.
            pair: Whatever trades this pair follows one path, for example `BTC-USDT`.
            volatility: Yearly standard deviation of log returns.
            first_day: Days since 1970 at whose begin the level is zero.
        """
        self.typical_sigma = volatility / MINUTES_A_YEAR**0.5 * exp(-_VARIANCE)
        """Median standard deviation of a minute's log return; busy times have much more."""
        self._streams = {name: (Noise(seed, f"market:{name}"), Noise(seed, f"{pair}:{name}")) for name in ("z", "h")}
        self._first_day = first_day
        self._starts = [0.0]
        self._waves: Recent[NDArray[np.float64]] = Recent(lambda day: self._mixed("h", day), 4)
        self._days = Recent(self._day, 64)

    def day(self, day: int) -> DayPath:
        """Return the path of one day since 1970, not before the first one."""
        for earlier in range(self._first_day + len(self._starts) - 1, day):
            self._starts.append(self._days[earlier].levels[-1])
        return self._days[day]

    def _day(self, day: int) -> DayPath:
        sigmas = self.typical_sigma * _SEASON * np.exp(self._log_volatility(day))
        returns = sigmas * self._mixed("z", day) - sigmas**2 / 2
        start = self._starts[day - self._first_day]
        return DayPath(levels=np.concatenate(([start], start + np.cumsum(returns))), sigmas=sigmas)

    def _log_volatility(self, day: int) -> NDArray[np.float64]:
        """Return a sum of moving averages of noise that is known before each minute, shape (1440,)."""
        sums = np.concatenate(([0.0], np.cumsum(np.concatenate((self._waves[day - 1], self._waves[day])))))
        now = sums[MINUTES : 2 * MINUTES]
        wave = np.zeros(MINUTES)
        for back, weight in _WAVES:
            wave += weight * (now - sums[MINUTES - back : 2 * MINUTES - back]) / back**0.5
        return np.clip(wave, -_MAX_LOG, _MAX_LOG)

    def _mixed(self, name: str, day: int) -> NDArray[np.float64]:
        market, own = self._streams[name]
        total: NDArray[np.float64] = _MARKET_SHARE * market.normals(day, MINUTES)
        total += _OWN_SHARE * own.normals(day, MINUTES)
        return total


def folded(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log levels turned back at the band's edges, so that no price runs away in years of market time."""
    distance: NDArray[np.float64] = np.abs((levels + _BAND) % (4 * _BAND) - 2 * _BAND)
    return _BAND - distance


MAX_FACTOR = exp(_BAND)
"""No price leaves its first one by more than this factor, but for spread and basis."""


def _season() -> NDArray[np.float64]:
    """Return how lively each minute of a day is, mean square 1, shape (1440,)."""
    wave = 1 + _BREATH * np.cos(tau * (np.arange(MINUTES) - _BUSY_MINUTE) / MINUTES)
    scaled: NDArray[np.float64] = wave / np.mean(wave**2) ** 0.5
    return scaled


_SEASON = _season()
