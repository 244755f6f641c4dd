"""One recorded instrument in memory: exact columns, and bars of any longer interval made from them."""

from collections.abc import Sequence

from msgspec import Struct

from actors.market import INTERVALS, BarRow, Instrument, Interval, Side, TradeRow
from adapters.columns import Ints, joined
from adapters.feed import FeedBar, FeedEvent
from adapters.replay.book import BookSteps
from adapters.replay.quotes import Quotes


class Rows(Struct, frozen=True):
    """Bars, or trades as bars of one price each, as columns of shape (n,), oldest first, in exact units."""

    ts: Ints
    """Open time of a bar, time of a trade; UNIX nanoseconds."""
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    """Base units."""

    def __len__(self) -> int:
        return len(self.ts)

    def part(self, start: int, stop: int) -> "Rows":
        """Return the rows start <= index < stop, as views."""
        columns = (self.ts, self.open, self.high, self.low, self.close, self.volume)
        return Rows(*(column[start:stop] for column in columns))

    def bar_rows(self) -> list[BarRow]:
        """Return them as bar rows."""
        columns = (self.ts, self.open, self.high, self.low, self.close, self.volume)
        return list(map(BarRow, *(column.tolist() for column in columns)))

    def joined(self, interval: Interval) -> "Rows":
        """Return the bars of a longer interval that these rows fill, exactly as `BarAggregator` builds them."""
        if not len(self):
            return self
        return Rows(*joined(self.ts, (self.open, self.high, self.low, self.close, self.volume), interval))


class Recording(Struct, frozen=True, kw_only=True):
    """A file that has been read and found good."""

    instrument: Instrument
    file: str
    """As the configuration names it."""
    sha256: str
    """Of the file's bytes."""
    interval: Interval | None
    """Of recorded bars; None for trades, also when bars of 1 m are the history before them."""
    rows: Rows
    times: Ints
    """When each row is known, ascending: close time of a bar, time of a trade; UNIX nanoseconds."""
    sides: list[Side] | None = None
    """Of each trade, as `trade_ids`."""
    trade_ids: list[str] | None = None
    bars_before: int = 0
    """So many of the first rows are bars of 1 m, the rest trades."""
    first_number: int = 1
    """Number of the first trade in the file, its id when the file has none."""
    quotes: Quotes | None = None
    book: BookSteps | None = None

    def events(self, start: int, stop: int) -> Sequence[FeedEvent]:
        """Return the rows start <= index < stop as the feed's events; bars before trades are none."""
        if self.interval is None:
            return self.trades(start, stop)
        name, interval = self.instrument.instrument_id, self.interval.name
        rows, times = self.rows.part(start, stop).bar_rows(), self.times[start:stop].tolist()
        return [FeedBar(name, interval, row, ts) for row, ts in zip(rows, times, strict=True)]

    def trades(self, start: int, stop: int) -> list[TradeRow]:
        """Return the rows start <= index < stop of recorded trades; those before the first trade are none."""
        first = self.bars_before
        start, stop = max(start, first), max(stop, first)
        name, part = self.instrument.instrument_id, self.rows.part(start, stop)
        sides: list[Side] = (
            ["none"] * (stop - start) if self.sides is None else self.sides[start - first : stop - first]
        )
        numbers = range(start - first + self.first_number, stop - first + self.first_number)
        ids = map(str, numbers) if self.trade_ids is None else self.trade_ids[start - first : stop - first]
        columns = zip(part.ts.tolist(), part.close.tolist(), part.volume.tolist(), sides, ids, strict=True)
        return [TradeRow(name, ts, price, size, side, trade_id) for ts, price, size, side, trade_id in columns]

    def begins_within(self, interval: Interval) -> bool:
        """Return whether the first bar of `interval` began before the file: it would lack its begin."""
        base = INTERVALS["1m"] if self.interval is None else self.interval
        first = int(self.rows.ts[0])
        return interval.floor(first) < base.floor(first)

    def can_give(self, interval: Interval) -> bool:
        """Return whether bars of `interval` can be made from the file: not of one below the file's own."""
        return self.interval is None or self.interval.divides(interval)
