"""The kept signals: what REST, snapshots and later training read. Lives as long as the process."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable

from actors.messages import Signal


class SignalLog:
    """Signals per instrument and interval in the order of their bars, one per bar; implements `ports.Signals`."""

    def __init__(self, capacity: int = 1_500) -> None:
        """Keep up to `capacity` signals of each stream."""
        self.awaited: set[str] = set()
        """Bar types whose first signals of history are being computed."""
        self._capacity = capacity
        self._streams: dict[str, deque[Signal]] = {}
        self._live: dict[str, Signal] = {}

    def append(self, signal: Signal) -> bool:
        """Keep a signal; False when there is one of this bar already, which stays: it was said first."""
        if not signal.backfilled:
            newest = self._live.get(signal.instrument_id)
            if newest is None or signal.ts_event > newest.ts_event:
                self._live[signal.instrument_id] = signal
        kept = self._streams.get(signal.bar_type)
        if kept is None:
            kept = self._streams[signal.bar_type] = deque(maxlen=self._capacity)
        if not kept or signal.ts_bar > kept[-1].ts_bar:
            kept.append(signal)
            return True
        return self._insert(kept, signal)

    def extend(self, signals: Iterable[Signal]) -> int:
        """Keep those whose bar has no signal yet; return how many they were."""
        return sum([self.append(signal) for signal in signals])

    def clear(self) -> None:
        """Forget all: market time has jumped back."""
        self._live.clear()
        self._streams.clear()

    def newest(self, instrument_id: str) -> Signal | None:
        """Return the newest signal of an instrument, at any interval, that was made as its bar closed.

        Of bars that close together it is the one whose signal was made first.
        """
        return self._live.get(instrument_id)

    def recent(self, instrument_id: str | None, interval: str | None, count: int) -> list[Signal]:
        """Return up to `count` newest signals, oldest first; None means all instruments or intervals."""
        found, _ = self.page(instrument_id, interval, start=None, end=None, limit=count)
        return found[::-1]

    def page(
        self, instrument_id: str | None, interval: str | None, *, start: int | None, end: int | None, limit: int
    ) -> tuple[list[Signal], bool]:
        """Return signals with start <= bar open < end (UNIX ns), newest first, and whether there are older ones."""
        found: list[Signal] = []
        for kept in self._streams.values():
            if instrument_id in {None, kept[0].instrument_id} and interval in {None, kept[0].interval}:
                found += _between(kept, start, end, limit + 1)
        found.sort(key=_order, reverse=True)
        return found[:limit], len(found) > limit

    def _insert(self, kept: deque[Signal], signal: Signal) -> bool:
        at = bisect_left(kept, signal.ts_bar, key=_bar)
        if kept[at].ts_bar == signal.ts_bar:
            return False
        if len(kept) < self._capacity:
            kept.insert(at, signal)
        elif at > 0:
            kept.popleft()
            kept.insert(at - 1, signal)
        return True


def _between(kept: deque[Signal], start: int | None, end: int | None, count: int) -> list[Signal]:
    first = 0 if start is None else bisect_left(kept, start, key=_bar)
    last = len(kept) if end is None else bisect_left(kept, end, key=_bar)
    return [kept[i] for i in range(max(first, last - count), last)]


def _bar(signal: Signal) -> int:
    return signal.ts_bar


def _order(signal: Signal) -> tuple[int, str, str]:
    return signal.ts_bar, signal.instrument_id, signal.interval
