"""The indicators as readers see them."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from actors.indicators.indicator import IndicatorKind


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
