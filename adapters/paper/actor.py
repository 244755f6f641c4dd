"""Shell: closed bars of instruments without trades, for the paper venue."""

from typing import Protocol, override

from nautilus_trader.common import DataActorConfig

from actors.guard import Faults, guarded
from actors.market import BarRow, split_bar_type
from actors.messages import BARS_TOPIC, ClosedBar
from actors.shell import Shell


class BarListener(Protocol):
    """Who hears bars: the venue, or what stands before it."""

    def on_bar(self, instrument_id: str, row: BarRow, ts_close: int) -> None:
        """Take a closed bar of an instrument without trades."""


class PaperActor(Shell):
    """Tells the venue of the process, which stays when the node goes, what the buffer of one node publishes."""

    def __init__(self, config: DataActorConfig, venue: BarListener, bar_types: frozenset[str]) -> None:
        """Attach to the venue.

        Args:
            config: The engine's.
            venue: Of the process.
            bar_types: Those that the source records, of instruments without trades.
        """
        super().__init__(config)
        self.faults = Faults("paper")
        self._venue = venue
        self._bar_types = bar_types

    @override
    @guarded
    def on_start(self) -> None:
        self.hear(BARS_TOPIC, self.on_closed_bar)

    @guarded
    def on_closed_bar(self, message: ClosedBar) -> None:
        """Have a bar walked through."""
        if message.bar_type in self._bar_types:
            instrument_id, _ = split_bar_type(message.bar_type)
            self._venue.on_bar(instrument_id, message.row, message.ts_event)
