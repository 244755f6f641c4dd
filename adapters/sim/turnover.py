"""Which orders of a simulated book come, go or change at each of its turns, and how large what rests is then."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct

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
_STRIDE = 977


class Round(Struct, frozen=True):
    """So many turns as there are classes, one of each class, in an order of its own."""

    order: list[int]
    place: list[int]
    """The inverse of `order`."""
    gone: frozenset[int]
    """Classes whose orders go at their turn and come back at the next one."""
    words: list[int]


class Turnover:
    """A pure function of the number of turns done: of the two newest rounds one has the last turn of each class.

    What rests in a cell keeps its size until its next turn. Sizes are even after turns in even rounds and odd
    after the others, and what goes is of an even class in even rounds: so a turn changes every cell of its class.
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

    def class_of(self, turn: int) -> int:
        """Return whose turn it is."""
        number, place = divmod(turn, CLASSES)
        return self._rounds[number].order[place]

    def jitter(self, turn: int) -> int:
        """Return when the turn comes within its time, 0..1023."""
        return self._rounds[turn // CLASSES].words[turn % CLASSES] & 1023

    def size(self, cell: int, turns: int) -> int:
        """Return what rests in a cell after so many turns, exact units; 0: nothing does."""
        number, done = divmod(turns, CLASSES)
        place = self._rounds[number].place[cell % CLASSES]
        if place >= done:
            number -= 1
            place = self._rounds[number].place[cell % CLASSES]
        return self.size_from(cell, number * CLASSES + place)

    def size_from(self, cell: int, turn: int) -> int:
        """Return what rests in a cell from a turn of its class on."""
        number, place = divmod(turn, CLASSES)
        found = self._rounds[number]
        if found.order[place] in found.gone:
            return 0
        twice_mid, typical = self._resting(turn)
        cells = abs(2 * self._grid.price(cell) - twice_mid) / (2 * self._grid.width)
        share = _SIZES[((found.words[place] >> 10) + cell * _STRIDE) & (len(_SIZES) - 1)]
        size = max(1, int(typical * share * (1 + cells / _GROWTH)))
        return size + ((size ^ number) & 1)

    def _make_round(self, number: int) -> Round:
        words = self._noise.bits(number, CLASSES)
        order = np.argsort(words >> np.uint64(24), kind="stable")
        gone = [name for name in order.tolist() if name & 1 == number & 1]
        return Round(
            order=order.tolist(),
            place=np.argsort(order, kind="stable").tolist(),
            gone=frozenset(gone[:_GONE]),
            words=words.tolist(),
        )
