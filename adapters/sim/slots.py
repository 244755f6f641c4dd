"""What is at the top of a simulated book: one quote in each slot of time, and the trade that hits it."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from adapters.sim.columns import Columns
from adapters.sim.grid import Grid
from adapters.sim.noise import NORMALS, bits_of, pick

type Numbers = Columns | NDArray[np.float64]

_SIZES = np.exp(NORMALS)
_TOUCH = 3.0
"""Typical size that rests at the touch beyond the trade to come, in typical trades, when the market is calm."""
_EXHAUSTED = 48
"""Of 256 trades so many might take all that rests at the touch."""
_NEXT = 1.5
"""How much more rests at the level next to it."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Slot(NamedTuple):
    """One quote and the trade that hits it, in exact units: what is at the top of the book from `quote_ts` on."""

    quote_ts: int
    trade_ts: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    bid_left: int
    """What rests at the touch after the trade; 0: all of it was taken, the next level is the best."""
    ask_left: int
    bid_next: int
    """Price of the next level below the touch, which rests for the whole slot; 0: there is none."""
    ask_next: int
    bid_next_size: int
    ask_next_size: int
    thinness: float
    """How much less than in typical times rests in the book: it thins when volatility rises."""


class TradeBlock(Struct, frozen=True):
    """One hour of trades and the quotes they hit, each of shape (60, trades a minute), in exact units."""

    bid: Columns
    ask: Columns
    price: Columns
    size: Columns
    is_buy: NDArray[np.bool_]
    thinness: NDArray[np.float64]
    """As in `Slot`, of each minute, shape (60, 1)."""
    words: NDArray[np.uint64]
    """Random bits, from which times and quoted sizes are taken when they are wanted."""


def touches(block: TradeBlock, grid: Grid, typical: NDArray[np.float64], parity: Columns) -> list[Numbers]:
    """Return the columns of `Slot` after its times, each of shape (60, trades a minute).

    Sizes at rest are even in even slots and odd in odd ones, so that no quote is like the one of the slot before.

    Args:
        block: The trades.
        grid: Where orders rest next to the touch.
        typical: Size of a trade, divided by the thinness of each minute, shape (60, 1).
        parity: 0 or 1 of each slot.
    """
    rest = _TOUCH * typical
    below, above = grid.below(block.bid), grid.below(block.ask + 1) + 1
    bid_size = _resting(bits_of(block.words, 24, 8), block.size, rest, (below > 0) & ~block.is_buy, parity)
    ask_size = _resting(bits_of(block.words, 32, 8), block.size, rest, block.is_buy, parity)
    mixed = block.words * _MIX
    return [
        block.bid,
        block.ask,
        bid_size,
        ask_size,
        np.where(block.is_buy, bid_size, bid_size - block.size),
        np.where(block.is_buy, ask_size - block.size, ask_size),
        grid.price(below),
        grid.price(above),
        _next(mixed >> np.uint64(52), rest, parity),
        _next(mixed >> np.uint64(40), rest, parity),
        np.broadcast_to(block.thinness, block.bid.shape),
    ]


def _resting(
    chance: Columns, traded: Columns, typical: NDArray[np.float64], may_end: NDArray[np.bool_], parity: Columns
) -> Columns:
    """Return what rests at the touch: enough for the trade to come, sometimes no more, where it may take everything.

    `chance` (0..255) decides how much more.
    """
    extra = np.rint(typical * _SIZES[16 * chance + 8]).astype(np.int64)
    is_taken = may_end & (chance < _EXHAUSTED) & (traded & 1 == parity)
    return _odd_or_even(traded + np.where(is_taken, 0, np.maximum(extra, 1)), parity)


def _next(bits: NDArray[np.uint64], typical: NDArray[np.float64], parity: Columns) -> Columns:
    """Return what rests next to the touch, by the twelve lowest bits of each slot."""
    extra = np.rint(_NEXT * typical * pick(_SIZES, bits, 0)).astype(np.int64)
    return _odd_or_even(np.maximum(extra, 1), parity)


def _odd_or_even(size: Columns, parity: Columns) -> Columns:
    result: Columns = size + ((size ^ parity) & 1)
    return result
