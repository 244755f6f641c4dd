"""What the signal actor does with the messages of one bar type."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter_ns
from typing import Any

import structlog
from msgspec import Struct

from actors.guard import Faults, guarded
from actors.market import BarRow
from actors.messages import BACKFILLS_TOPIC, BarsMended, ClosedBar, Signal, SignalsBackfilled, WindowLoaded
from actors.ports import Bars
from actors.signal.log import SignalLog
from actors.signal.outcomes.recorder import Recorder
from actors.signal.reference_listener import ReferenceListener
from actors.signal.stream import SignalStream
from actors.turns import Turns

log = structlog.get_logger(__name__)

_ALL = 1_000_000
MOST_WAITING = 1_000
"""So many bars wait for a load at most; then what is left of it is done at once, and the market waits."""
PATIENCE = 3
"""So many bars may close while history waits for that of the reference; then it is taken without."""


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
    turns: Turns | None
    """In which long work is done; None in a backtest: at once."""
    recorder: Recorder | None = None
    """Told of every signal; None in a backtest: they are in its result."""


class _Load(Struct, frozen=True):
    """A window as it was when the message about it came."""

    trace_id: str
    rows: Sequence[BarRow]


class Listener:
    """Does what it is told in the order of the messages, so what it says does not depend on how long a load takes.

    Plain, and with few attributes: it runs for every bar of a backtest, and those of engine objects are slow.
    """

    def __init__(self, stream: SignalStream, around: Surroundings, reference: ReferenceListener | None = None) -> None:
        self.faults = around.faults
        self._stream = stream
        self._around = around
        self._append = around.signals.append
        self._publish = around.publish
        self._now = around.now
        self._is_stale = around.is_stale
        self._waiting: deque[ClosedBar | _Load] = deque()
        self._steps: Iterator[None] = iter(())
        self._task: asyncio.Task[None] | None = None
        self._record = None if around.recorder is None else around.recorder.close
        self._reference = reference
        self._patience = 0
        if reference is not None:
            reference.readers.append(self._on_reference_loaded)

    @property
    def is_busy(self) -> bool:
        """Whether a load is under way, for which bars wait."""
        return self._task is not None

    @guarded
    def on_window_loaded(self, message: WindowLoaded) -> None:
        """Build the state from the bars of a window."""
        self.begin(message.trace_id)

    @guarded
    def on_bars_mended(self, message: BarsMended) -> None:
        """Mend the state; bars that were filled in get a signal of history, those that had one keep it."""
        if self._stream.is_loaded or self._task is not None:
            self.load(message.trace_id)

    @guarded
    def on_closed_bar(self, message: ClosedBar) -> None:
        """Publish the signal of one more bar."""
        if self._task is None:
            self._close(message)
            return
        self._waiting.append(message)
        if len(self._waiting) > MOST_WAITING:
            for _ in self._steps:
                pass

    def begin(self, trace_id: str) -> None:
        """Load when the reference has its history too, or when that takes too long."""
        if self._reference is None or self._reference.is_loaded or self._stream.is_loaded:
            self.load(trace_id)
            return
        self._patience = PATIENCE
        self._around.signals.awaited.add(self._stream.bar_type)

    def load(self, trace_id: str) -> None:
        """Begin anew from the window as it is now and keep the signals of its last bars."""
        around, stream = self._around, self._stream
        self._patience = 0
        load = _Load(trace_id, around.bars.rows(stream.instrument_id, stream.interval.name, _ALL))
        if not stream.is_loaded:
            around.signals.awaited.add(stream.bar_type)
        if around.turns is None:
            for _ in self._loading(load):
                pass
            return
        if self._waiting and isinstance(self._waiting[-1], _Load):
            self._waiting.pop()  # nothing would come of it but the same state, made twice
        self._waiting.append(load)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(around.turns))

    def stop(self) -> None:
        """Leave off; the next node begins with its own load."""
        if self._task is not None:
            self._task.cancel()
        self._waiting.clear()
        self._around.signals.awaited.discard(self._stream.bar_type)
        self._stream.end()

    def _close(self, message: ClosedBar) -> None:
        stream, row = self._stream, message.row
        if row.ts_open < stream.expected:  # it is in the window that is going to be loaded
            if self._patience:
                self._wait(message.trace_id)
            return
        is_stale = self._is_stale is not None and self._is_stale()
        record = self._record
        began = 0 if record is None else perf_counter_ns()
        signal = stream.close(row, message.trace_id, self._now(), False, is_stale)
        took = 0 if record is None else perf_counter_ns() - began
        if self._append(signal):
            self._publish(stream.topic, signal)
        if record is not None:
            record(signal, row, took)

    def _wait(self, trace_id: str) -> None:
        self._patience -= 1
        if not self._patience:
            log.warning("reference_late", bar_type=self._stream.bar_type)
            self.load(trace_id)

    def _on_reference_loaded(self, trace_id: str) -> None:
        if self._patience or self._stream.is_loaded or self._task is not None:
            self.load(trace_id)

    async def _run(self, turns: Turns) -> None:
        try:
            while self._waiting and not self.faults.is_muted:
                self._steps = self._catching_up()
                await turns.run(self._steps)
        except Exception as e:  # noqa: BLE001  # the same boundary as that of its messages
            self.faults.record("load", e)
        finally:
            self._task = None
            self._around.signals.awaited.discard(self._stream.bar_type)

    def _catching_up(self) -> Iterator[None]:
        while self._waiting:
            message = self._waiting.popleft()
            if isinstance(message, _Load):
                yield from self._loading(message)
            else:
                self._close(message)
                yield

    def _loading(self, load: _Load) -> Iterator[None]:
        around, stream = self._around, self._stream
        signals: list[Signal] = []
        yield from stream.loading(load.rows, signals, trace_id=load.trace_id, ts_init=around.now())
        new = [signal for signal in signals if around.signals.append(signal)]
        added = len(new)
        if around.recorder is not None:
            yield from around.recorder.load(stream.instrument_id, stream.interval.name, load.rows, new)
        around.signals.awaited.discard(stream.bar_type)
        log.info("signals_backfilled", bar_type=stream.bar_type, bars=len(load.rows), signals=added)
        if added:
            message = SignalsBackfilled(stream.bar_type, added, trace_id=load.trace_id)
            around.publish(f"{BACKFILLS_TOPIC}.{stream.bar_type}", message)
