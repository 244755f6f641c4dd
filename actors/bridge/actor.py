"""Shell: messages of the bus to the hub."""

from typing import override

from nautilus_trader.common import DataActorConfig

from actors.bridge.relay import Relay
from actors.guard import Fault, Faults, guarded
from actors.messages import (
    BACKFILLS_TOPIC,
    BARS_TOPIC,
    MENDS_TOPIC,
    OPEN_BARS_TOPIC,
    SIGNALS_TOPIC,
    TICKS_TOPIC,
    WINDOWS_TOPIC,
    BarsMended,
    ClosedBar,
    OpenBarChanged,
    Signal,
    SignalsBackfilled,
    TicksChanged,
    WindowLoaded,
)
from actors.shell import Shell


class BridgeActor(Shell):
    """Hands bars, signals and loaded windows of one built node to the hub, which stays when the node goes."""

    def __init__(self, config: DataActorConfig, relay: Relay, *, has_ticks: bool = True) -> None:
        """Attach to the hub.

        Args:
            config: The engine's.
            relay: What the messages mean; made once for the process.
            has_ticks: `features.real_time_data`: whether growing bars are sent.
        """
        super().__init__(config)
        self.faults = Faults("bridge", self._on_fault)
        self._relay = relay
        self._has_ticks = has_ticks

    @override
    @guarded
    def on_start(self) -> None:
        self.hear(BARS_TOPIC, self.on_closed_bar)
        self.hear(MENDS_TOPIC, self.on_bars_mended)
        self.hear(WINDOWS_TOPIC, self.on_window_loaded)
        self.hear(SIGNALS_TOPIC, self.on_signal_made)
        self.hear(BACKFILLS_TOPIC, self.on_signals_backfilled)
        if self._has_ticks:
            self.hear(OPEN_BARS_TOPIC, self.on_open_bar_changed)
            self.hear(TICKS_TOPIC, self.on_ticks_changed)
        self._relay.attach()

    @guarded
    def on_closed_bar(self, message: ClosedBar) -> None:
        """Send a closed bar."""
        self._relay.closed_bar(message)

    @guarded
    def on_bars_mended(self, message: BarsMended) -> None:
        """Show bars of the past that are others now."""
        self._relay.mended(message)

    @guarded
    def on_open_bar_changed(self, message: OpenBarChanged) -> None:
        """Have growing bars sent."""
        self._relay.open_bar(message)

    @guarded
    def on_ticks_changed(self, message: TicksChanged) -> None:
        """Have trades, quotes and books sent."""
        self._relay.ticks(message)

    @guarded
    def on_window_loaded(self, message: WindowLoaded) -> None:
        """Serve those who wait for a window."""
        self._relay.window(message)

    @guarded
    def on_signal_made(self, message: Signal) -> None:
        """Send a signal."""
        self._relay.signal(message)

    @guarded
    def on_signals_backfilled(self, message: SignalsBackfilled) -> None:
        """Show signals of history."""
        self._relay.backfilled(message)

    def _on_fault(self, _fault: Fault) -> None:
        self._relay.tear()
