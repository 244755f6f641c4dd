"""Shell: tells the indicators when bars have closed, were mended or loaded."""

from collections.abc import Callable
from typing import Any, Self, override

from nautilus_trader.common import DataActor, DataActorConfig

from actors.guard import Faults, guarded
from actors.indicators.store import RunningIndicators
from actors.messages import BARS_TOPIC, MENDS_TOPIC, WINDOWS_TOPIC, BarsMended, ClosedBar, WindowLoaded


class IndicatorActor(DataActor):
    """Follows the buffer of one built node for the indicators of the process, which stay when the node goes."""

    def __new__(cls, config: DataActorConfig, *_args: Any, **_kwargs: Any) -> Self:  # noqa: ANN401  # see __init__
        """Hand the engine its own part of the arguments."""
        return super().__new__(cls, config)  # type: ignore[call-arg]  # the stub tells of `__init__` alone

    def __init__(self, config: DataActorConfig, indicators: RunningIndicators) -> None:
        """Attach to the indicators of the process."""
        super().__init__(config)
        self.faults = Faults("indicators")
        self._indicators = indicators

    @override
    @guarded
    def on_start(self) -> None:
        self._hear(BARS_TOPIC, self.on_closed_bar)
        self._hear(WINDOWS_TOPIC, self.on_window_loaded)
        self._hear(MENDS_TOPIC, self.on_bars_mended)
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

    def _hear(self, topic: str, handler: Callable[[Any], None]) -> None:
        self.subscribe_topic(f"{topic}.*", handler)
