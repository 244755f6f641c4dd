"""Candles as callers of other designs send them."""

import math

HOUR_MS = 3_600_000
FIRST_MS = 1_700_006_400_000
"""2023-11-15 00:00 UTC."""


def candles(count, *, first=FIRST_MS, step=HOUR_MS, name="timestamp", slope=12.0, swing=150.0, period=5.0):
    """A market that goes up by `slope` a candle, and swings."""
    made, last = [], 30_000.0
    for number in range(count):
        close = 30_000.0 + slope * number + swing * math.sin(number / period)
        made.append(
            {
                name: first + number * step,
                "open": last,
                "high": max(last, close) + 20.0,
                "low": min(last, close) - 20.0,
                "close": close,
                "volume": 10.0 + number % 7,
            }
        )
        last = close
    return made
