"""The bars of every interval wanted, built live of the events of a feed; whole from the first one on."""

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

from msgspec.structs import replace

from actors.buffer.aggregator import BarAggregator, joined
from actors.market import INTERVALS, MINUTE_NS, BarRow, Interval, TradeRow, interval_of
from adapters.feed import Feed, FeedBar
from config.errors import UnknownInstrumentError, UnsupportedIntervalError

_MINUTE = INTERVALS["1m"]
_NEVER = 2**63
_ALL = 1_000_000


class ClosedRow(NamedTuple):
    """One bar that has closed."""

    instrument_id: str
    interval: Interval
    row: BarRow
    ts: int
    """Close time, UNIX nanoseconds."""


class InstrumentBars:
    """The bars of one instrument: short ones from trades, longer ones from minutes or from the recorded interval."""

    def __init__(self, feed: Feed, instrument_id: str) -> None:
        """Start with no interval wanted."""
        native = feed.native_interval(instrument_id)
        self.instrument_id = instrument_id
        self.next_due = _NEVER
        """Market time at which the next bar closes, UNIX nanoseconds."""
        self._feed = feed
        self._has_trades = native is None
        self._base = _MINUTE if native is None else interval_of(native)
        self._wanted: set[str] = set()
        self._aggregators: list[BarAggregator] = []
        self._whole_from: dict[str, int] = {}
        self._known = 0

    def add(self, interval: Interval) -> None:
        """Begin to build an interval; the bar in progress is made whole from the feed's past.

        Raises:
            UnsupportedIntervalError: If it is below what was recorded.
        """
        if not (self._base.divides(interval) or self._has_trades):
            raise UnsupportedIntervalError(
                f"{self.instrument_id} has bars of {self._base.name}, none of {interval.name}"
            )
        self._wanted.add(interval.name)
        if self._has_trades and interval.duration_ns > self._base.duration_ns:
            self._build(self._base)
        if self._has_trades or interval is not self._base:
            self._build(interval)

    def discard(self, interval: Interval) -> None:
        """Stop to build an interval."""
        self._wanted.discard(interval.name)
        longer = any(INTERVALS[name].duration_ns > self._base.duration_ns for name in self._wanted)
        kept = {*self._wanted, self._base.name} if longer else self._wanted
        self._aggregators = [item for item in self._aggregators if item.interval.name in kept]
        self._schedule()

    def trade(self, row: TradeRow) -> None:
        """Add a trade; whatever it makes late has been closed before (`close`)."""
        is_first = False
        for item in self._aggregators:
            if item.interval.duration_ns > MINUTE_NS:
                break
            is_first = is_first or item.open_bar is None
            item.trade(row.ts, row.price, row.size)
        if is_first:
            self._schedule()

    def bar(self, event: FeedBar) -> ClosedRow | None:
        """Add a recorded bar; return it when its own interval is wanted."""
        if event.row.ts_open < self._known:
            return None
        self._feed_longer(event.row)
        self._schedule()
        is_wanted = self._base.name in self._wanted
        return ClosedRow(self.instrument_id, self._base, event.row, event.ts) if is_wanted else None

    def close(self) -> list[ClosedRow]:
        """Close what is due at `next_due`, shortest interval first."""
        ts = self.next_due - self._delay
        found = []
        for item in self._aggregators:
            row = item.advance(ts)
            if row is None:
                continue
            if self._has_trades and item.interval is self._base:
                self._feed_longer(row)
            if item.interval.name in self._wanted:
                found.append(ClosedRow(self.instrument_id, item.interval, row, ts))
        self._schedule()
        return found

    @property
    def _delay(self) -> int:
        """Trades at a bar's close belong to the next bar, but the recorded bar of that time is still part of it."""
        return 0 if self._has_trades else 1

    def _feed_longer(self, row: BarRow) -> None:
        for item in self._aggregators:
            is_longer = item.interval.duration_ns > self._base.duration_ns
            if is_longer and row.ts_open >= self._whole_from[item.interval.name]:
                item.bar(row)

    def _schedule(self) -> None:
        closes = [item.interval.close(item.open_bar.ts_open) for item in self._aggregators if item.open_bar is not None]
        self.next_due = min(closes, default=_NEVER) + self._delay

    def _build(self, interval: Interval) -> None:
        if any(item.interval is interval for item in self._aggregators):
            return
        aggregator = BarAggregator(interval)
        self._whole_from[interval.name] = 0
        if interval.duration_ns > self._base.duration_ns:
            self._seed_from_bars(aggregator)
        else:
            self._seed_from_trades(aggregator)
        self._aggregators.append(aggregator)
        self._aggregators.sort(key=lambda item: item.interval.duration_ns)
        self._schedule()

    def _seed_from_trades(self, aggregator: BarAggregator) -> None:
        begin = aggregator.interval.floor(self._feed.position_ns)
        for trade in self._feed.minute_trades(self.instrument_id):
            if trade.ts >= begin:
                aggregator.trade(trade.ts, trade.price, trade.size)

    def _seed_from_bars(self, aggregator: BarAggregator) -> None:
        """Join what is closed of the bar in progress; a bar whose begin the source does not have is left out."""
        interval = aggregator.interval
        begin = self._begin_in_progress(interval)
        newest = self._history(self._base, None, None, 1)
        self._known = 0 if self._has_trades or not newest else self._base.close(newest[0].ts_open)
        rows = list(self._closed_parts(interval, begin))
        if self._is_whole(begin, rows):
            aggregator.seed(replace(reduce(joined, rows), ts_open=begin) if rows else None)
        else:
            self._whole_from[interval.name] = interval.close(begin)

    def _begin_in_progress(self, interval: Interval) -> int:
        """Return where the bar in progress opens; at its very close the recorded bar that ends it may be unread."""
        position = self._feed.position_ns
        begin = interval.floor(position - self._delay)
        if interval.close(begin) > position or not self._history(interval, begin, None, 1):
            return begin
        return interval.floor(position)

    def _is_whole(self, begin: int, rows: list[BarRow]) -> bool:
        if begin == self._base.floor(self._feed.position_ns - self._delay) or (rows and rows[0].ts_open == begin):
            return True
        return bool(self._history(self._base, None, begin, 1))

    def _closed_parts(self, interval: Interval, begin: int) -> Iterator[BarRow]:
        """Yield closed bars from `begin` on that together are the bar in progress: days, then hours, then the rest."""
        for part in (INTERVALS["1d"], INTERVALS["1h"], self._base):
            if self._base.divides(part) and part.divides(interval) and part is not interval:
                rows = self._history(part, begin, None, _ALL)
                yield from rows
                begin = part.close(rows[-1].ts_open) if rows else begin

    def _history(self, interval: Interval, start: int | None, end: int | None, limit: int) -> list[BarRow]:
        return self._feed.history(self.instrument_id, interval.name, start, end, limit)


