"""Random numbers by address: the same seed, stream and block always give the same bits, in any order of asking."""

from hashlib import blake2b
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_BITS = 12
_MASK = np.uint64(2**_BITS - 1)

NORMALS: NDArray[np.float64] = np.array([NormalDist().inv_cdf((i + 0.5) / 2**_BITS) for i in range(2**_BITS)])
"""Quantiles of the standard normal, shape (4096,): twelve random bits pick one."""
NORMALS.setflags(write=False)


class Noise:
    """One stream of random bits, addressed by block number."""

    def __init__(self, seed: int, stream: str) -> None:
        """Prepare the stream called `stream` of the market with `seed`."""
        self._key = int.from_bytes(blake2b(f"{seed}:{stream}".encode(), digest_size=16).digest())

    def bits(self, block: int, count: int) -> NDArray[np.uint64]:
        """Return `count` random words of a block (0 <= block < 2^64), shape (count,)."""
        return np.random.Philox(key=self._key, counter=block << 192).random_raw(count)

    def normals(self, block: int, count: int) -> NDArray[np.float64]:
        """Return `count` standard normal numbers of a block, shape (count,), beyond +-5 never."""
        words = self.bits(block, count)
        total: NDArray[np.float64] = pick(NORMALS, words, 0) + pick(NORMALS, words, _BITS)
        return total / 2**0.5


def pick(table: NDArray[np.float64], words: NDArray[np.uint64], shift: int) -> NDArray[np.float64]:
    """Return the entry of a table of 4096 that the twelve bits above `shift` choose in each word."""
    found: NDArray[np.float64] = table[(words >> np.uint64(shift)) & _MASK]
    return found


def bits_of(words: NDArray[np.uint64], shift: int, count: int) -> NDArray[np.int64]:
    """Return the `count` bits above `shift` of each word as numbers."""
    return ((words >> np.uint64(shift)) & np.uint64(2**count - 1)).astype(np.int64)
