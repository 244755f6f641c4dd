"""The buffer as readers see it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from actors.market import BarRow, Instrument, Interval
from config.errors import UnsupportedIntervalError


class BarsPage(Struct, frozen=True):
    """Some bars, oldest first, as the JSON bytes that REST and wire share."""

    rows: Sequence[bytes]
    """One encoded wire bar each: `{"t":…,"o":"…","h":…,"l":…,"c":…,"v":…,"closed":true}`."""
    opens: Sequence[int]
    """Open times, UNIX nanoseconds, one per row."""
    holes: Sequence[tuple[int, int]]
    """(first missing open, next present open) within the page, UNIX nanoseconds."""
    has_older: bool
    """Whether the source has closed bars before the first row."""
    is_from_memory: bool
    """True for a hit."""


class BarColumns(Struct, frozen=True):
    """Bars as NumPy columns for computing, oldest first, each of shape (n,); copies or read-only views."""

    ts_open: NDArray[np.int64]
    """UNIX nanoseconds."""
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    """Base units."""


class Bars(Protocol):
    """The buffer, as readers see it."""

    def instruments(self) -> Mapping[str, Instrument]:
        """Return every instrument of the market by id."""

    def has_trades(self, instrument_id: str) -> bool:
        """Return whether the source has trades of it (a file of bars has none)."""

    def check(self, instrument_id: str, interval: str) -> Interval:
        """Return the interval when the source can give it.

        Raises:
            UnknownInstrumentError: If no venue has the instrument.
            UnsupportedIntervalError: If there is no such interval, or it is below the file's.
        """

    def ensure(self, instrument_id: str, interval: str) -> None:
        """Begin to load a window that does not exist yet; returns at once."""

    def hold(self, instrument_id: str, interval: str, reader: str) -> None:
        """Do as `ensure`, and keep the window until `reader` releases it: others are dropped when idle."""

    def release(self, instrument_id: str, interval: str, reader: str) -> None:
        """Let go of a window that `reader` holds; nothing when it does not."""

    def is_loaded(self, instrument_id: str, interval: str) -> bool:
        """Return whether the history of a window is in place."""

    def rows(self, instrument_id: str, interval: str, count: int) -> list[BarRow]:
        """Return up to `count` newest closed bars of a loaded window as exact rows, oldest first."""

    def columns(self, instrument_id: str, interval: str, count: int) -> BarColumns:
        """Return up to `count` newest closed bars of a loaded window as float columns, oldest first."""

    def recent(self, instrument_id: str, interval: str, count: int) -> tuple[list[bytes], list[int]]:
        """Return up to `count` newest closed bars of a loaded window (encoded, open times ns), oldest first."""

    def open_bar(self, instrument_id: str, interval: str) -> bytes | None:
        """Return the encoded open bar (`closed` false), or None when no tick has come since the last close."""

    async def page(
        self, instrument_id: str, interval: str, *, start: int | None, end: int | None, limit: int
    ) -> BarsPage:
        """Read through: closed bars with start <= open < end (UNIX ns), the newest `limit` of them, oldest first.

        With `start` alone the oldest `limit` from there. From memory when the window or a cached block covers the
        range, else from the source; concurrent misses of one range ask once.

        Raises:
            VenueUnavailableError: If the source does not answer in time.
        """


def gives(bars: Bars, instrument_id: str, interval: str) -> bool:
    """Return whether the source can give an interval of an instrument.

    Raises:
        UnknownInstrumentError: If no venue has the instrument.
    """
    try:
        bars.check(instrument_id, interval)
    except UnsupportedIntervalError:
        return False
    return True
