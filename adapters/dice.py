"""Chance that repeats: the same seed and the same question, the same number."""

from zlib import crc32

_MASK = 2**64 - 1


class Dice:
    """Numbers that look random and hang on nothing but the seed and what is asked."""

    def __init__(self, seed: int) -> None:
        """Take a seed."""
        self._seed = seed

    def roll(self, *about: str | int) -> float:
        """Return a number 0 <= n < 1, always the same for the same arguments."""
        state = self._seed
        for one in about:
            state = _mixed(state ^ (crc32(one.encode()) if isinstance(one, str) else one & _MASK))
        return (state >> 11) / 2**53


def _mixed(state: int) -> int:
    """Return 64 bits, each of which hangs on every bit of `state` (the finalizer of splitmix64)."""
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
    return state ^ state >> 31
