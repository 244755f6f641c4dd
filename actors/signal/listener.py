"""What the signal actor does with the messages of one bar type."""

from collections.abc import Callable
from typing import Any

import structlog
from msgspec import Struct

from actors.guard import Faults, guarded
from actors.messages import BACKFILLS_TOPIC, BarsMended, ClosedBar, SignalsBackfilled, WindowLoaded
from actors.ports import Bars
from actors.signal.log import SignalLog
from actors.signal.stream import SignalStream

log = structlog.get_logger(__name__)

_ALL = 1_000_000


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the streams of one actor share."""

    bars: Bars
    signals: SignalLog
    publish: Callable[[str, Any], None]
    """Puts a message on a topic of the bus."""
    now: Callable[[], int]
    """The component's clock, UNIX nanoseconds."""
    is_stale: Callable[[], bool] | None
    """Whether the feed is silent; None in a backtest: never."""
    faults: Faults


class Listener:
    """Plain, and with few attributes: it runs for every bar of a backtest, and those of engine objects are slow."""

    def __init__(self, stream: SignalStream, around: Surroundings) -> None:
        self.faults = around.faults
        self._stream = stream
        self._around = around
        self._append = around.signals.append
        self._publish = around.publish
        self._now = around.now
        self._is_stale = around.is_stale

    @guarded
    def on_window_loaded(self, message: WindowLoaded) -> None:
        """Build the state from the bars of a window."""
        self.load(message.trace_id)

    @guarded
    def on_bars_mended(self, message: BarsMended) -> None:
        """Mend the state; bars that were filled in get a signal of history, those that had one keep it."""
        if self._stream.is_loaded:
            self.load(message.trace_id)

    @guarded
    def on_closed_bar(self, message: ClosedBar) -> None:
        """Publish the signal of one more bar."""
        stream, row = self._stream, message.row
        if row.ts_open < stream.expected:
            return  # it is in the window that is going to be loaded
        is_stale = self._is_stale is not None and self._is_stale()
        signal = stream.close(row, message.trace_id, self._now(), False, is_stale)
        if self._append(signal):
            self._publish(stream.topic, signal)

    def load(self, trace_id: str) -> None:
        """Begin anew from the window and keep the signals of its last bars."""
        around, stream = self._around, self._stream
        rows = around.bars.rows(stream.instrument_id, stream.interval.name, _ALL)
        added = around.signals.extend(stream.load(rows, trace_id=trace_id, ts_init=around.now()))
        log.info("signals_backfilled", bar_type=stream.bar_type, bars=len(rows), signals=added)
        if added:
            message = SignalsBackfilled(stream.bar_type, added, trace_id=trace_id)
            around.publish(f"{BACKFILLS_TOPIC}.{stream.bar_type}", message)
