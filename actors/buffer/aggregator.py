"""Trades or shorter bars -> bars of one interval. The same class builds the data clients' bars and the buffer's."""

from collections.abc import Callable

from actors.market import INTERVALS, BarRow, Interval

SECOND = INTERVALS["1s"]
_NEVER = 2**63


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


class TradeBars:
    """Bars of one interval from trades. The bar under way when listening began is not whole.

    From the next full second on, the part missed is history: `ask` is called with (self, open of the bar, end of the
    missed part) and `complete` takes the answer.
    """

    def __init__(self, interval: Interval, ask: Callable[["TradeBars", int, int], None]) -> None:
        """Start with nothing heard."""
        self.interval = interval
        self.whole_from = _NEVER
        """Bars that open here or later are whole."""
        self._aggregator = BarAggregator(interval)
        self._ask = ask
        self._turn = 0
        self._first_close = 0

    @property
    def open_bar(self) -> BarRow | None:
        """The bar not yet closed; None when nothing has traded in it."""
        return self._aggregator.open_bar

    def is_whole(self, row: BarRow) -> bool:
        """Return whether every trade of the bar is in it."""
        return row.ts_open >= self.whole_from

    def trade(self, ts: int, price: int, size: int) -> BarRow | None:
        """Add a trade (UNIX ns, exact units); return the bar that it closed by being later, if any."""
        if ts >= self._turn:
            self._begin(ts)
        return self._aggregator.trade(ts, price, size)

    def advance(self, ts: int) -> BarRow | None:
        """Return the open bar when market time `ts` has reached its close; it is closed then."""
        return self._aggregator.advance(ts)

    def has_missed(self, ts: int) -> bool:
        """Return whether the bar in which listening began has ended by `ts` unheard; said once."""
        if self.whole_from != _NEVER:
            return False
        if self._first_close == 0:
            self._first_close = self.interval.close(self.interval.floor(ts))
        if ts < self._first_close:
            return False
        self.whole_from, self._turn = self._first_close, _NEVER
        return True

    def complete(self, missed: list[BarRow]) -> None:
        """Put shorter bars before what the open bar holds, unless it has closed meanwhile."""
        whole = BarAggregator(self.interval)
        for row in missed:
            whole.bar(row)
        before, after = whole.open_bar, self._aggregator.open_bar
        if before is not None and after is not None and before.ts_open == after.ts_open:
            self._aggregator.seed(joined(before, after))
            self.whole_from = before.ts_open

    def _begin(self, ts: int) -> None:
        interval = self.interval
        if self.whole_from == _NEVER:
            self.whole_from = interval.close(interval.floor(ts))
            self._turn = SECOND.close(SECOND.floor(ts))
            return
        self._turn = _NEVER
        if ts < self.whole_from:
            self._aggregator.seed(None)
            self._ask(self, interval.floor(ts), SECOND.floor(ts))


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
