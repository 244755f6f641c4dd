"""How far a paused market goes at one word: so many closed bars, or so many events."""

from collections.abc import Sequence
from typing import Protocol

from actors.market import Interval
from adapters.feed import Feed

FAR = 2**62
"""A market time beyond all markets."""


class Steps(Protocol):
    """What a player asks while it steps."""

    @property
    def is_done(self) -> bool:
        """Whether that was all."""

    def ask(self) -> tuple[int, int | None]:
        """Return how far to read next (UNIX ns) and how many events at most, None for any number."""

    def took(self, events: int) -> None:
        """Note that so many events have been read."""


class EventSteps:
    """So many events, whatever they are."""

    def __init__(self, count: int) -> None:
        """Ask for `count` of them."""
        self._left = count

    @property
    def is_done(self) -> bool:
        """Whether that was all."""
        return self._left <= 0

    def ask(self) -> tuple[int, int | None]:
        """Ask for what is left."""
        return FAR, self._left

    def took(self, events: int) -> None:
        """Count them."""
        self._left -= events


class BarSteps:
    """So many closes of bars of one interval; times in a hole, at which no bar closes, do not count.

    A bar made of trades is closed when everything before its close has been read, a recorded one when it has been
    read itself, which is stamped with its close.
    """

    def __init__(self, feed: Feed, instrument_ids: Sequence[str], interval: Interval, count: int) -> None:
        """Stand at the feed's position.

        Args:
            feed: What is played.
            instrument_ids: Whose bars count; those that close together count as one.
            interval: Of the bars.
            count: How many closes.
        """
        self._feed = feed
        self._instrument_ids = instrument_ids
        self._interval = interval
        self._left = count
        self.closed: dict[str, int] = {}
        """Of each instrument, the open time of its newest bar that has closed on the way, UNIX nanoseconds."""
        is_recorded = any(feed.native_interval(name) is not None for name in instrument_ids)
        self._late = 1 if is_recorded else 0
        position = feed.position_ns
        is_read = feed.next_ts() != position  # after a step of events, what closed just now has been played
        self._open = interval.floor(position if is_read else position - self._late)

    @property
    def is_done(self) -> bool:
        """Whether that was all."""
        return self._left <= 0

    def ask(self) -> tuple[int, int | None]:
        """Ask for the rest of the bar in progress."""
        return self._interval.close(self._open) + self._late, None

    def took(self, events: int) -> None:  # noqa: ARG002  # what counts is how far the feed has come
        """Count a bar that has closed, and go on with the next one there is."""
        position, close = self._feed.position_ns, self._interval.close(self._open)
        if position < close + self._late:
            return
        if self._has_bar(close):
            self._left -= 1
            self._open = close
        else:
            ahead = self._feed.next_ts()
            self._open = self._interval.floor(max(position, ahead or 0) - self._late)

    def _has_bar(self, close: int) -> bool:
        name, start = self._interval.name, self._open
        found = [one for one in self._instrument_ids if self._feed.history(one, name, start, close, 1)]
        self.closed.update(dict.fromkeys(found, start))
        return bool(found)
