"""Which orders of a simulated book come, go or change at each of its turns, and how large what rests is then."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from adapters.sim.grid import Grid
from adapters.sim.noise import NORMALS, Noise
from adapters.sim.recent import Recent

CLASSES = 32
"""Cells whose number leaves the same rest by this take their turn together."""
_GONE = 2
_GROWTH = 6.0
"""After so many cells away from the touch there rests once more as much."""
_SPREAD = 0.6
_SIZES: list[float] = np.exp(_SPREAD * NORMALS).tolist()
_MASK = len(_SIZES) - 1
_STRIDE = 977


class Turn(NamedTuple):
    """The turn of one class of cells."""

    cells: int
    """Which class: the rest of its cells' numbers."""
    is_gone: bool
    """Whether the orders go, and come back at the next turn of the class."""
    parity: int
    """0: sizes are even, 1: odd."""
    twice_mid: int
    """Around which sizes grow, price units."""
    typical: float
    """Size at the mid, exact units."""
    shift: int
    """Where in the table of random sizes it begins."""
    jitter: int
    """When it comes within its time, 0..1023."""


class Round(NamedTuple):
    """As many turns as there are classes, one of each, in an order of its own."""

    turns: list[Turn]
    place: list[int]
    """Where in `turns` each class is."""


class Turnover:
    """A pure function of the number of turns done: of the two newest rounds one has the last turn of each class.

    What rests in a cell keeps its size until the next turn of its class. Sizes are even after turns in even rounds and
    odd after the others, and only even classes go in even rounds, odd ones in odd: so a turn changes every cell of its
    class.
    """

    def __init__(self, noise: Noise, grid: Grid, resting: Callable[[int], tuple[int, float]]) -> None:
        """Prepare the turns.

        Args:
            noise: Where the orders come from.
            grid: Where they rest.
            resting: Of a turn: twice the mid price around which the sizes grow, and the typical size there.
        """
        self._noise = noise
        self._grid = grid
        self._resting = resting
        self._rounds = Recent(self._make_round, 64)

    def turn(self, number: int) -> Turn:
        """Return a turn by its number."""
        round_, place = divmod(number, CLASSES)
        return self._rounds[round_].turns[place]

    def size(self, cell: int, turns: int) -> int:
        """Return what rests in a cell after so many turns, exact units; 0: nothing does."""
        number, done = divmod(turns, CLASSES)
        cells = cell % CLASSES
        found = self._rounds[number]
        if found.place[cells] >= done:
            found = self._rounds[number - 1]
        return self.size_from(cell, found.turns[found.place[cells]])

    def size_from(self, cell: int, turn: Turn) -> int:
        """Return what rests in a cell from a turn of its class on."""
        _, is_gone, parity, twice_mid, typical, shift, _ = turn
        if is_gone:
            return 0
        grid = self._grid
        distance = abs(2 * grid.price(cell) - twice_mid) / (2 * grid.width)
        size = int(typical * _SIZES[(shift + cell * _STRIDE) & _MASK] * (1 + distance / _GROWTH)) or 1
        return size + ((size ^ parity) & 1)

    def _make_round(self, number: int) -> Round:
        words = self._noise.bits(number, CLASSES)
        order: list[int] = np.argsort(words >> np.uint64(24), kind="stable").tolist()
        gone = [cells for cells in order if cells & 1 == number & 1][:_GONE]
        turns = [
            Turn(cells, cells in gone, number & 1, *self._resting(turn), word >> 10 & _MASK, word & 1_023)
            for turn, (cells, word) in enumerate(zip(order, words.tolist(), strict=True), CLASSES * number)
        ]
        return Round(turns, np.argsort(order, kind="stable").tolist())
