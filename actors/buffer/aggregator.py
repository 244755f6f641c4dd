"""Trades or shorter bars -> bars of one interval. The same class builds the data clients' bars and the buffer's."""

from actors.market import BarRow, Interval


class BarAggregator:
    """Builds the bars of one instrument and interval, exactly.

    A bar closes when market time reaches its close (`advance`) or when something later comes. A bar in which
    nothing traded does not exist: nothing is invented.
    """

    def __init__(self, interval: Interval) -> None:
        """Start with no open bar."""
        self.interval = interval
        self.open_bar: BarRow | None = None
        """What the bar not yet closed holds so far; None when nothing has traded in it."""
        self._close = 0

    def seed(self, row: BarRow | None) -> None:
        """Set the open bar, for example from the shorter bars that it holds already."""
        self.open_bar = row
        self._close = 0 if row is None else self.interval.close(row.ts_open)

    def trade(self, ts: int, price: int, size: int) -> BarRow | None:
        """Add a trade (UNIX ns, exact units); return the bar that it closed by being later, if any."""
        row = self.open_bar
        if row is not None and ts < self._close:
            self.open_bar = BarRow(
                row.ts_open,
                row.open,
                max(price, row.high),
                min(price, row.low),
                price,
                row.volume + size,
            )
            return None
        self._start(BarRow(self.interval.floor(ts), price, price, price, price, size))
        return row

    def bar(self, shorter: BarRow) -> BarRow | None:
        """Add a closed bar of a shorter interval; return the bar that it closed by being later, if any."""
        row = self.open_bar
        if row is not None and shorter.ts_open < self._close:
            self.open_bar = joined(row, shorter)
            return None
        ts_open = self.interval.floor(shorter.ts_open)
        self._start(BarRow(ts_open, shorter.open, shorter.high, shorter.low, shorter.close, shorter.volume))
        return row

    def advance(self, ts: int) -> BarRow | None:
        """Return the open bar when market time `ts` has reached its close; it is closed then."""
        row = self.open_bar
        if row is None or ts < self._close:
            return None
        self.open_bar = None
        return row

    def _start(self, row: BarRow) -> None:
        self.open_bar = row
        self._close = self.interval.close(row.ts_open)


def joined(first: BarRow, second: BarRow) -> BarRow:
    """Return one bar over two that follow each other; it opens where the first does."""
    return BarRow(
        first.ts_open,
        first.open,
        max(first.high, second.high),
        min(first.low, second.low),
        second.close,
        first.volume + second.volume,
    )
