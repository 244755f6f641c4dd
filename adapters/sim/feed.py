"""The simulated market as a feed: a pure function of seed, first start and market time."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import override

import numpy as np
from numpy.typing import NDArray

from actors.market import DAY_NS, MINUTE_NS, SECOND_NS, BarRow, BookRow, Instrument, QuoteRow, TradeRow, interval_of
from actors.ports import TickKind
from adapters.feed import Feed, FeedEvent
from adapters.sim.book import Book
from adapters.sim.history import History
from adapters.sim.instruments import specs
from adapters.sim.path import MINUTES, Path
from adapters.sim.recent import Recent
from adapters.sim.state import LAST_NS
from adapters.sim.ticks import Ticks
from config.errors import ConfigError
from config.schema import SimSection

END_NS = LAST_NS
"""Where the market ends, long before 64 bits do."""
_ORDER: Mapping[type, int] = {TradeRow: 0, BookRow: 1, QuoteRow: 2}
"""Of the events of one time; no two instruments have the same."""
_KINDS: frozenset[TickKind] = frozenset({"trades", "quotes", "book"})


class SimFeed(Feed):
    """Quotes, trades and books of every instrument in one order of time, and bars made of the same trades.

    At one time there are events of one instrument only: a trade, then the steps of its book if they are wanted, then
    the quote of what is best now; a reading never ends between them.

    Nothing is stored but the position: any minute is computed from its own neighbourhood, so the ticks do not
    depend on how they are read, and history reaches back before the first start.
    """

    def __init__(self, section: SimSection, first_start_ns: int, position_ns: int | None = None) -> None:
        """Prepare the market.

        Args:
            section: Seed, instruments, length of history.
            first_start_ns: When this market was first started, UNIX nanoseconds.
            position_ns: Where to go on; None at the first start.

        Raises:
            ConfigError: If the instruments' numbers do not fit together, or a time is out of range.
        """
        begin_day = (first_start_ns - section.history_days * DAY_NS) // DAY_NS
        if begin_day < 1 or first_start_ns >= END_NS:
            raise ConfigError("sim.start: history must begin after 1970 and the market before 2200")
        self.begin_ns = begin_day * DAY_NS
        """Where history begins."""
        self.specs = specs(section.instruments, self.begin_ns)
        paths: dict[tuple[str, float], Path] = {}
        self._ticks: dict[str, Ticks] = {}
        for spec in self.specs:
            key = (spec.pair, spec.volatility)
            path = paths.setdefault(key, Path(section.seed, *key, begin_day))
            self._ticks[spec.instrument.instrument_id] = Ticks(section.seed, spec, path)
        self._history = {name: History(ticks, self.begin_ns) for name, ticks in self._ticks.items()}
        self._books = {
            name: Book(section.seed, ticks, self.begin_ns // MINUTE_NS) for name, ticks in self._ticks.items()
        }
        self._wanted: set[str] = set()
        self._instruments = {spec.instrument.instrument_id: spec.instrument for spec in self.specs}
        self._position = first_start_ns if position_ns is None else position_ns
        self._minutes = Recent(self._make_minute, 2)
        self._until = 0
        """Before this everything that has not been read is in `_events`, from `_next` on."""
        self._events: list[FeedEvent] = []
        self._times: list[int] = []
        self._next = 0

    @property
    @override
    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    @property
    @override
    def position_ns(self) -> int:
        return self._position

    @override
    def native_interval(self, instrument_id: str) -> str | None:
        return None

    @override
    def kinds(self, instrument_id: str) -> frozenset[TickKind]:
        return _KINDS if instrument_id in self._ticks else frozenset()

    @override
    def want_book(self, instrument_id: str, *, is_wanted: bool) -> None:
        if instrument_id not in self._books or is_wanted == (instrument_id in self._wanted):
            return
        if is_wanted:
            self._wanted.add(instrument_id)
        else:
            self._wanted.discard(instrument_id)
        self._until, self._times, self._next = 0, [], 0  # what was loaded are other events now

    @override
    def book(self, instrument_id: str) -> BookRow | None:
        found = self._books.get(instrument_id)
        return None if found is None else found.at(self._position)

    @override
    def quote(self, instrument_id: str) -> QuoteRow | None:
        ticks = self._ticks.get(instrument_id)
        if ticks is None:
            return None
        minute = self._position // MINUTE_NS
        rows = [*ticks.quotes(minute - 1), *ticks.quotes(minute)]
        before = bisect_left(rows, self._position, key=attrgetter("ts"))
        return rows[before - 1] if before else None

    @override
    def trades(self, instrument_id: str, limit: int) -> list[TradeRow]:
        found: list[TradeRow] = []
        for part in self.trades_back(instrument_id, self._position):
            if len(found) >= limit:
                break
            found = [*part, *found]
        return found[max(0, len(found) - limit) :]

    @override
    def trades_back(self, instrument_id: str, before_ns: int) -> Iterator[list[TradeRow]]:
        ticks, before_ns = self._ticks.get(instrument_id), min(before_ns, self._position)
        if ticks is not None:
            for minute in range(before_ns // MINUTE_NS, self.begin_ns // MINUTE_NS - 1, -1):
                yield [trade for trade in ticks.trades(minute) if trade.ts < before_ns]

    @override
    def next_ts(self) -> int | None:
        while self._next == len(self._times):
            begin = max(self._until, self._position)
            if begin >= END_NS:
                return None
            self._load(begin)
        return self._times[self._next]

    @override
    def read(self, until_ns: int, limit: int) -> Sequence[FeedEvent]:
        until_ns = min(until_ns, END_NS)
        found: list[FeedEvent] = []
        while self._position < until_ns:
            if self._position >= self._until:
                self._load(self._position)
            stop = bisect_left(self._times, until_ns, self._next)
            stop = min(stop, self._whole(self._next + limit - len(found)))
            found += self._events[self._next : stop]
            self._next = stop
            if len(found) >= limit:
                self._position = found[-1].ts + 1 if found else self._position
                break
            self._position = min(until_ns, self._until)
        return found

    @override
    def minute_trades(self, instrument_id: str) -> list[TradeRow]:
        trades = self._ticks[instrument_id].trades(self._position // MINUTE_NS)
        return [trade for trade in trades if trade.ts < self._position]

    @override
    def history(
        self, instrument_id: str, interval: str, start_ns: int | None, end_ns: int | None, limit: int
    ) -> list[BarRow]:
        found = self._history[instrument_id]
        return found.bars(interval_of(interval), self._position, start_ns, end_ns, limit)

    def prepare(
        self, instrument_id: str, interval: str, start_ns: int | None, end_ns: int | None, limit: int
    ) -> Iterator[None]:
        """Compute in small steps what `history` with the same arguments will need; between them others may work."""
        found = self._history[instrument_id]
        return found.prepare(interval_of(interval), self._position, start_ns, end_ns, limit)

    def mids(self, instrument_id: str, start_minute: int, count: int) -> NDArray[np.float64]:
        """Return the mid price at the begin of each of `count` minutes since 1970, quote currency, shape (count,)."""
        ticks = self._ticks[instrument_id]
        first, last = start_minute // MINUTES, (start_minute + count - 1) // MINUTES
        days = np.concatenate([ticks.mids(day)[:MINUTES] for day in range(first, last + 1)])
        offset = start_minute - first * MINUTES
        result: NDArray[np.float64] = days[offset : offset + count] / 10**ticks.spec.instrument.price_precision
        return result

    def _whole(self, stop: int) -> int:
        """Return where to stop reading instead of at `stop`, so that nothing of one time is cut apart."""
        while 0 < stop < len(self._times) and self._times[stop] == self._times[stop - 1]:
            stop += 1
        return stop

    def _load(self, begin: int) -> None:
        """Make events from `begin` on ready for reading: of a minute, or of a second when steps have to be made."""
        minute = begin // MINUTE_NS
        self._until = (minute + 1) * MINUTE_NS
        if self._wanted:
            self._until = begin - begin % SECOND_NS + SECOND_NS
        events, times = self._minutes[minute]
        first, after = bisect_left(times, begin), bisect_left(times, self._until)
        self._events, self._times, self._next = events[first:after], times[first:after], 0
        if self._wanted:
            for name in self._wanted:
                self._events += self._books[name].steps(begin, self._until)
            self._events.sort(key=lambda event: (event.ts, _ORDER[type(event)]))
            self._times = [event.ts for event in self._events]

    def _make_minute(self, minute: int) -> tuple[list[FeedEvent], list[int]]:
        """Return the trades and quotes of a minute in the order of reading, and their times."""
        events: list[FeedEvent] = []
        for ticks in self._ticks.values():
            events += ticks.trades(minute)
            events += ticks.quotes(minute)
        events.sort(key=attrgetter("ts"))
        return events, [event.ts for event in events]
