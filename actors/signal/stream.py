"""Bars of one instrument and interval in, one signal each out; the plain part of the signal actor."""

from collections.abc import Callable, Iterator, Sequence

from actors.market import BarRow, Instrument, Interval, bar_type_of, decimal_text
from actors.messages import SIGNALS_TOPIC, Signal
from actors.signal.aggregator import Aggregator
from actors.signal.features import SCHEMA, WARMUP, FeatureEngine
from actors.signal.predictor import MarketView
from actors.signal.reference import ReferenceBars
from actors.signal.session import Session
from config.signals import SignalConfig

Tuning = Callable[[], SignalConfig]
"""Returns the same object until something was changed."""

_NEVER = 2**63
_EXACT = 10**15
"""Below, a float holds every digit of a price."""
_STEP = 8
"""Bars of a load between two looks at the time, of those that get no signal."""


class SignalStream:
    """Owns features, view and aggregator of one instrument and interval.

    What it says depends on the bars alone. After a hole of `WARMUP` bars and more it begins anew: what was before
    tells nothing of now.
    """

    def __init__(
        self,
        instrument: Instrument,
        interval: Interval,
        aggregator: Aggregator,
        backfill: int,
        *,
        session: Session | None = None,
        reference: ReferenceBars | None = None,
        tuning: Tuning | None = None,
    ) -> None:
        """Start before the first bar.

        Args:
            instrument: Whose bars these are.
            interval: Their interval.
            aggregator: Its own one: predictors may keep state.
            backfill: How many signals a load gives.
            session: Trading hours of the venue, where it has some.
            reference: The second instrument of the features, kept up by its owner.
            tuning: Returns the stream's section as it is set now; None in a backtest: it does not change.
        """
        self.instrument_id = instrument.instrument_id
        self.interval = interval
        self.bar_type = bar_type_of(instrument.instrument_id, interval.name)
        self.topic = f"{SIGNALS_TOPIC}.{self.bar_type}"
        self.is_loaded = False
        """Whether history is in; bars before that are in the window that is going to be loaded."""
        self.last: BarRow | None = None
        """The newest bar it has taken; None before the first."""
        self.expected = _NEVER
        """Open time of the next bar when none is missing, UNIX ns; far away until history is in."""
        self._name = interval.name
        self._step = 0 if interval.name == "1M" else interval.duration_ns
        self._places = instrument.price_precision
        self._text = f"{{:.{instrument.price_precision}f}}".format
        self._price = 10.0**instrument.price_precision
        self._size = 10.0**instrument.size_precision
        self._aggregator = aggregator
        self._backfill = backfill
        self._session, self._reference = session, reference
        self._tuning = tuning
        self._section = aggregator.section
        self._act_above, self._is_usable = aggregator.section.trade_confidence, aggregator.section.use_signals
        self._reset()

    def load(self, rows: Sequence[BarRow], *, trace_id: str, ts_init: int) -> list[Signal]:
        """Begin anew from the bars of a window, oldest first; return the signals of the last `backfill` of them."""
        signals: list[Signal] = []
        for _ in self.loading(rows, signals, trace_id=trace_id, ts_init=ts_init):
            pass
        return signals

    def loading(self, rows: Sequence[BarRow], signals: list[Signal], *, trace_id: str, ts_init: int) -> Iterator[None]:
        """Do what `load` does, a few bars at each step, and add to `signals`; in between it takes no other bars."""
        self._reset()
        self.expected = 0
        quiet = max(0, len(rows) - self._backfill)
        for index, row in enumerate(rows):
            if index % _STEP == 0 or index >= quiet:  # a predictor may take its time for each
                yield
            if index < quiet:
                self._take(row)
            else:
                signals.append(self.close(row, trace_id, ts_init, True))
        self.is_loaded = True

    def end(self) -> None:
        """Close the predictors; no bar follows."""
        self._aggregator.close()

    def close(
        self,
        row: BarRow,
        trace_id: str,
        ts_init: int,
        backfilled: bool = False,  # noqa: FBT001, FBT002  # by position, as all the way from the bus: it is the hot path
        stale: bool = False,  # noqa: FBT001, FBT002  # likewise
    ) -> Signal:
        """Return the signal of the next closed bar, which is later than `last`."""
        if self._tuning is not None and (section := self._tuning()) is not self._section:
            self._tune(section)
        missing = self._take(row)
        view = self._view
        view.is_history = backfilled
        verdict = self._aggregator.verdict(view)
        reasons = verdict.reasons
        if missing:
            reasons = (f"{missing} bars are missing before this one", *reasons)
        # By position, in the order of the struct: twenty keywords cost six times as much.
        return Signal(
            self.instrument_id,
            self.bar_type,
            self._name,
            verdict.signal,
            verdict.score,
            verdict.probability,
            verdict.confidence,
            verdict.sources,
            reasons,
            view.features if view.seen >= WARMUP else (),
            SCHEMA,
            self._text(row.close / self._price) if row.close < _EXACT else decimal_text(row.close, self._places),
            backfilled,
            stale,
            verdict.degraded,
            row.ts_open,
            view.ts_event,
            ts_init,
            self._act_above,
            self._is_usable,
            self._aggregator.thresholds,
            verdict.abstention,
            trace_id=trace_id,
        )

    def _tune(self, section: SignalConfig) -> None:
        """Go on with other settings: between two bars, so that none is judged by both."""
        self._section = section
        self._act_above, self._is_usable = section.trade_confidence, section.use_signals
        self._aggregator.tune(section)

    def _reset(self) -> None:
        self.last = None
        self._engine = FeatureEngine(self.interval, session=self._session, reference=self._reference)
        self._view = MarketView(self.instrument_id, self.interval.name, self._aggregator.lookback)

    def _take(self, row: BarRow) -> int:
        """Move features and view on by one bar; return how many bars are missing before it."""
        ts = row.ts_open
        missing = 0
        if ts != self.expected and self.last is not None:
            missing = (ts - self.expected) // self.interval.duration_ns
            if missing >= WARMUP:
                self._reset()
        self.last = row
        self.expected = ts_event = ts + self._step if self._step else self.interval.close(ts)
        price = self._price
        bar = (ts, row.open / price, row.high / price, row.low / price, row.close / price, row.volume / self._size)
        view = self._view
        view.features = self._engine.update(bar)
        view.ts_event = ts_event
        view.seen += 1
        if view.lookback:
            view.keep(bar)
        return missing
