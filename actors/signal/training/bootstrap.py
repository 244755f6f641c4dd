"""Is it an edge, or luck? The interval of the after-fee return, from blocks of bars drawn again and again."""

from typing import Literal, Protocol

import numpy as np
from msgspec import Struct

from actors.signal.training.labels import Floats

LEAST_TRADES = 30
"""Fewer trades show nothing, however they ended."""
_DRAWS = 2_000
_CONFIDENCE = 0.95

EdgeWord = Literal["yes", "no", "inconclusive"]


class Paid(Protocol):
    """One way to have spent the judged time."""

    @property
    def returns(self) -> Floats:
        """Of each of the same pieces of it, after fees."""

    @property
    def trades(self) -> int:
        """How many there were."""


class Interval(Struct, frozen=True):
    """Where a sum of returns lies with 95 % confidence; logarithmic returns, of orders money."""

    low: float
    high: float


class Edge(Struct, frozen=True, kw_only=True):
    """The verdict, and what it was made from."""

    word: EdgeWord
    reason: str
    own: Interval
    """Of the model's own after-fee return."""
    excess: Interval
    """Of that less buy-and-hold's."""


def edge(own: Paid, held: Paid, *, block: int, seed: int, other: str = "buy and hold") -> Edge:
    """Return whether following the model paid better than holding, after fees.

    `yes` when the whole interval of the excess over buy-and-hold is above 0 and so is that of its own return: to have
    been absent while the market fell is no edge. `no` when one of them is wholly below 0. Else `inconclusive`, as
    with fewer than `LEAST_TRADES` trades, which can only be found bad.

    Args:
        own: What the model's opinions earned.
        held: What was earned without any.
        block: Returns that are drawn together.
        seed: Of the draws.
        other: What `held` is called.
    """
    excess = interval(own.returns - held.returns, block=block, seed=seed)
    alone = interval(own.returns, block=block, seed=seed)
    word, reason = _verdict(own.trades, alone, excess, other)
    return Edge(word=word, reason=reason, own=alone, excess=excess)


def interval(returns: Floats, *, block: int, seed: int) -> Interval:
    """Return the 95 % interval of the sum of `returns` over as many bars, by a circular block bootstrap.

    Args:
        returns: Of each bar, shape (bars,).
        block: Bars that are drawn together, so that what hangs together stays together.
        seed: Of the draws.
    """
    count, block = len(returns), max(1, min(block, len(returns)))
    sums = np.concatenate([[0.0], np.cumsum(np.concatenate([returns, returns[: block - 1]]))])
    whole = sums[block:] - sums[:-block]
    pieces = -(-count // block)
    starts = np.random.default_rng(seed).integers(0, count, (_DRAWS, pieces))
    totals = whole[starts].sum(axis=1) * (count / (pieces * block))
    tail = (1.0 - _CONFIDENCE) / 2.0
    low, high = np.quantile(totals, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def _verdict(trades: int, own: Interval, excess: Interval, other: str) -> tuple[EdgeWord, str]:
    if not trades:
        return "inconclusive", "it was never sure enough to trade"
    if own.high < 0.0:
        return "no", "it lost money after fees"
    if excess.high < 0.0:
        return "no", f"it earned less than {other}"
    if trades < LEAST_TRADES:
        return "inconclusive", f"only {trades} trades, {LEAST_TRADES} are needed"
    if own.low > 0.0 and excess.low > 0.0:
        return "yes", f"it earned money after fees, and more than {other}"
    return "inconclusive", "the result may be luck"
