"""Events of several tracks in one order of time, made some at a time."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from actors.market import Instrument
from adapters.columns import Ints
from adapters.feed import FeedEvent

AHEAD = 256
"""Events made at once, however few are read."""


class Track(Protocol):
    """What one file, or several that follow each other, have to say of one instrument."""

    @property
    def instrument(self) -> Instrument:
        """Whose events they are."""

    @property
    def times(self) -> Ints:
        """Time of each event, ascending; UNIX nanoseconds, shape (n,)."""

    def events(self, start: int, stop: int) -> Sequence[FeedEvent]:
        """Return the events start <= index < stop."""


class Merge:
    """Reads tracks as one; at one instant the earlier track comes first.

    A track that nobody wants is left out and costs nothing.
    """

    def __init__(self, tracks: Sequence[Track]) -> None:
        """Stand before the first event, with all tracks wanted."""
        self._tracks = tracks
        self._is_wanted = [True] * len(tracks)
        self._cursors = [0] * len(tracks)
        """Of each track, how many events have been made."""
        self._made: list[FeedEvent] = []
        self._times: list[int] = []
        self._ranks: list[int] = []
        self._next = 0
        """Index of the next event to read within what was made."""
        self.read_count = 0
        """How many events of the wanted tracks are behind."""

    def seek(self, ts: int) -> None:
        """Stand where everything before `ts` (UNIX ns) has been read and nothing else."""
        self._cursors = [int(np.searchsorted(track.times, ts)) for track in self._tracks]
        self._forget()
        self._count()

    def want(self, rank: int, ts: int, *, is_wanted: bool) -> None:
        """Have the events of a track from `ts` on among the others, or no more."""
        if self._is_wanted[rank] is is_wanted:
            return
        self._cursors = [self.cursor(one) for one in range(len(self._tracks))]
        if is_wanted:
            self._cursors[rank] = int(np.searchsorted(self._tracks[rank].times, ts))
        self._is_wanted[rank] = is_wanted
        self._forget()
        self._count()

    def is_wanted(self, rank: int) -> bool:
        """Return whether the events of a track are among the others."""
        return self._is_wanted[rank]

    @property
    def count(self) -> int:
        """How many events the wanted tracks have, before and behind."""
        return sum(len(track.times) for rank, track in enumerate(self._tracks) if self._is_wanted[rank])

    def cursor(self, rank: int) -> int:
        """Return how many events of a wanted track have been read."""
        return self._cursors[rank] - self._ranks[self._next :].count(rank)

    def next_ts(self) -> int | None:
        """Return the time of the next event, or None when there is none."""
        if self._next == len(self._made) and not self._make():
            return None
        return self._times[self._next]

    def read(self, until: int, limit: int) -> list[FeedEvent]:
        """Return the next events with ts < until, at most `limit`."""
        found: list[FeedEvent] = []
        while len(found) < limit and (self._next < len(self._made) or self._make()):
            stop = bisect_left(self._times, until, self._next, min(len(self._made), self._next + limit - len(found)))
            found += self._made[self._next : stop]
            self._next = stop
            if stop < len(self._made):
                break
        self.read_count += len(found)
        return found

    def _count(self) -> None:
        self.read_count = sum(
            cursor for cursor, is_wanted in zip(self._cursors, self._is_wanted, strict=True) if is_wanted
        )

    def _forget(self) -> None:
        self._made, self._times, self._ranks, self._next = [], [], [], 0

    def _make(self) -> bool:
        """Make the next events; False when there are none.

        Each track offers its next `AHEAD`: what it does not offer comes after all of these, so the first `AHEAD` of
        all that is offered are the next ones.
        """
        ranks, times = self._offered()
        self._next = 0
        self._times, self._ranks = times.tolist(), ranks.tolist()
        counts = np.bincount(ranks, minlength=len(self._tracks)).tolist()
        parts = []
        for rank, count in enumerate(counts):
            start = self._cursors[rank]
            parts.append(self._tracks[rank].events(start, start + count) if count else ())
            self._cursors[rank] = start + count
        if len(times) in counts:
            self._made = list(next(part for part, count in zip(parts, counts, strict=True) if count == len(times)))
        else:
            queues = [iter(part) for part in parts]
            self._made = [next(queues[rank]) for rank in self._ranks]
        return bool(self._made)

    def _offered(self) -> tuple[Ints, Ints]:
        """Return track and time of the next events, each of shape (n,), n <= `AHEAD`."""
        offers = [
            (rank, track.times[self._cursors[rank] : self._cursors[rank] + AHEAD])
            for rank, track in enumerate(self._tracks)
            if self._is_wanted[rank] and self._cursors[rank] < len(track.times)
        ]
        if not offers:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        ranks = np.repeat([rank for rank, _ in offers], [len(times) for _, times in offers])
        times = np.concatenate([times for _, times in offers])
        order = np.lexsort((ranks, times))[:AHEAD]
        return ranks[order], times[order]
