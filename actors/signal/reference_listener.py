"""What the signal actor does with the messages of a reference's bar type."""

from collections.abc import Callable

from actors.guard import Faults, guarded
from actors.market import Instrument, Interval, bar_type_of
from actors.messages import BarsMended, ClosedBar, WindowLoaded
from actors.ports import Bars
from actors.signal.reference import ReferenceBars

_ALL = 1_000_000


class ReferenceListener:
    """Keeps the bars of one reference, for all streams of its interval that read it."""

    def __init__(self, instrument: Instrument, interval: Interval, bars: Bars, faults: Faults) -> None:
        """Start before its window is loaded."""
        self.faults = faults
        self.instrument_id = instrument.instrument_id
        self.bar_type = bar_type_of(instrument.instrument_id, interval.name)
        self.bars = ReferenceBars(interval)
        self.is_loaded = False
        """Whether its history is in; bars before that are in the window that is going to be loaded."""
        self.readers: list[Callable[[str], None]] = []
        """Called with a trace id when what was said of past bars is other now."""
        self._interval = interval.name
        self._source = bars
        self._price = 10.0**instrument.price_precision

    @guarded
    def on_window_loaded(self, message: WindowLoaded) -> None:
        """Take the bars of the window."""
        self.load(message.trace_id)

    @guarded
    def on_bars_mended(self, message: BarsMended) -> None:
        """Take the window anew: what was said of later bars rests on these."""
        if self.is_loaded:
            self.load(message.trace_id)

    @guarded
    def on_closed_bar(self, message: ClosedBar) -> None:
        """Add one more bar."""
        if self.is_loaded:
            self.bars.take(message.row.ts_open, message.row.close / self._price)

    def load(self, trace_id: str) -> None:
        """Begin anew from the window as it is now, and tell the readers."""
        rows = self._source.rows(self.instrument_id, self._interval, _ALL)
        self.bars.load((row.ts_open, row.close / self._price) for row in rows)
        self.is_loaded = True
        for tell in self.readers:
            tell(trace_id)
