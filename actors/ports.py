"""Small Protocols through which components ask each other; `node/build.py` hands the implementations over."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from actors.guard import Fault
from actors.market import BarRow, Instrument, Interval
from actors.messages import Signal

NodeStateName = Literal["starting", "running", "rebuilding", "stopping", "stopped", "failed"]
FeedStateName = Literal["live", "stale", "waiting", "ended"]
TradingStateName = Literal["active", "reducing", "halted"]
TickKind = Literal["trades", "quotes", "book"]
"""What a source may have of an instrument beside bars."""


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


class Signals(Protocol):
    """The kept signals, as readers see them."""

    def recent(self, instrument_id: str | None, interval: str | None, count: int) -> list[Signal]:
        """Return up to `count` newest signals, oldest first; None means all instruments or intervals."""

    def page(
        self, instrument_id: str | None, interval: str | None, *, start: int | None, end: int | None, limit: int
    ) -> tuple[list[Signal], bool]:
        """Return signals with start <= bar open < end (UNIX ns), newest first, and whether there are older ones."""


class Host(Protocol):
    """The node, as the bridge sees it."""

    @property
    def state(self) -> NodeStateName:
        """Where the node is in its life."""

    @property
    def speed(self) -> float:
        """Market seconds per wall second; 0 is as fast as it goes."""

    @property
    def market(self) -> str:
        """`sim` or `replay`."""

    @property
    def uptime_s(self) -> float:
        """Seconds since the process began."""

    @property
    def feed(self) -> FeedStateName:
        """How the data source does: no tick yet, ticking, silent for too long, or at its end."""

    @property
    def trading_state(self) -> TradingStateName:
        """What the engine lets through: everything, only what makes positions smaller, or nothing."""

    def venues(self) -> Mapping[str, str]:
        """Return venue -> `connected`, or why not, in words."""

    def faults(self) -> Sequence[Fault]:
        """Return the exceptions that left callbacks of the present node."""

    def broken_plugins(self) -> Mapping[str, str]:
        """Return the plug-ins of third parties that could not be loaded: name -> why."""

    def is_ready(self) -> bool:
        """Return whether the node runs, the 1 m windows are loaded and a tick has come."""

    def missing(self) -> list[str]:
        """Return what is missing until ready, in words."""

    def degraded(self) -> list[str]:
        """Return what does not work as it should, in words: faulted components, broken plug-ins, a stale feed."""
