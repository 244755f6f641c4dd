"""Recorded instruments on one clock, as a Feed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self, override

import numpy as np
from msgspec import Struct

from actors.market import INTERVALS, BarRow, BookRow, Instrument, QuoteRow, TradeRow, interval_of, utc_text
from actors.ports import TickKind
from adapters.columns import Ints
from adapters.feed import Feed, FeedEvent
from adapters.replay.book import BookSteps
from adapters.replay.merge import Merge, Track
from adapters.replay.past import closed_bars
from adapters.replay.reader import read_recording
from adapters.replay.recording import Recording
from config.errors import ConfigError, UnknownInstrumentError, UnsupportedIntervalError
from config.recorded import ReplaySection

_MINUTE = INTERVALS["1m"]
_TRADES_A_PART = 500


class _RowTrack(Struct, frozen=True):
    """The bars or trades of a recording."""

    recording: Recording

    @property
    def instrument(self) -> Instrument:
        return self.recording.instrument

    @property
    def times(self) -> Ints:
        return self.recording.times[self.recording.bars_before :]

    def events(self, start: int, stop: int) -> Sequence[FeedEvent]:
        first = self.recording.bars_before
        return self.recording.events(start + first, stop + first)


class ReplayFeed(Feed):
    """Plays recordings in the order of time, beginning where each has `warmup_bars` rows of history.

    Market time ends with the last event: what is open then stays open. At one instant bars come first, for a bar
    holds only what was before its close; then the order of the configuration decides, of one instrument trades, steps
    of the book, quotes. History shows rows that have been read, and nothing else; a longer bar that began before the
    file did is left out.
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
        tracks = _tracks(recordings)
        self._rows = {
            track.instrument.instrument_id: n for n, track in enumerate(tracks) if isinstance(track, _RowTrack)
        }
        self._books = {
            track.instrument.instrument_id: n for n, track in enumerate(tracks) if isinstance(track, BookSteps)
        }
        self._merge = Merge(tracks)
        self._position = 0
        self.start_ns = _start(recordings, warmup_bars)
        """Where playing begins, UNIX nanoseconds."""
        self.end_ns = max(int(track.times[-1]) for track in tracks)
        """Time of the last event, UNIX nanoseconds."""
        for rank in self._books.values():
            self._merge.want(rank, 0, is_wanted=False)
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
        """How many events of all recordings are behind."""
        return self._merge.read_count

    @property
    def rows_total(self) -> int:
        """How many events there are before and behind."""
        return self._merge.count

    @override
    def native_interval(self, instrument_id: str) -> str | None:
        interval = self._recording(instrument_id).interval
        return None if interval is None else interval.name

    @override
    def kinds(self, instrument_id: str) -> frozenset[TickKind]:
        recording = self._recording(instrument_id)
        has: dict[TickKind, bool] = {
            "trades": recording.interval is None,
            "quotes": recording.quotes is not None,
            "book": recording.book is not None,
        }
        return frozenset(kind for kind, is_there in has.items() if is_there)

    @override
    def want_book(self, instrument_id: str, *, is_wanted: bool) -> None:
        rank = self._books.get(instrument_id)
        if rank is not None:
            self._merge.want(rank, self._position, is_wanted=is_wanted)

    @override
    def book(self, instrument_id: str) -> BookRow | None:
        recording, rank = self._recording(instrument_id), self._books.get(instrument_id)
        if recording.book is None or rank is None:
            return None
        if self._merge.is_wanted(rank):
            count = self._merge.cursor(rank)
        else:
            count = int(np.searchsorted(recording.book.times, self._position))
        return recording.book.after(count, self._position)

    @override
    def quote(self, instrument_id: str) -> QuoteRow | None:
        quotes = self._recording(instrument_id).quotes
        return None if quotes is None else quotes.newest(self._position)

    @override
    def trades(self, instrument_id: str, limit: int) -> Sequence[TradeRow]:
        recording = self._recording(instrument_id)
        if recording.interval is not None:
            return ()
        cursor = self._cursor(recording)
        return recording.trades(max(0, cursor - limit), cursor)

    @override
    def trades_back(self, instrument_id: str, before_ns: int) -> Iterator[Sequence[TradeRow]]:
        recording = self._recording(instrument_id)
        if recording.interval is None:
            stop = min(self._cursor(recording), int(np.searchsorted(recording.rows.ts, before_ns)))
            for end in range(stop, recording.bars_before, -_TRADES_A_PART):
                yield recording.trades(end - _TRADES_A_PART, end)

    @override
    def next_ts(self) -> int | None:
        ahead = self._merge.next_ts()
        if ahead is None and self._books and self._position <= self.end_ns:
            return self.end_ns  # of a book that nobody wants: market time ends with it all the same
        return ahead

    @override
    def read(self, until_ns: int, limit: int) -> Sequence[FeedEvent]:
        events = self._merge.read(until_ns, limit)
        reached = events[-1].ts if len(events) >= limit > 0 else min(until_ns, self.end_ns + 1)
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
        return closed_bars(
            recording,
            wanted,
            (start_ns, end_ns, limit),
            cursor=self._cursor(recording),
            now_ns=self._position,
        )

    def seek(self, ts: int) -> None:
        """Stand where everything before `ts` (UNIX nanoseconds) has been read and nothing else."""
        self._merge.seek(ts)
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
        """Return how many rows of a recording have been read, those before the first trade among them."""
        return recording.bars_before + self._merge.cursor(self._rows[recording.instrument.instrument_id])


def _tracks(recordings: Sequence[Recording]) -> list[Track]:
    """Return all there is to play, in the order that decides at one instant."""
    tracks: list[Track] = [_RowTrack(item) for item in recordings if item.interval is not None]
    for item in recordings:
        if item.interval is None:
            tracks.append(_RowTrack(item))
        tracks += [track for track in (item.book, item.quotes) if track is not None]
    return tracks


def _start(recordings: Sequence[Recording], warmup_bars: int) -> int:
    """Return the earliest time at which every recording has `warmup_bars` rows behind it."""
    starts = []
    for item in recordings:
        rows = max(warmup_bars, item.bars_before)
        if rows >= len(item.times):
            raise ConfigError(
                f"replay.warmup_bars: {item.file} has {len(item.times)} rows, so expected less, was {warmup_bars}"
            )
        if item.interval is None:  # at a whole minute, so that the first bars are whole
            starts.append(_MINUTE.floor(int(item.times[rows])))
        else:
            starts.append(int(item.times[warmup_bars - 1]) + 1 if warmup_bars else int(item.rows.ts[0]))
    start = max(starts)
    late = next((item for item in recordings if int(item.times[-1]) < start), None)
    if late is not None:
        raise ConfigError(
            f"replay.instruments: {late.file} ends before the warm-up of the others, at {utc_text(start)}"
        )
    return start
