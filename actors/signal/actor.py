"""Shell: closed bars in, one signal each out, on the bus and in the log."""

from collections.abc import Callable, Sequence
from typing import override

from nautilus_trader.common import DataActorConfig

from actors.guard import Faults, guarded
from actors.market import bar_type_of
from actors.messages import BARS_TOPIC, MENDS_TOPIC, WINDOWS_TOPIC
from actors.ports import Background, Bars, Models
from actors.shell import Shell
from actors.signal.aggregator import Aggregator
from actors.signal.listener import Listener, Surroundings
from actors.signal.log import SignalLog
from actors.signal.predictor import PredictorContext
from actors.signal.stream import SignalStream
from actors.turns import Turns
from config.errors import ConfigError
from config.signals import SignalConfig


class SignalActor(Shell):
    """Publishes exactly one `Signal` per closed bar on `signals.<bar_type>`, an abstention with its reason.

    State is built from the bars of the window, so a new actor after a rebuild goes on where the old one was. Signals
    of history go to the log alone, followed by one `SignalsBackfilled`.
    """

    def __init__(
        self,
        config: DataActorConfig,
        sections: Sequence[SignalConfig],
        bars: Bars,
        signals: SignalLog,
        *,
        is_stale: Callable[[], bool] | None = None,
        turns: Turns | None = None,
        models: Models | None = None,
        background: Background | None = None,
    ) -> None:
        """Attach to the buffer and the log.

        Args:
            config: The engine's.
            sections: `[[signals]]` of the configuration.
            bars: The windows.
            signals: Where signals are kept; may hold those of an earlier node.
            is_stale: Tells whether the feed is; None in a backtest: never.
            turns: In which histories are computed; None in a backtest: each at once.
            models: Trained models, for predictors that use one; None: there are none.
            background: Where predictors do what takes time; None in a backtest: nowhere.

        Raises:
            ConfigError: If a predictor does not exist or its parameters are wrong.
        """
        super().__init__(config)
        self.faults = Faults("signal")
        for section in sections:
            Aggregator.from_config(section).close()
        self._sections = sections
        self._bars = bars
        self._signals = signals
        self._is_stale = is_stale
        self._turns = turns
        self._models = models
        self._background = background
        self._listeners: list[Listener] = []

    @property
    def is_busy(self) -> bool:
        """Whether signals of bars that have closed are still to be made."""
        return any(listener.is_busy for listener in self._listeners)

    @override
    @guarded
    def on_start(self) -> None:
        around = Surroundings(
            bars=self._bars,
            signals=self._signals,
            publish=self.publish_message,
            now=self.clock.timestamp_ns,
            is_stale=self._is_stale,
            faults=self.faults,
            turns=self._turns,
        )
        opened: set[str] = set()
        for section in self._sections:
            for instrument_id in section.instruments or tuple(self._bars.instruments()):
                bar_type = bar_type_of(instrument_id, section.interval)
                if bar_type in opened:
                    raise ConfigError(f"signals: {instrument_id} at {section.interval} is configured twice")
                opened.add(bar_type)
                stream = self._stream(section, instrument_id)
                self._open(stream, Listener(stream, around))

    @override
    def on_stop(self) -> None:  # not guarded: it must also run after a fault has muted the rest
        for listener in self._listeners:
            listener.stop()

    def _stream(self, section: SignalConfig, instrument_id: str) -> SignalStream:
        interval = self._bars.check(instrument_id, section.interval)
        instrument = self._bars.instruments()[instrument_id]
        context = PredictorContext(
            instrument_id=instrument_id, interval=interval.name, models=self._models, background=self._background
        )
        return SignalStream(instrument, interval, Aggregator.from_config(section, context), section.backfill)

    def _open(self, stream: SignalStream, listener: Listener) -> None:
        self._listeners.append(listener)
        self.hear(WINDOWS_TOPIC, listener.on_window_loaded, stream.bar_type)
        self.hear(BARS_TOPIC, listener.on_closed_bar, stream.bar_type)
        self.hear(MENDS_TOPIC, listener.on_bars_mended, stream.bar_type)
        if self._bars.is_loaded(stream.instrument_id, stream.interval.name):
            listener.load(f"start-{self.clock.timestamp_ns()}")
        self._bars.hold(stream.instrument_id, stream.interval.name, "signals")
