"""The player of the market as the bridge controls it."""

from typing import Literal, Protocol

from msgspec import Struct

ReplayPlay = Literal["playing", "paused", "stepping", "jumping", "ended"]


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
