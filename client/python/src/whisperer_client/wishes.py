"""What a stream is asked for, looked at in the call: the loop that reads it begins later, maybe elsewhere."""

import math
from collections.abc import Iterable
from operator import index

HIGHEST_HZ = 1_000.0
"""What a node takes."""


def names(channels: Iterable[str]) -> tuple[str, ...]:
    """Return the names of channels.

    Raises:
        ValueError: If there is none, or one is no text: nothing would ever come.
    """
    found = () if isinstance(channels, str) else tuple(channels)
    if not found or not all(isinstance(name, str) and name for name in found):
        raise ValueError(f"channels must be a list with one name or more, was {channels!r}")
    return found


def count(what: str, number: int, least: int) -> int:
    """Return a whole number.

    Raises:
        ValueError: If it is none, or less than the least.
    """
    try:
        whole = index(number)
    except TypeError:
        whole = least - 1
    if whole < least:
        raise ValueError(f"{what} must be a whole number, {least} or more, was {number!r}")
    return whole


def rate(max_hz: float | None) -> float | None:
    """Return how often something may come.

    Raises:
        ValueError: If it is a number that no node takes: some of them cannot even be sent.
    """
    if max_hz is None:
        return None
    if not isinstance(max_hz, int | float) or math.isnan(max_hz) or not 0 < max_hz <= HIGHEST_HZ:
        raise ValueError(f"max_hz must be a number above 0, {HIGHEST_HZ:g} at the most, was {max_hz!r}")
    return max_hz