class LiveBars:
    """The bars of a whole market in one order: by close time, then shortest interval first, then by instrument."""

    def __init__(self, feed: Feed) -> None:
        """Start with nothing wanted."""
        self._bars = {name: InstrumentBars(feed, name) for name in feed.instruments}
        self.next_due = _NEVER
        """Market time at which the next bar closes, UNIX nanoseconds."""

    def add(self, instrument_id: str, interval: Interval) -> None:
        """Begin to build an interval of an instrument.

        Raises:
            UnknownInstrumentError: If the feed has no such instrument.
            UnsupportedIntervalError: If it is below what was recorded.
        """
        if instrument_id not in self._bars:
            raise UnknownInstrumentError(f"unknown instrument {instrument_id[:60]!r}")
        self._bars[instrument_id].add(interval)
        self._schedule()

    def discard(self, instrument_id: str, interval: Interval) -> None:
        """Stop to build an interval of an instrument; nothing happens when it is not built."""
        if instrument_id in self._bars:
            self._bars[instrument_id].discard(interval)
            self._schedule()

    def trade(self, row: TradeRow) -> None:
        """Add a trade, after `due` was asked for its time."""
        bars = self._bars[row.instrument_id]
        bars.trade(row)
        self.next_due = min(self.next_due, bars.next_due)

    def bar(self, event: FeedBar) -> ClosedRow | None:
        """Add a recorded bar, after `due` was asked for its time; return it when its interval is wanted."""
        bars = self._bars[event.instrument_id]
        found = bars.bar(event)
        self._schedule()
        return found

    def due(self, ts: int) -> Iterator[ClosedRow]:
        """Yield the bars that market time `ts` closes: everything before it has been added."""
        while self.next_due <= ts:
            now = self.next_due
            closed = [row for bars in self._bars.values() if bars.next_due == now for row in bars.close()]
            self._schedule()
            yield from sorted(closed, key=lambda item: item.interval.duration_ns)

    def _schedule(self) -> None:
        self.next_due = min(bars.next_due for bars in self._bars.values())
