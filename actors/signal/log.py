"""The kept signals: what REST, snapshots and later training read. Lives as long as the process."""

from bisect import bisect_left
from collections.abc import Iterable

from actors.messages import Signal


class SignalLog:
    """Signals per instrument and interval in the order of their bars, one per bar; implements `ports.Signals`."""

    def __init__(self, capacity: int = 1_500) -> None:
        """Keep up to `capacity` signals of each stream."""
        self._capacity = capacity
        self._streams: dict[tuple[str, str], _Stream] = {}

    def append(self, signal: Signal) -> bool:
        """Keep a signal; False when there is one of this bar already, which stays: it was said first."""
        key = (signal.instrument_id, signal.interval)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = _Stream(self._capacity)
        return stream.add(signal)

    def extend(self, signals: Iterable[Signal]) -> int:
        """Keep those whose bar has no signal yet; return how many they were."""
        return sum(self.append(signal) for signal in signals)

    def clear(self) -> None:
        """Forget all: market time has jumped."""
        self._streams.clear()

    def recent(self, instrument_id: str | None, interval: str | None, count: int) -> list[Signal]:
        """Return up to `count` newest signals, oldest first; None means all instruments or intervals."""
        found = [signal for stream in self._chosen(instrument_id, interval) for signal in stream.newest(count)]
        found.sort(key=_order)
        return found[max(0, len(found) - count) :]

    def page(
        self, instrument_id: str | None, interval: str | None, *, start: int | None, end: int | None, limit: int
    ) -> tuple[list[Signal], bool]:
        """Return signals with start <= bar open < end (UNIX ns), newest first, and whether there are older ones."""
        found: list[Signal] = []
        for stream in self._chosen(instrument_id, interval):
            found += stream.between(start, end, limit + 1)
        found.sort(key=_order, reverse=True)
        return found[:limit], len(found) > limit

    def _chosen(self, instrument_id: str | None, interval: str | None) -> list["_Stream"]:
        return [
            stream
            for key, stream in self._streams.items()
            if instrument_id in {None, key[0]} and interval in {None, key[1]}
        ]


class _Stream:
    """One instrument and interval: signals ascending by bar, with their bars' open times for searching."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._opens: list[int] = []
        self._signals: list[Signal] = []

    def add(self, signal: Signal) -> bool:
        opens = self._opens
        if not opens or signal.ts_bar > opens[-1]:
            opens.append(signal.ts_bar)
            self._signals.append(signal)
        else:
            at = bisect_left(opens, signal.ts_bar)
            if opens[at] == signal.ts_bar:
                return False
            opens.insert(at, signal.ts_bar)
            self._signals.insert(at, signal)
        if len(opens) > self._capacity:
            del opens[0], self._signals[0]
        return True

    def newest(self, count: int) -> list[Signal]:
        return self._signals[max(0, len(self._signals) - count) :]

    def between(self, start: int | None, end: int | None, count: int) -> list[Signal]:
        first = 0 if start is None else bisect_left(self._opens, start)
        last = len(self._opens) if end is None else bisect_left(self._opens, end)
        return self._signals[max(first, last - count) : last]


def _order(signal: Signal) -> tuple[int, str, str]:
    return signal.ts_bar, signal.instrument_id, signal.interval
