"""Recorded instruments on one clock, as a Feed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self, override

import numpy as np

from actors.market import INTERVALS, BarRow, BookRow, Instrument, Interval, QuoteRow, TradeRow, interval_of, utc_text
from actors.ports import TickKind
from adapters.feed import Feed, FeedEvent
from adapters.replay.reader import read_recording
from adapters.replay.recording import Ints, Recording, Rows, closes
from config.errors import ConfigError, UnknownInstrumentError, UnsupportedIntervalError
from config.schema import ReplaySection

_MINUTE = INTERVALS["1m"]
_AHEAD = 256
"""Events made at once, however few are read."""


class ReplayFeed(Feed):
    """Plays recordings in the order of time, beginning where each has `warmup_bars` rows of history.

    Market time ends with the last event: what is open then stays open. At one instant bars come before trades, for a
    bar holds only what was before its close; then the order of the configuration decides. History shows rows that
    have been read, and nothing else; a longer bar that began before the file did is left out.
    """

    def __init__(self, recordings: Sequence[Recording], *, warmup_bars: int) -> None:
        """Stand at the first row after the warm-up.

        Args:
            recordings: One per instrument.
            warmup_bars: Rows that are history already; of several instruments the last to have so many decides.

        Raises:
            ConfigError: If a recording has no row left to play.
        """
        self._recordings = {recording.instrument.instrument_id: recording for recording in recordings}
        self._list = list(self._recordings.values())
        self._rank, self._times = _merged(self._list)
        self._next = 0
        self._position = 0
        self._counted, self._cursors = 0, [0] * len(self._list)
        self._made_from = 0
        self._made: list[FeedEvent] = []
        self.start_ns = _start(self._list, warmup_bars)
        """Where playing begins, UNIX nanoseconds."""
        self.rewind()

    @classmethod
    def from_config(cls, config: ReplaySection, base_dir: Path) -> Self:
        """Read every recording that the configuration names.

        Raises:
            MarketDataError: If a file cannot be trusted; the message names file, row and reason.
            ConfigError: If the configuration contradicts itself or its files.
        """
        recordings = [read_recording(name, spec, base_dir) for name, spec in config.instruments.items()]
        return cls(recordings, warmup_bars=config.warmup_bars)

    @property
    def recordings(self) -> Mapping[str, Recording]:
        """Every recording by instrument id."""
        return self._recordings

    @property
    @override
    def instruments(self) -> Mapping[str, Instrument]:
        return {name: recording.instrument for name, recording in self._recordings.items()}

    @property
    @override
    def position_ns(self) -> int:
        return self._position

    @property
    def rows_read(self) -> int:
        """How many rows of all recordings are behind."""
        return self._next

    @property
    def end_ns(self) -> int:
        """Time of the last event, UNIX nanoseconds."""
        return int(self._times[-1])

    @override
    def native_interval(self, instrument_id: str) -> str | None:
        interval = self._recording(instrument_id).interval
        return None if interval is None else interval.name

    @override
    def kinds(self, instrument_id: str) -> frozenset[TickKind]:
        return frozenset({"trades"} if self._recording(instrument_id).interval is None else ())

    @override
    def want_book(self, instrument_id: str, *, is_wanted: bool) -> None:
        pass

    @override
    def book(self, instrument_id: str) -> BookRow | None:
        return None

    @override
    def quote(self, instrument_id: str) -> QuoteRow | None:
        return None

    @override
    def trades(self, instrument_id: str, limit: int) -> Sequence[TradeRow]:
        recording = self._recording(instrument_id)
        if recording.interval is not None:
            return ()
        cursor = self._cursor(recording)
        return recording.trades(max(0, cursor - limit), cursor)

    @override
    def next_ts(self) -> int | None:
        return int(self._times[self._next]) if self._next < len(self._times) else None

    @override
    def read(self, until_ns: int, limit: int) -> Sequence[FeedEvent]:
        until = int(np.searchsorted(self._times, until_ns))
        stop = max(self._next, min(until, self._next + limit))
        events = self._events(self._next, stop)
        reached = int(self._times[stop - 1]) if len(events) >= limit > 0 else min(until_ns, self.end_ns + 1)
        self._position = max(self._position, reached)
        return events

    @override
    def minute_trades(self, instrument_id: str) -> Sequence[TradeRow]:
        recording = self._recording(instrument_id)
        if recording.interval is not None:
            return ()
        cursor = self._cursor(recording)
        start = int(np.searchsorted(recording.times, _MINUTE.floor(self._position)))
        return recording.trades(min(start, cursor), cursor)

    @override
    def history(
        self, instrument_id: str, interval: str, start_ns: int | None, end_ns: int | None, limit: int
    ) -> list[BarRow]:
        """Return what `Feed.history` says, of bars that the rows already read have completed.

        Raises:
            UnknownInstrumentError: If there is no such recording.
            UnsupportedIntervalError: If the interval is below the file's.
        """
        recording, wanted = self._recording(instrument_id), interval_of(interval)
        if not recording.can_give(wanted):
            own = recording.interval.name if recording.interval else ""
            raise UnsupportedIntervalError(f"{instrument_id} was recorded in bars of {own}, it has none of {interval}")
        is_oldest = end_ns is None and start_ns is not None
        first, after = int(recording.rows.ts[0]), self._position
        begin = max(first, start_ns or 0)
        end = after if end_ns is None else max(begin, min(after, end_ns))
        span = min(limit * wanted.duration_ns, end - begin)
        while True:  # rows of as many bars as are asked for, more when there are holes in them
            low, high = (begin, begin + span) if is_oldest else (end - span, end)
            bars = self._bars(recording, wanted, low, high)
            start = 0 if start_ns is None else int(np.searchsorted(bars.ts, start_ns))
            stop = len(bars) if end_ns is None else int(np.searchsorted(bars.ts, end_ns))
            if stop - start >= limit or span >= end - begin:
                return _limited(bars, start, stop, limit, is_oldest=is_oldest)
            span = min(4 * span + wanted.duration_ns, end - begin)

    def _bars(self, recording: Recording, wanted: Interval, low: int, high: int) -> Rows:
        """Return the closed bars that hold a time from `low` to `high`, in the order of time."""
        cursor, ts = self._cursor(recording), recording.rows.ts
        first = int(np.searchsorted(ts, wanted.floor(low)))
        stop = min(cursor, int(np.searchsorted(ts, wanted.close(wanted.floor(high)))))
        rows = recording.rows.part(first, max(first, stop))
        bars = rows if recording.interval is wanted else rows.joined(wanted)
        if first == 0 and recording.begins_within(wanted):
            bars = bars.part(1, len(bars))
        return bars.part(0, self._known(recording, cursor, closes(bars.ts, wanted)))

    def seek(self, ts: int) -> None:
        """Stand where everything before `ts` (UNIX nanoseconds) has been read and nothing else."""
        self._next = int(np.searchsorted(self._times, ts))
        self._counted, self._cursors = 0, [0] * len(self._list)
        self._made_from, self._made = 0, []
        self._position = ts

    def rewind(self) -> None:
        """Stand at the first row after the warm-up again."""
        self.seek(self.start_ns)

    def _recording(self, instrument_id: str) -> Recording:
        recording = self._recordings.get(instrument_id)
        if recording is None:
            raise UnknownInstrumentError(f"unknown instrument {instrument_id[:60]!r}")
        return recording

    def _cursor(self, recording: Recording) -> int:
        """Return how many rows of a recording have been read; counted when somebody asks, not row by row."""
        if self._counted < self._next:
            read = np.bincount(self._rank[self._counted : self._next], minlength=len(self._list))
            self._cursors = [before + count for before, count in zip(self._cursors, read.tolist(), strict=True)]
            self._counted = self._next
        return self._cursors[self._list.index(recording)]

    def _events(self, start: int, stop: int) -> list[FeedEvent]:
        """Return the merged events start <= index < stop, `start` being the next one, and move on."""
        first = start - self._made_from
        if not 0 <= first <= first + stop - start <= len(self._made):
            first, self._made_from = 0, start
            self._made = self._make(start, max(stop, min(start + _AHEAD, len(self._times))))
        self._next = stop
        return self._made[first : first + stop - start]

    def _make(self, start: int, stop: int) -> list[FeedEvent]:
        parts = []
        ranks = self._rank[start:stop]
        for item, count in zip(self._list, np.bincount(ranks, minlength=len(self._list)).tolist(), strict=True):
            cursor = self._cursor(item)
            parts.append(iter(item.events(cursor, cursor + count)))
        return [next(parts[rank]) for rank in ranks.tolist()]

    def _known(self, recording: Recording, cursor: int, bar_closes: Ints) -> int:
        """Return how many bars with these close times are complete: time is there and no row of theirs is unread."""
        reached = int(np.searchsorted(bar_closes, self._position, side="right"))
        if recording.interval is None or cursor == len(recording.times):
            return reached
        return min(reached, int(np.searchsorted(bar_closes, recording.times[cursor])))


def _merged(recordings: Sequence[Recording]) -> tuple[Ints, Ints]:
    """Return which recording each event is of, and its time, both in the order of playing, shape (n,)."""
    ranks = np.concatenate([np.full(len(item.times), rank) for rank, item in enumerate(recordings)])
    times = np.concatenate([item.times for item in recordings])
    is_trade = np.array([item.interval is None for item in recordings])[ranks]
    order = np.lexsort((ranks, is_trade, times))
    return ranks[order], times[order]


def _start(recordings: Sequence[Recording], warmup_bars: int) -> int:
    """Return the earliest time at which every recording has `warmup_bars` rows behind it."""
    starts = []
    for item in recordings:
        if warmup_bars >= len(item.times):
            raise ConfigError(
                f"replay.warmup_bars: {item.file} has {len(item.times)} rows, so expected less, was {warmup_bars}"
            )
        if item.interval is None:  # at a whole minute, so that the first bars are whole
            starts.append(_MINUTE.floor(int(item.times[warmup_bars])))
        else:
            starts.append(int(item.times[warmup_bars - 1]) + 1 if warmup_bars else int(item.rows.ts[0]))
    start = max(starts)
    late = next((item for item in recordings if int(item.times[-1]) < start), None)
    if late is not None:
        raise ConfigError(
            f"replay.instruments: {late.file} ends before the warm-up of the others, at {utc_text(start)}"
        )
    return start


def _limited(bars: Rows, start: int, stop: int, limit: int, *, is_oldest: bool) -> list[BarRow]:
    if is_oldest:
        stop = min(stop, start + limit)
    else:
        start = max(start, stop - limit)
    return bars.part(start, stop).bar_rows() if start < stop else []
