"""Bars of one instrument and interval in, one signal each out; the plain part of the signal actor."""

from collections.abc import Sequence

from actors.market import BarRow, Instrument, Interval, bar_type_of, decimal_text
from actors.messages import SIGNALS_TOPIC, Signal
from actors.signal.aggregator import Aggregator
from actors.signal.features import SCHEMA, WARMUP, FeatureEngine
from actors.signal.predictor import MarketView


class SignalStream:
    """Owns features, view and aggregator of one instrument and interval.

    What it says depends on the bars alone. After a hole of `WARMUP` bars and more it begins anew: what was before
    tells nothing of now.
    """

    def __init__(self, instrument: Instrument, interval: Interval, aggregator: Aggregator, backfill: int) -> None:
        """Start before the first bar.

        Args:
            instrument: Whose bars these are.
            interval: Their interval.
            aggregator: Its own one: predictors may keep state.
            backfill: How many signals a load gives.
        """
        self.instrument_id = instrument.instrument_id
        self.interval = interval
        self.bar_type = bar_type_of(instrument.instrument_id, interval.name)
        self.topic = f"{SIGNALS_TOPIC}.{self.bar_type}"
        self.is_loaded = False
        """Whether history is in; bars before that are in the window that is going to be loaded."""
        self.last: BarRow | None = None
        """The newest bar it has taken; None before the first."""
        self._places = instrument.price_precision
        self._price = 10.0**instrument.price_precision
        self._size = 10.0**instrument.size_precision
        self._aggregator = aggregator
        self._backfill = backfill
        self._reset()

    def load(self, rows: Sequence[BarRow], *, trace_id: str, ts_init: int) -> list[Signal]:
        """Begin anew from the bars of a window, oldest first; return the signals of the last `backfill` of them."""
        self._reset()
        self.is_loaded = True
        quiet = max(0, len(rows) - self._backfill)
        for row in rows[:quiet]:
            self._take(row)
        return [self._signal(row, trace_id, ts_init, backfilled=True, stale=False) for row in rows[quiet:]]

    def close(self, row: BarRow, *, trace_id: str, ts_init: int, stale: bool) -> Signal:
        """Return the signal of the next closed bar, which is later than `last`."""
        return self._signal(row, trace_id, ts_init, backfilled=False, stale=stale)

    def _reset(self) -> None:
        self.last = None
        self._engine = FeatureEngine()
        self._view = MarketView(self.instrument_id, self.interval.name, self._aggregator.lookback)

    def _take(self, row: BarRow) -> int:
        """Move features and view on by one bar; return how many bars are missing before it."""
        last = self.last
        missing = 0
        if last is not None and row.ts_open != (expected := self.interval.close(last.ts_open)):
            missing = max(0, (row.ts_open - expected) // self.interval.duration_ns)
            if missing >= WARMUP:
                self._reset()
        self.last = row
        price = self._price
        o, h, low, c = row.open / price, row.high / price, row.low / price, row.close / price
        v = row.volume / self._size
        engine = self._engine
        features = engine.update(row.ts_open, o, h, low, c, v)
        self._view.add((row.ts_open, o, h, low, c, v), features, self.interval.close(row.ts_open), engine.bars)
        return missing

    def _signal(self, row: BarRow, trace_id: str, ts_init: int, *, backfilled: bool, stale: bool) -> Signal:
        missing = self._take(row)
        verdict = self._aggregator.verdict(self._view)
        reasons = verdict.reasons
        if missing:
            reasons = (f"{missing} bars are missing before this one", *reasons)
        return Signal(
            trace_id=trace_id,
            instrument_id=self.instrument_id,
            bar_type=self.bar_type,
            interval=self.interval.name,
            signal=verdict.signal,
            score=verdict.score,
            probability=verdict.probability,
            confidence=verdict.confidence,
            sources=verdict.sources,
            reasons=reasons,
            features=self._view.features if self._engine.bars >= WARMUP else (),
            feature_schema=SCHEMA,
            price=decimal_text(row.close, self._places),
            backfilled=backfilled,
            stale=stale,
            degraded=verdict.degraded,
            ts_bar=row.ts_open,
            ts_event=self._view.ts_event,
            ts_init=ts_init,
        )
