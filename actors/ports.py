"""Small Protocols through which components ask each other; `node/build.py` hands the implementations over."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from actors.guard import Fault
from actors.indicators.indicator import IndicatorKind
from actors.market import BarRow, Instrument, Interval
from actors.messages import Signal

NodeStateName = Literal["starting", "running", "rebuilding", "stopping", "stopped", "failed"]
FeedStateName = Literal["live", "stale", "waiting", "ended"]
TradingStateName = Literal["active", "reducing", "halted"]
ReplayPlay = Literal["playing", "paused", "stepping", "jumping", "ended"]
TickKind = Literal["trades", "quotes", "book"]
"""What a source may have of an instrument beside bars."""
TickStream = Literal["trades", "quotes", "book", "book_delta"]
"""What can be listened to of an instrument; `book_delta` is the steps of its book."""


CacheKind = Literal["real_time", "historical", "technical"]
"""What an answer depends on: the present of the market, its closed past, or something computed from them."""


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


class IndicatorsPage(Struct, frozen=True):
    """The values of an indicator at some bars, oldest first."""

    rows: Sequence[bytes]
    """One encoded `IndicatorBody` each."""
    opens: Sequence[int]
    """Open times, UNIX nanoseconds, one per row."""
    holes: Sequence[tuple[int, int]]
    """As of the bars: (first missing open, next present open), UNIX nanoseconds."""
    has_older: bool
    """Whether there are closed bars before the first row."""


class Indicators(Protocol):
    """Indicators by name: one computation per instrument, interval and canonical name, whoever asks.

    Names are canonical where nothing else is said; `instrument_id` and `interval` are such that the buffer has them.
    """

    def kinds(self) -> Sequence[IndicatorKind]:
        """Return what can be asked for."""

    def canonical(self, name: str) -> str:
        """Return the one way to write a name with its parameters, for example `SMA(20)` of `sma( 20.0 )`.

        Raises:
            NotFoundError: If there is no such indicator.
            InvalidInputError: If the form is wrong, or a parameter.
        """

    def ensure(self, instrument_id: str, interval: str, name: str) -> None:
        """Begin to compute what does not run yet; returns at once.

        Raises:
            NoCapacityError: If as many run as may, and all are wanted.
            InvalidInputError: If the indicator refuses its parameters.
        """

    def hold(self, instrument_id: str, interval: str, name: str, reader: str) -> None:
        """Do as `ensure`, and go on until `reader` releases it: others end when idle."""

    def release(self, instrument_id: str, interval: str, name: str, reader: str) -> None:
        """Let go of an indicator that `reader` holds; nothing when it does not."""

    def is_ready(self, instrument_id: str, interval: str, name: str) -> bool:
        """Return whether it runs and has taken every bar of the window."""

    def recent(self, instrument_id: str, interval: str, name: str, count: int) -> tuple[list[bytes], list[int]]:
        """Return up to `count` newest rows of one that is ready (encoded, open times ns), oldest first."""

    def growing(self, instrument_id: str, interval: str, name: str) -> bytes | None:
        """Return the encoded row of the open bar as it was a moment ago, or None; asking has it looked at again."""

    async def page(
        self, instrument_id: str, interval: str, name: str, *, start: int | None, end: int | None, limit: int
    ) -> IndicatorsPage:
        """Return the values at the bars that `Bars.page` gives for the same range.

        Raises:
            NoCapacityError: As of `ensure`.
            VenueUnavailableError: If the bars cannot be had in time.
            NotReadyError: If the indicator raised, and has no values.
        """


class Signals(Protocol):
    """The kept signals, as readers see them."""

    def recent(self, instrument_id: str | None, interval: str | None, count: int) -> list[Signal]:
        """Return up to `count` newest signals, oldest first; None means all instruments or intervals."""

    def page(
        self, instrument_id: str | None, interval: str | None, *, start: int | None, end: int | None, limit: int
    ) -> tuple[list[Signal], bool]:
        """Return signals with start <= bar open < end (UNIX ns), newest first, and whether there are older ones."""


class Place(NamedTuple):
    """Up to where somebody has read a log of ticks; another generation means that rows were lost in between."""

    generation: int
    number: int
    """How many rows there have ever been."""


class Ticks(Protocol):
    """The newest trades, quotes and order books as the JSON bytes that REST and wire share.

    Trades are kept at all times; quotes and books only while somebody holds them, or asked not long ago.
    """

    def kinds(self, instrument_id: str) -> frozenset[TickKind]:
        """Return what the source has of an instrument beside bars.

        Raises:
            UnknownInstrumentError: If no venue has the instrument.
        """

    def hold(self, instrument_id: str, stream: TickStream, reader: str) -> None:
        """Have a stream that the source has kept up to date until `reader` releases it; returns at once."""

    def release(self, instrument_id: str, stream: TickStream, reader: str) -> None:
        """Let go of a stream that `reader` holds; nothing when it does not."""

    def is_ready(self, instrument_id: str, stream: TickStream) -> bool:
        """Return whether there is a value: trades were asked for, a quote has come, the book is whole."""

    async def ready(self, instrument_id: str, stream: TickStream) -> None:
        """Ask for a stream once, and return when it has a value.

        Raises:
            NotFoundError: If the source does not have it.
            UnknownInstrumentError: If no venue has the instrument.
            VenueUnavailableError: If no value comes in time.
        """

    def place(self, instrument_id: str, stream: TickStream) -> Place:
        """Return where a stream is; a new generation begins whenever something of it was lost."""

    def since(self, instrument_id: str, stream: TickStream, place: Place) -> list[bytes] | None:
        """Return the rows of `trades` or `book_delta` after `place`, oldest first; None when some of them are lost."""

    def trades(self, instrument_id: str, *, limit: int, before: int | None = None) -> list[tuple[int, bytes]]:
        """Return the newest kept trades with number < `before`, newest first, with their numbers."""

    def quote(self, instrument_id: str) -> bytes | None:
        """Return the newest quote."""

    def book(self, instrument_id: str, depth: int) -> bytes | None:
        """Return the best `depth` levels of each side; None while the book is not whole."""

    def whole_book(self, instrument_id: str) -> bytes | None:
        """Return every level as one step, with its checksum; None while the book is not whole."""

    def degraded(self) -> list[str]:
        """Return which books are broken and why, in words."""


class Host(Protocol):
    """The node, as the bridge sees it."""

    @property
    def state(self) -> NodeStateName:
        """Where the node is in its life."""

    @property
    def speed(self) -> float:
        """Market seconds per wall second; 0 is as fast as it goes."""

    @property
    def is_paused(self) -> bool:
        """Whether market time stands still because somebody wants it to, or between two steps of a replay."""

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


class ReplayState(Struct, frozen=True, kw_only=True):
    """Where the player of the market is; times are UNIX nanoseconds of market time."""

    is_replay: bool
    """False for a simulated market: it can be paused and played faster, and never jumps."""
    state: ReplayPlay
    speed: float
    """Market seconds per wall second; 0 is as fast as it goes."""
    position: int
    """Everything before has been played."""
    begin: int | None
    """The earliest time that can be jumped to; None when it cannot jump."""
    end: int | None
    """Time of the last event; None when there is none."""
    at_end: Literal["hold", "loop", "exit"] | None
    """What the end of a recording means."""
    loops: int
    """How often a recording began again by itself."""


class Replay(Protocol):
    """The player of the market, as the bridge controls it; what changes is told on channel `status` at once."""

    def state(self) -> ReplayState:
        """Return where it is."""

    def pause(self) -> None:
        """Let market time stand still after what has been played; ends a step under way."""

    def play(self) -> None:
        """Go on."""

    def set_speed(self, speed: float) -> None:
        """Play at another speed from now on.

        Raises:
            InvalidInputError: If the market cannot be played at it: one without an end not as fast as it goes.
        """

    async def step_bars(self, count: int, *, interval: str | None, instrument_id: str | None) -> None:
        """Play as fast as it goes until `count` bars more have closed, then pause; returns then, or after some seconds.

        Args:
            count: How many closes.
            interval: Of the bars; None: the shortest that was recorded, of trades one minute.
            instrument_id: Whose bars count; None: those of any, and bars that close together count as one.

        Raises:
            ConflictError: If there is nothing left to play, or something else is under way.
            UnknownInstrumentError: If there is no such instrument.
            UnsupportedIntervalError: If the source cannot give such bars.
        """

    async def step_events(self, count: int) -> None:
        """Play `count` events more (bars, trades, quotes, steps of a book in use), then pause.

        Raises:
            ConflictError: If there is nothing left to play, or something else is under way.
        """

    async def jump(self, to_ns: int, *, reset: bool) -> None:
        """Put the market to a time, as if it had been started there; a pause stays a pause. Returns when it is ready.

        Args:
            to_ns: Everything before this market time (UNIX ns) is history, everything else will be played.
            reset: Whether open orders and positions may be thrown away; nothing to say while there are none.

        Raises:
            ConflictError: If the market cannot jump, or something else is under way.
            InvalidInputError: If the recording cannot be played from there.
            VenueUnavailableError: If the node does not come up again at once; it goes on trying.
        """

    async def restart(self, *, reset: bool) -> None:
        """Jump to the begin.

        Raises:
            ConflictError: As `jump`.
            VenueUnavailableError: As `jump`.
        """


class Cached(Struct, frozen=True):
    """An answer out of the cache, or just made."""

    value: bytes
    good_for_s: float
    """Wall seconds until it is too old to be given to anybody."""


class CacheHealth(Struct, frozen=True, kw_only=True):
    """How the cache does; also its part of `/health`."""

    store: Literal["memory", "redis"]
    """`redis`: other nodes share it, beside this process's own."""
    trouble: str | None
    """Why the Redis cannot be used at the moment, in words: this process's own serves alone."""
    entries: int
    """Kept in this process."""
    bytes: int
    """Kept in this process."""


class Cache(Protocol):
    """Answers that cost something to make, as bytes."""

    async def get(self, kind: CacheKind, key: str, make: Callable[[], Awaitable[bytes]]) -> Cached:
        """Return the answer of `key`; if there is none young enough, `make` it, once for all who ask meanwhile.

        Never cache what grows, such as an open bar, nor what memory has fresher than any cache.

        Args:
            kind: Says how long the answer may be given.
            key: Names EVERYTHING that the answer depends on, apart from the market itself.
            make: Makes the answer; it must come to an end by itself, and what it raises is kept for nobody.

        Raises:
            ShutdownError: If the node stops meanwhile.
        """

    def drop(self, kind: CacheKind, key: str) -> None:
        """Forget an answer that turned out to be of no use."""

    def lifetime_s(self, kind: CacheKind) -> float:
        """Return for how many wall seconds a fresh answer may be given; 0.0: to nobody but those who wait for it."""

    def health(self) -> CacheHealth:
        """Return how it does."""
