"""Sequences of feature vectors that are cut out of the history a batch at a time, for all of them would not fit."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from actors.signal.training.labels import Floats, Ints

if TYPE_CHECKING:
    from numpy.typing import NDArray

Change = Callable[[Ints, Floats], None]
"""Changes sequences that were cut, in place: (which ones, their vectors, shape (n, length, features))."""


class Windows:
    """What an array of shape (n, length, features) would hold, in the memory of the vectors alone."""

    def __init__(
        self, vectors: Floats, ends: Ints, length: int, *, more: int = 0, change: Change | None = None
    ) -> None:
        """Take where each sequence ends.

        Args:
            vectors: Of every bar, shape (bars, features).
            ends: Bar that each sequence ends with, `length` - 1 and more, shape (n,).
            length: How many bars a sequence has.
            more: Features that `change` fills in, 0 until then; they stand after the others.
            change: Done to what is cut.
        """
        self._vectors, self._ends, self._length, self._more = vectors, ends, length, more
        self._change = change

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (n, length, features)."""
        return len(self._ends), self._length, self._vectors.shape[1] + self._more

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, rows: "slice | NDArray[np.integer]") -> Floats:
        """Return some of the sequences, shape (rows, length, features)."""
        which = np.arange(len(self._ends))[rows]
        return self._cut(which, np.arange(1 - self._length, 1))

    def last(self, count: int) -> Floats:
        """Return the last vector of each of the first `count` sequences, shape (count, features)."""
        return self._cut(np.arange(len(self._ends))[:count], np.arange(1))[:, 0]

    def hinted(self, hint: Floats) -> "Windows":
        """Return the same with one more feature, shape (n,), which only the last bar has."""

        def add(which: Ints, cut: Floats) -> None:
            cut[:, -1, -1] = hint[which]

        return Windows(self._vectors, self._ends, self._length, more=1, change=add)

    def mixed(self, place: int, order: Ints) -> "Windows":
        """Return the same with one feature taken from other sequences: `order` says whose, shape (n,)."""

        def mix(which: Ints, cut: Floats) -> None:
            bars = self._ends[order[which]][:, None] + np.arange(1 - cut.shape[1], 1)
            cut[..., place] = self._vectors[bars, place]

        return Windows(self._vectors, self._ends, self._length, change=mix)

    def _cut(self, which: Ints, steps: Ints) -> Floats:
        bars = self._ends[which][:, None] + steps
        found = np.zeros((*bars.shape, self.shape[2]))
        found[..., : self._vectors.shape[1]] = self._vectors[bars]
        if self._change is not None:
            self._change(which, found)
        return found


Shown = Floats | Windows
"""What a model is shown: vectors of shape (n, features), or sequences of them."""


def with_hint(shown: Shown, hint: Floats) -> Shown:
    """Return examples with one more feature, which in a sequence only the last bar has."""
    return shown.hinted(hint) if isinstance(shown, Windows) else np.column_stack([shown, hint])


def with_mixed(shown: Shown, place: int, order: Ints) -> Shown:
    """Return examples with one feature taken from others of them, in this order."""
    if isinstance(shown, Windows):
        return shown.mixed(place, order)
    mixed = shown.copy()
    mixed[:, place] = shown[order, place]
    return mixed
