"""One instrument and interval: its window, what it is made of, and what it lacks."""

import asyncio
from collections import deque

from actors.buffer.aggregator import BarAggregator, TradeBars
from actors.buffer.gaps import Gaps
from actors.buffer.window import BarWindow
from actors.market import BarRow, Instrument, Interval, bar_type_of
from actors.messages import BARS_TOPIC, MENDS_TOPIC

UNKNOWN = 2**63
"""A time that is not known yet."""


class Series:
    """One instrument and interval."""

    def __init__(self, instrument: Instrument, interval: Interval, size: int) -> None:
        """Start with an empty window for `size` bars, not loaded."""
        self.instrument = instrument
        self.interval = interval
        self.bar_type = bar_type_of(instrument.instrument_id, interval.name)
        self.topic = f"{BARS_TOPIC}.{self.bar_type}"
        self.mends_topic = f"{MENDS_TOPIC}.{self.bar_type}"
        self.window = BarWindow(instrument, interval, size)
        self.gaps = Gaps(interval)
        self.longer: BarAggregator | None = None
        """Joins the base bars of an interval longer than the base; None until its history is in place."""
        self.whole_from = 0
        """Open time of the first longer bar that history has whole, UNIX ns; `UNKNOWN` before the first base bar."""
        self.shorter: TradeBars | None = None
        """Builds the bars of an interval shorter than the base."""
        self.waiting: deque[BarRow] | None = None
        """Newest live bars, held back while history is asked for; None when they go straight into the window."""
        self.is_held = False
        """Whether live bars wait for a gap to be filled, which they do not for long."""
        self.is_loaded = False
        """Whether history has joined."""
        self.loaded = asyncio.Event()
        """Set together with `is_loaded`, for those who wait."""
        self.has_missed = False
        """A bar is missing that the source must have: ask again after the question on its way."""

    def hold_back(self) -> None:
        """Have live bars wait; of more than a window holds the older ones are asked for when there is an answer."""
        self.waiting = deque(maxlen=self.window.size)

    def set_loaded(self) -> None:
        """Note that history has joined."""
        self.is_loaded = True
        self.loaded.set()

    @property
    def horizon(self) -> int:
        """Open time of the oldest bar in the window, UNIX ns; 0 when it is empty."""
        return self.window.first_open or 0

    @property
    def settled(self) -> int:
        """Every bar that opens before is closed, UNIX ns."""
        return self.window.next_open or 0
