"""Who hears what happens in the buffer, and whom its bars ask for what they lack."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, override

from actors.buffer.aggregator import TradeBars
from actors.buffer.series import Series
from actors.market import BarRow

if TYPE_CHECKING:
    from actors.buffer.live import InstrumentBars


class Listener(Protocol):
    """Hears what happens in the buffer; called on the owner loop."""

    def closed(self, series: Series, row: BarRow) -> None:
        """A bar of a loaded series has closed; it is newer than all before."""

    def mended(self, series: Series, rows: Sequence[BarRow]) -> None:
        """Bars of a loaded series before its newest were filled in or corrected, at least one, oldest first."""

    def loaded(self, series: Series) -> None:
        """The history of a series is in place."""

    def failed(self, error: Exception) -> None:
        """Something that should not have happened."""


class Nobody(Listener):
    """Hears nothing: between two nodes."""

    @override
    def closed(self, series: Series, row: BarRow) -> None:
        pass

    @override
    def mended(self, series: Series, rows: Sequence[BarRow]) -> None:
        pass

    @override
    def loaded(self, series: Series) -> None:
        pass

    @override
    def failed(self, error: Exception) -> None:
        pass


class Outlet(Protocol):
    """Whom to ask for more."""

    def missed(self, bars: "InstrumentBars", series: Series) -> None:
        """A closed bar of a shorter series is missing that the source should have."""

    def lacks(
        self, bars: "InstrumentBars", series: Series, begin: int, end: int, *, found_by: str, is_holding: bool = False
    ) -> None:
        """Bars with begin <= open < end (UNIX ns) are missing or in doubt; with `is_holding` the next ones may wait."""

    def release(self, series: Series) -> None:
        """Live bars that wait for a gap to be filled wait no more."""

    def outdated(self, bars: "InstrumentBars", series: Series, begin: int) -> None:
        """A longer bar was closed without a base bar that has come now; it opens at `begin` (UNIX ns)."""

    def corrected(self, bars: "InstrumentBars", row: BarRow) -> None:
        """A closed bar of the base interval was sent again, as another one."""

    def wants(self, bars: "InstrumentBars", building: TradeBars, start: int, end: int) -> None:
        """A bar under way lacks the trades with start <= ts < end (UNIX ns)."""
