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
from actors.signal.outcomes.recorder import Recorder
from actors.signal.predictor import PredictorContext
from actors.signal.reference_listener import ReferenceListener
from actors.signal.session import Session
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
        recorder: Recorder | None = None,
        settings: Callable[[], Sequence[SignalConfig]] | None = None,
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
            recorder: Keeps and judges signals; None in a backtest: nobody does.
            settings: Returns `sections` as they are set now; None in a backtest: they do not change.

        Raises:
            ConfigError: If a predictor does not exist or its parameters are wrong, or a session cannot be read.
        """
        super().__init__(config)
        self.faults = Faults("signal")
        for section in sections:
            Aggregator.from_config(section).close()
            _session(section)
        self._sections = sections
        self._bars = bars
        self._signals = signals
        self._is_stale = is_stale
        self._turns = turns
        self._models = models
        self._background = background
        self._recorder = recorder
        self._settings = settings
        self._listeners: list[Listener] = []
        self._references: dict[str, ReferenceListener] = {}

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
            recorder=self._recorder,
        )
        opened: set[str] = set()
        for index, section in enumerate(self._sections):
            for instrument_id in section.instruments or tuple(self._bars.instruments()):
                bar_type = bar_type_of(instrument_id, section.interval)
                if bar_type in opened:
                    raise ConfigError(f"signals: {instrument_id} at {section.interval} is configured twice")
                opened.add(bar_type)
                reference = self._reference(section, instrument_id)
                self._open(self._stream(index, instrument_id, reference), around, reference)

    @override
    def on_stop(self) -> None:  # not guarded: it must also run after a fault has muted the rest
        for listener in self._listeners:
            listener.stop()

    def _stream(self, index: int, instrument_id: str, reference: ReferenceListener | None) -> SignalStream:
        section, settings = self._sections[index], self._settings
        interval = self._bars.check(instrument_id, section.interval)
        instrument = self._bars.instruments()[instrument_id]
        context = PredictorContext(
            instrument_id=instrument_id,
            interval=interval.name,
            reference=section.reference if reference is not None else None,
            session=section.session,
            models=self._models,
            background=self._background,
        )
        return SignalStream(
            instrument,
            interval,
            Aggregator.from_config(section if settings is None else settings()[index], context),
            section.backfill,
            session=_session(section),
            reference=None if reference is None else reference.bars,
            tuning=None if settings is None else lambda: settings()[index],
        )

    def _reference(self, section: SignalConfig, instrument_id: str) -> ReferenceListener | None:
        """Return what keeps the reference of an instrument; all streams of a reference and interval share it."""
        name = section.reference
        if name is None or name == instrument_id:
            return None
        interval = self._bars.check(name, section.interval)
        bar_type = bar_type_of(name, interval.name)
        if bar_type not in self._references:
            reference = ReferenceListener(self._bars.instruments()[name], interval, self._bars, self.faults)
            self._references[bar_type] = reference
            self.hear(WINDOWS_TOPIC, reference.on_window_loaded, bar_type)
            self.hear(BARS_TOPIC, reference.on_closed_bar, bar_type)
            self.hear(MENDS_TOPIC, reference.on_bars_mended, bar_type)
            if self._bars.is_loaded(name, interval.name):
                reference.load(self._start())
            self._bars.hold(name, interval.name, "signals")
        return self._references[bar_type]

    def _open(self, stream: SignalStream, around: Surroundings, reference: ReferenceListener | None) -> None:
        listener = Listener(stream, around, reference)
        self._listeners.append(listener)
        self.hear(WINDOWS_TOPIC, listener.on_window_loaded, stream.bar_type)
        self.hear(BARS_TOPIC, listener.on_closed_bar, stream.bar_type)
        self.hear(MENDS_TOPIC, listener.on_bars_mended, stream.bar_type)
        if self._bars.is_loaded(stream.instrument_id, stream.interval.name):
            listener.begin(self._start())
        self._bars.hold(stream.instrument_id, stream.interval.name, "signals")

    def _start(self) -> str:
        return f"start-{self.clock.timestamp_ns()}"


def _session(section: SignalConfig) -> Session | None:
    return None if section.session is None else Session.from_text(section.session)
