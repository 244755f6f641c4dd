"""The bars of one instrument and interval as indicators have seen them, and the indicators that run on them."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, Literal

from actors.indicators.running import Running
from actors.market import BarRow

Change = Literal["same", "grown", "replaced"]
STEP = 32
"""Bars handed over between two looks at the time."""
_AT_ONCE = 256
"""More new bars than that are taken in turns, with all the others."""
_TS_OPEN = attrgetter("ts_open")


class Track:
    """Every indicator that is ready has a row of values for each of `rows`; the others wait for `warm`."""

    def __init__(self, make_bar: Callable[[BarRow], Any], size: int) -> None:
        """Start without bars.

        Args:
            make_bar: Makes the engine's bar of an exact row.
            size: How many bars are kept, about.
        """
        self.rows: list[BarRow] = []
        self.running: dict[str, Running] = {}
        """By canonical name."""
        self.is_loaded = False
        """Whether the window has been read."""
        self.age = 0
        """Changes when bars were cut or replaced: what was begun before is void."""
        self.make_bar = make_bar
        """Makes the engine's bar of an exact row."""
        self._size = size
        self._slack = max(16, size // 4)

    @property
    def is_pending(self) -> bool:
        """Whether an indicator waits for its history."""
        return self.is_loaded and any(not one.is_ready for one in self.running.values())

    @property
    def last_open(self) -> int:
        """Open time of the newest bar, UNIX ns; 0 when there is none."""
        return self.rows[-1].ts_open if self.rows else 0

    def forget(self) -> None:
        """Begin anew: market time has jumped."""
        self._replace([])
        self.is_loaded = False

    def follow(self, newest: Sequence[BarRow], window: Callable[[], list[BarRow]]) -> Change:
        """Take what has closed since the last look.

        Args:
            newest: The two newest bars of the window; they suffice nearly always.
            window: Returns all of them, oldest first.
        """
        if self.is_loaded and self.rows and newest:
            if newest[-1] == self.rows[-1]:
                return "same"
            if newest[0] == self.rows[-1]:
                self._append(newest[1:])
                return "grown"
        return self.compare(window())

    def compare(self, window: list[BarRow]) -> Change:
        """Take the whole window: go on when it holds the bars that were seen, else compute all anew."""
        before, self.is_loaded = self.rows, True
        seen = before[self.find(window[0].ts_open) :] if window else []
        if before and (not seen or seen != window[: len(seen)]):
            self._replace(window)
            return "replaced"
        new = window[len(seen) :]
        if len(new) > _AT_ONCE:
            self._replace(window)
        else:
            self._append(new)
        return "grown" if new else "same"

    def warm(self) -> Iterator[None]:
        """Hand every bar to the indicators that wait, a few at each step; those who come meanwhile wait on."""
        age = self.age
        waiting = [one for one in self.running.values() if not one.is_ready]
        for one in waiting:
            one.restart()
        done = 0
        while done < len(self.rows):
            bars = self.bars(done, done + STEP)
            yield
            for one in waiting:
                if self.age != age:
                    return
                one.feed(bars)
                yield
            done += len(bars)
        if self.age == age:
            for one in waiting:
                one.is_ready = True

    def give_up(self, reason: str) -> None:
        """Have no values of the indicators that wait; `reason` says why."""
        for one in self.running.values():
            if not one.is_ready:
                one.give_up(reason, len(self.rows))

    def bars(self, begin: int, end: int) -> list[Any]:
        """Return engine bars of the rows with begin <= index < end."""
        return [self.make_bar(row) for row in self.rows[begin:end]]

    def find(self, ts: int) -> int:
        """Return the index of the first bar that opens at `ts` or later."""
        return bisect_left(self.rows, ts, key=_TS_OPEN)

    def _append(self, rows: Sequence[BarRow]) -> None:
        for row in rows:
            bars = [self.make_bar(row)]
            self.rows.append(row)
            for one in self.running.values():
                if one.is_ready:
                    one.feed(bars)
        if len(self.rows) > self._size + self._slack:
            self._cut(len(self.rows) - self._size)

    def _cut(self, count: int) -> None:
        del self.rows[:count]
        self.age += 1
        for one in self.running.values():
            if one.is_ready:
                one.cut(count)

    def _replace(self, rows: list[BarRow]) -> None:
        self.rows = rows
        self.age += 1
        for one in self.running.values():
            one.is_ready = False
