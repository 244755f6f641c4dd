"""Hands every signal to the store and waits for what becomes of it; lives as long as the process."""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Protocol

import structlog
from prometheus_client import Counter

from actors.market import BarRow, Instrument, interval_of
from actors.messages import Signal
from actors.ports import Bars
from actors.ports.analyses import Analysis, OpenAnalysis, Opinion, Resolved, Targets
from actors.signal.features import NAMES
from actors.signal.outcomes.figures import Figures
from actors.signal.outcomes.opinions import opinions
from actors.signal.outcomes.tracker import Tracker
from actors.wire import decode_bar
from config.errors import NodeError
from config.training import Barriers

_ATR_SHARE = NAMES.index("atr_share")
_PAGE = 1_000
_ALL = 1_000_000
_STEP = 50
"""Signals of history between two looks at the time."""
_failures = Counter("whisperer_outcome_recoveries_failed", "Streams whose open predictions could not be looked for")

log = structlog.get_logger(__name__)


class Store(Protocol):
    """Where analyses go; `actors/store/analyses/store.py`."""

    def put(self, *rows: Analysis | Resolved) -> None:
        """Have rows written; returns at once."""

    async def settled(self) -> None:
        """Return when all that is here now has been written, or could not be."""

    async def open_analyses(self, instrument_id: str, interval: str) -> Sequence[OpenAnalysis]:
        """Return what of a stream is still to be resolved, oldest first; may raise `StoreUnavailableError`."""


class Recorder:
    """Owns the trackers of all streams."""

    def __init__(
        self, store: Store, bars: Bars, barriers: Barriers, spawn: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        """Start with nothing open.

        Args:
            store: Where analyses and outcomes go.
            bars: History, for predictions of an earlier process.
            barriers: What decides.
            spawn: Runs a coroutine on the loop until the process ends.
        """
        self._store = store
        self._bars = bars
        self._barriers = barriers
        self._spawn = spawn
        self._figures = Figures()
        self._trackers: dict[tuple[str, str], Tracker] = {}

    def close(self, signal: Signal, row: BarRow, took_ns: int) -> None:
        """Take the signal of a bar that has just closed, which also decides about earlier ones."""
        said = opinions(signal)
        self._figures.predicted(signal.instrument_id, said, took_ns / 1e9)
        targets = self._targets(signal)
        self._store.put(Analysis(signal, said, targets, took_ns // 1_000))
        tracker = self._tracker(signal.instrument_id, signal.interval)
        self._decided(tracker.close(row))
        if targets is not None:
            tracker.watch([_open(signal, said, targets)])

    def load(
        self, instrument_id: str, interval: str, rows: Sequence[BarRow], signals: Sequence[Signal]
    ) -> Iterator[None]:
        """Take the signals of history, a few at each step; `rows` are all bars that are known now."""
        is_new = (instrument_id, interval) not in self._trackers
        tracker = self._tracker(instrument_id, interval)
        for first in range(0, len(signals), _STEP):
            some = [(one, opinions(one), self._targets(one)) for one in signals[first : first + _STEP]]
            self._store.put(*[Analysis(*one, None) for one in some])
            tracker.watch(_open(one, said, targets) for one, said, targets in some if targets is not None)
            self._decided(tracker.settle(rows))
            yield
        self._decided(tracker.settle(rows))
        if is_new:
            self._spawn(self._recover(tracker))

    def reset(self) -> None:
        """Forget what is open: market time has jumped; the next load looks for it in the store."""
        self._trackers.clear()

    def _tracker(self, instrument_id: str, interval: str) -> Tracker:
        key = (instrument_id, interval)
        if key not in self._trackers:
            instrument: Instrument = self._instruments()[instrument_id]
            fee = float(instrument.taker_fee)
            self._trackers[key] = Tracker(instrument_id, interval_of(interval), instrument.price_precision, fee)
        return self._trackers[key]

    def _instruments(self) -> Mapping[str, Instrument]:
        return self._bars.instruments()

    def _targets(self, signal: Signal) -> Targets | None:
        """Return what decides; None while there is no range to measure by."""
        if not signal.features:
            return None
        upper, lower = self._barriers.prices(float(signal.price), signal.features[_ATR_SHARE])
        return Targets(upper, lower, self._barriers.horizon) if lower < float(signal.price) < upper else None

    def _decided(self, found: Sequence[tuple[OpenAnalysis, Resolved]]) -> None:
        if found:
            self._store.put(*[outcome for _, outcome in found])
            for analysis, outcome in found:
                self._figures.resolved(analysis, outcome)

    async def _recover(self, tracker: Tracker) -> None:
        """Resolve what an earlier process left open, from history where the window is too short."""
        interval = tracker.interval.name
        try:
            await self._store.settled()
            tracker.watch(await self._store.open_analyses(tracker.instrument_id, interval))
            rows = self._bars.rows(tracker.instrument_id, interval, _ALL)
            oldest = tracker.oldest
            if oldest is not None and rows and oldest < rows[0].ts_open:
                await self._read(tracker, oldest, rows[0].ts_open)
                rows = self._bars.rows(tracker.instrument_id, interval, _ALL)
            self._decided(tracker.settle(rows))
        except NodeError as e:
            _failures.inc()
            log.warning("outcomes_not_recovered", instrument_id=tracker.instrument_id, reason=str(e))

    async def _read(self, tracker: Tracker, start: int, end: int) -> None:
        while start < end:
            page = await self._bars.page(
                tracker.instrument_id, tracker.interval.name, start=start, end=None, limit=_PAGE
            )
            if not page.opens:
                return
            self._decided(tracker.settle([decode_bar(data) for data in page.rows]))
            start = tracker.interval.close(page.opens[-1])


def _open(signal: Signal, said: Sequence[Opinion], targets: Targets) -> OpenAnalysis:
    return OpenAnalysis(
        ts_bar=signal.ts_bar,
        ts_event=signal.ts_event,
        close=float(signal.price),
        targets=targets,
        is_backfilled=signal.backfilled,
        stances={opinion.predictor: opinion.stance for opinion in said},
    )
