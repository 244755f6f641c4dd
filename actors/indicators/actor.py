"""Shell: tells the indicators when bars have closed, were mended or loaded."""

from typing import override

from nautilus_trader.common import DataActorConfig

from actors.guard import Faults, guarded
from actors.indicators.store import RunningIndicators
from actors.messages import BARS_TOPIC, MENDS_TOPIC, WINDOWS_TOPIC, BarsMended, ClosedBar, WindowLoaded
from actors.shell import Shell


class IndicatorActor(Shell):
    """Follows the buffer of one built node for the indicators of the process, which stay when the node goes."""

    def __init__(self, config: DataActorConfig, indicators: RunningIndicators) -> None:
        """Attach to the indicators of the process."""
        super().__init__(config)
        self.faults = Faults("indicators")
        self._indicators = indicators

    @override
    @guarded
    def on_start(self) -> None:
        self.hear(BARS_TOPIC, self.on_closed_bar)
        self.hear(WINDOWS_TOPIC, self.on_window_loaded)
        self.hear(MENDS_TOPIC, self.on_bars_mended)
        self._indicators.attach()

    @override
    def on_stop(self) -> None:  # not guarded: it must also run after a fault has muted the rest
        self._indicators.detach()

    @guarded
    def on_closed_bar(self, message: ClosedBar) -> None:
        """Have one more bar taken."""
        self._indicators.closed(message.bar_type)

    @guarded
    def on_window_loaded(self, message: WindowLoaded) -> None:
        """Have the history of a window taken."""
        self._indicators.mended(message.bar_type)

    @guarded
    def on_bars_mended(self, message: BarsMended) -> None:
        """Have values computed anew where bars have changed."""
        self._indicators.mended(message.bar_type)
