"""Shell: closed bars in, one signal each out, on the bus and in the log."""

from collections.abc import Callable, Sequence
from typing import Any, Self, override

import structlog
from nautilus_trader.common import DataActor, DataActorConfig

from actors.clock import MarketClock
from actors.guard import Faults, guarded
from actors.messages import (
    BACKFILLS_TOPIC,
    BARS_TOPIC,
    WINDOWS_TOPIC,
    ClosedBar,
    SignalsBackfilled,
    WindowLoaded,
)
from actors.ports import Bars
from actors.signal.aggregator import Aggregator
from actors.signal.log import SignalLog
from actors.signal.stream import SignalStream
from config.errors import ConfigError
from config.schema import SignalConfig

log = structlog.get_logger(__name__)

_ALL = 1_000_000


class SignalActor(DataActor):
    """Publishes exactly one `Signal` per closed bar on `signals.<bar_type>`, an abstention with its reason.

    State is built from the bars of the window, so a new actor after a rebuild goes on where the old one was. Signals
    of history go to the log alone, followed by one `SignalsBackfilled`.
    """

    def __new__(cls, config: DataActorConfig, *_args: Any, **_kwargs: Any) -> Self:  # noqa: ANN401  # see __init__
        """Hand the engine its own part of the arguments."""
        return super().__new__(cls, config)  # type: ignore[call-arg]  # the stub tells of `__init__` alone

    def __init__(
        self,
        config: DataActorConfig,
        sections: Sequence[SignalConfig],
        bars: Bars,
        signals: SignalLog,
        clock: MarketClock,
        *,
        stale_after_s: float | None = None,
    ) -> None:
        """Attach to the buffer and the log.

        Args:
            config: The engine's.
            sections: `[[signals]]` of the configuration.
            bars: The windows.
            signals: Where signals are kept; may hold those of an earlier node.
            clock: Tells whether the feed lives.
            stale_after_s: Wall seconds of silence that make a signal stale; None in a backtest: never.

        Raises:
            ConfigError: If a predictor does not exist or its parameters are wrong.
        """
        super().__init__(config)
        self.faults = Faults("signal")
        for section in sections:
            Aggregator.from_config(section)
        self._sections = sections
        self._bars = bars
        self._signals = signals
        self._market = clock
        self._stale_after_s = stale_after_s
        self._streams: dict[str, SignalStream] = {}
        self._now: Callable[[], int] = lambda: 0

    @override
    @guarded
    def on_start(self) -> None:
        self._now = self.clock.timestamp_ns
        for section in self._sections:
            for instrument_id in section.instruments or tuple(self._bars.instruments()):
                self._open(section, instrument_id)

    @guarded
    def on_window_loaded(self, message: WindowLoaded) -> None:
        """Build the state from the bars of a window."""
        self._load(self._streams[message.bar_type], message.trace_id)

    @guarded
    def on_closed_bar(self, message: ClosedBar) -> None:
        """Publish the signal of one more bar; a bar that was corrected only mends the state."""
        stream, row = self._streams[message.bar_type], message.row
        last = stream.last
        if not stream.is_loaded:
            return
        if last is not None and row.ts_open <= last.ts_open:
            self._correct(stream, message)
            return
        is_stale = self._stale_after_s is not None and self._market.is_stale(self._stale_after_s)
        signal = stream.close(row, message.trace_id, self._now(), stale=is_stale)
        if self._signals.append(signal):
            self.publish_message(stream.topic, signal)

    def _open(self, section: SignalConfig, instrument_id: str) -> None:
        interval = self._bars.check(instrument_id, section.interval)
        stream = SignalStream(
            self._bars.instruments()[instrument_id], interval, Aggregator.from_config(section), section.backfill
        )
        if stream.bar_type in self._streams:
            raise ConfigError(f"signals: {instrument_id} at {interval.name} is configured twice")
        self._streams[stream.bar_type] = stream
        self._hear(f"{WINDOWS_TOPIC}.{stream.bar_type}", self.on_window_loaded)
        self._hear(f"{BARS_TOPIC}.{stream.bar_type}", self.on_closed_bar)
        if self._bars.is_loaded(instrument_id, interval.name):
            self._load(stream, f"start-{self._now()}")
        else:
            self._bars.ensure(instrument_id, interval.name)

    def _hear(self, topic: str, handler: Callable[[Any], None]) -> None:
        self.subscribe_topic(topic, handler)

    def _correct(self, stream: SignalStream, message: ClosedBar) -> None:
        """Take a bar that has its signal already: said twice, or mended in the window."""
        if message.row != stream.last:
            log.warning("closed_bar_corrected", bar_type=message.bar_type, ts_open=message.row.ts_open)
            self._load(stream, message.trace_id)

    def _load(self, stream: SignalStream, trace_id: str) -> None:
        rows = self._bars.rows(stream.instrument_id, stream.interval.name, _ALL)
        signals = stream.load(rows, trace_id=trace_id, ts_init=self._now())
        added = self._signals.extend(signals)
        log.info("signals_backfilled", bar_type=stream.bar_type, bars=len(rows), signals=added)
        if added:
            message = SignalsBackfilled(trace_id=trace_id, bar_type=stream.bar_type, signals=added)
            self.publish_message(f"{BACKFILLS_TOPIC}.{stream.bar_type}", message)
