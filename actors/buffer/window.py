"""The last closed bars of one instrument and interval: exact, as floats for computing, as bytes for the wire."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from actors.market import BarRow, Instrument, Interval
from actors.ports import BarColumns
from actors.wire import encode_bar

Pushed = Literal["appended", "duplicate", "corrected", "late"]
_TS_OPEN = attrgetter("ts_open")
_STEP = 64
"""Bars encoded between two looks at the time."""


class BarRun:
    """Closed bars in the order of time; each is encoded at most once, when somebody first asks for its bytes."""

    def __init__(self, instrument: Instrument, rows: Iterable[BarRow] = (), *, has_older: bool = True) -> None:
        """Take over `rows`, oldest first; `has_older`: the source has bars before the first one."""
        self.rows: list[BarRow] = list(rows)
        self.has_older = has_older
        self._precisions = instrument.price_precision, instrument.size_precision
        self._encoded: list[bytes | None] = []

    @property
    def first(self) -> int:
        """Index of the oldest bar."""
        return 0

    def find(self, ts: int) -> int:
        """Return the index of the first bar that opens at `ts` or later."""
        return max(self.first, bisect_left(self.rows, ts, key=_TS_OPEN))

    def opens(self, begin: int, end: int) -> list[int]:
        """Return the open times of the bars with begin <= index < end."""
        return list(map(_TS_OPEN, self.rows[begin:end]))

    def encoded(self, begin: int, end: int) -> list[bytes]:
        """Return the wire bytes of the bars with begin <= index < end."""
        known = self._encoded
        known.extend([None] * (end - len(known)))
        if all(part := known[begin:end]):
            return cast("list[bytes]", part)  # asked before, as nearly always: ten times as fast as one by one
        return [known[i] or self._encode(i) for i in range(begin, end)]

    def encoding(self) -> Iterator[None]:
        """Encode all bars, a few at each step; bars may come and go in between."""
        for begin in range(self.first, len(self.rows), _STEP):
            self.encoded(begin, min(begin + _STEP, len(self.rows)))
            yield

    def _encode(self, index: int) -> bytes:
        data = encode_bar(self.rows[index], *self._precisions, closed=True)
        self._encoded[index] = data
        return data


class BarWindow(BarRun):
    """A ring of the last `size` closed bars of one instrument and interval.

    It grows a little beyond `size` and is then cut in one go, so that rows, bytes and columns stay contiguous: a
    column is a view, never a copy. Appending costs next to nothing; floats and bytes are made when asked for.
    """

    def __init__(self, instrument: Instrument, interval: Interval, size: int) -> None:
        """Start empty; `size` is the number of bars kept."""
        super().__init__(instrument)
        self.interval = interval
        self.size = size
        self._slack = max(16, size // 32)
        self._columns: _Columns | None = None

    @property
    def first(self) -> int:
        """Index of the oldest bar of the window; the rows before it are on their way out."""
        return max(0, len(self.rows) - self.size)

    def __len__(self) -> int:
        return min(len(self.rows), self.size)

    @property
    def is_complete(self) -> bool:
        """Whether the window holds all it can hold, or all the source has."""
        return len(self.rows) >= self.size or not self.has_older

    @property
    def first_open(self) -> int | None:
        """Open time of the oldest bar, UNIX nanoseconds; None when empty."""
        return self.rows[self.first].ts_open if self.rows else None

    @property
    def next_open(self) -> int | None:
        """Close time of the newest bar, where the next one may open; None when empty."""
        return self.interval.close(self.rows[-1].ts_open) if self.rows else None

    def push(self, row: BarRow) -> Pushed:
        """Take a closed bar: append a newer one, replace one of the same open time, drop an older unknown one."""
        rows = self.rows
        if not rows or row.ts_open > rows[-1].ts_open:
            rows.append(row)
            if len(rows) > self.size + self._slack:
                self._cut(len(rows) - self.size)
            return "appended"
        index = self.find(row.ts_open)
        if rows[index].ts_open != row.ts_open:
            return "late"
        if rows[index] == row:
            return "duplicate"
        self._replace(index, row)
        return "corrected"

    def mend(self, row: BarRow) -> bool:
        """Put a bar of the past in its place, or correct it; False when that changes nothing, or it is too old."""
        index = self.find(row.ts_open)
        if index < len(self.rows) and self.rows[index].ts_open == row.ts_open:
            if self.rows[index] == row:
                return False
            self._replace(index, row)
            return True
        if index <= self.first:
            return False
        self.rows.insert(index, row)
        if index < len(self._encoded):
            self._encoded.insert(index, None)
        if self._columns is not None:
            self._columns.forget(index)
        if len(self.rows) > self.size + self._slack:
            self._cut(len(self.rows) - self.size)
        return True

    def drop(self, begin: int, end: int) -> list[BarRow]:
        """Take the bars with begin <= open < end (UNIX ns) out of the window and return them."""
        first, after = self.find(begin), self.find(end)
        dropped = self.rows[first:after]
        del self.rows[first:after]
        del self._encoded[first:after]
        if self._columns is not None:
            self._columns.forget(first)
        return dropped

    def newest(self, count: int) -> tuple[int, int]:
        """Return begin and end index of up to `count` newest bars."""
        end = len(self.rows)
        return max(self.first, end - count), end

    def columns(self, count: int) -> BarColumns:
        """Return up to `count` newest bars as read-only views, good until the next bar comes."""
        if self._columns is None:
            self._columns = _Columns(self.size + self._slack + 1, *self._precisions)
        self._columns.extend(self.rows)
        return self._columns.view(*self.newest(count))

    def _cut(self, count: int) -> None:
        del self.rows[:count]
        del self._encoded[:count]
        self.has_older = True
        if self._columns is not None:
            self._columns.cut(count)

    def _replace(self, index: int, row: BarRow) -> None:
        self.rows[index] = row
        if index < len(self._encoded):
            self._encoded[index] = None
        if self._columns is not None:
            self._columns.put(index, row)


class _Columns:
    """The floats of a window, filled when read: a backtest that reads none pays for none."""

    def __init__(self, capacity: int, price_precision: int, size_precision: int) -> None:
        self._price = 10**price_precision
        self._size = 10**size_precision
        self._ts = np.empty(capacity, np.int64)
        self._values = tuple(np.empty(capacity, np.float64) for _ in range(5))
        self._frozen_ts = _frozen(self._ts)
        self._frozen = tuple(_frozen(column) for column in self._values)
        self._filled = 0

    def extend(self, rows: list[BarRow]) -> None:
        for index in range(self._filled, len(rows)):
            self._fill(index, rows[index])
        self._filled = len(rows)

    def put(self, index: int, row: BarRow) -> None:
        if index < self._filled:
            self._fill(index, row)

    def forget(self, index: int) -> None:
        self._filled = min(self._filled, index)

    def cut(self, count: int) -> None:
        kept = max(0, self._filled - count)
        for column in (self._ts, *self._values):
            column[:kept] = column[self._filled - kept : self._filled]
        self._filled = kept

    def view(self, begin: int, end: int) -> BarColumns:
        opens, highs, lows, closes, volumes = (column[begin:end] for column in self._frozen)
        return BarColumns(self._frozen_ts[begin:end], opens, highs, lows, closes, volumes)

    def _fill(self, index: int, row: BarRow) -> None:
        # int / int is rounded correctly, so a float never depends on how a bar came in
        price, (opens, highs, lows, closes, volumes) = self._price, self._values
        self._ts[index] = row.ts_open
        opens[index] = row.open / price
        highs[index] = row.high / price
        lows[index] = row.low / price
        closes[index] = row.close / price
        volumes[index] = row.volume / self._size


def _frozen[T: (np.int64, np.float64)](column: NDArray[T]) -> NDArray[T]:
    view = column.view()
    view.flags.writeable = False
    return view
