"""A recorded order book in memory: its steps as compact columns, and the whole book after any of them."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from actors.market import BookRow, Instrument, Level
from adapters.columns import Ints

CHECKPOINT_STEPS = 1_000
"""A whole book is kept after so many steps, so that a jump plays less than that many again."""

Flags = NDArray[np.bool_]
type Sides = tuple[Ints, Ints]
"""Levels of one side as prices and sizes, shape (n,), prices ascending."""

EMPTY: Sides = (np.empty(0, np.int64), np.empty(0, np.int64))


class BookSteps(Struct, frozen=True, kw_only=True):
    """Steps of one order book without a break: what follows one is a snapshot, or the change with the next sequence."""

    instrument: Instrument
    times: Ints
    """Of each step, UNIX nanoseconds, ascending, shape (n,)."""
    sequences: Ints
    """Shape (n,)."""
    is_snapshot: Flags
    """Shape (n,)."""
    starts: Ints
    """Index of each step's first level, and the number of levels at the end; shape (n + 1,)."""
    asks_at: Ints
    """Index of each step's first ask, which stand after its bids; shape (n,)."""
    prices: Ints
    """Of all levels, shape (m,)."""
    sizes: Ints
    """Of all levels, 0 where one is gone; shape (m,)."""
    checkpoints: tuple[tuple[Sides, Sides], ...]
    """Bids and asks after each full `CHECKPOINT_STEPS` steps, the empty book first."""
    lost: Mapping[int, int] = MappingProxyType({})
    """After so many steps some were lost, from a time on (UNIX ns) until the snapshot that follows."""

    def events(self, start: int, stop: int) -> list[BookRow]:
        """Return the steps start <= index < stop."""
        name = self.instrument.instrument_id
        first, last = int(self.starts[start]), int(self.starts[stop])
        levels: list[Level] = list(zip(self.prices[first:last].tolist(), self.sizes[first:last].tolist(), strict=True))
        edges = (self.starts[start : stop + 1] - first).tolist()
        asks_at = (self.asks_at[start:stop] - first).tolist()
        times, sequences = self.times[start:stop].tolist(), self.sequences[start:stop].tolist()
        return [
            BookRow(
                name,
                times[i],
                sequences[i],
                tuple(levels[edges[i] : asks_at[i]]),
                tuple(levels[asks_at[i] : edges[i + 1]]),
                is_snapshot,
            )
            for i, is_snapshot in enumerate(self.is_snapshot[start:stop].tolist())
        ]

    def after(self, count: int, ts: int) -> BookRow | None:
        """Return the whole book after the first `count` steps as a snapshot of the last one, best levels first.

        None when nothing is known of it at `ts` (UNIX ns): before the first snapshot, after a break until the next one.
        """
        if count == 0 or self.lost.get(count, ts) < ts:
            return None
        number = count // CHECKPOINT_STEPS
        bids, asks = applied(self, number * CHECKPOINT_STEPS, count, *self.checkpoints[number])
        return BookRow(
            self.instrument.instrument_id,
            int(self.times[count - 1]),
            int(self.sequences[count - 1]),
            _levels(bids)[::-1],
            _levels(asks),
            is_snapshot=True,
        )


def with_checkpoints(steps: BookSteps) -> BookSteps:
    """Return the steps with a whole book after every `CHECKPOINT_STEPS` of them."""
    found = [(EMPTY, EMPTY)]
    for end in range(CHECKPOINT_STEPS, len(steps.times) + 1, CHECKPOINT_STEPS):
        found.append(applied(steps, end - CHECKPOINT_STEPS, end, *found[-1]))
    return msgspec.structs.replace(steps, checkpoints=tuple(found))


def applied(steps: BookSteps, begin: int, end: int, bids: Sides, asks: Sides) -> tuple[Sides, Sides]:
    """Return a book after the steps begin <= index < end; what was before a snapshot is forgotten."""
    snapshots = np.flatnonzero(steps.is_snapshot[begin:end])
    if len(snapshots):
        begin, bids, asks = begin + int(snapshots[-1]), EMPTY, EMPTY
    first, last = int(steps.starts[begin]), int(steps.starts[end])
    prices, sizes = steps.prices[first:last], steps.sizes[first:last]
    counts = np.diff(steps.starts[begin : end + 1])
    is_ask = np.arange(first, last) >= np.repeat(steps.asks_at[begin:end], counts)
    return _merged(bids, prices[~is_ask], sizes[~is_ask]), _merged(asks, prices[is_ask], sizes[is_ask])


def _merged(side: Sides, prices: Ints, sizes: Ints) -> Sides:
    """Return a side after changes in the order of time: of each price the last one holds."""
    prices, sizes = np.concatenate((side[0], prices)), np.concatenate((side[1], sizes))
    found, last = np.unique(prices[::-1], return_index=True)
    kept = sizes[::-1][last]
    return found[kept > 0], kept[kept > 0]


def _levels(side: Sides) -> tuple[Level, ...]:
    return tuple(zip(side[0].tolist(), side[1].tolist(), strict=True))
