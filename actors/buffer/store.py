"""The buffer: every window of every instrument, their history, their open bars; lives as long as the process."""

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import override

import structlog

from actors.buffer.check import Refusals, fault_of
from actors.buffer.filling import Filler
from actors.buffer.history import History, counted, read_page
from actors.buffer.live import InstrumentBars
from actors.buffer.loading import Loader, derive, is_longer
from actors.buffer.outlet import Listener
from actors.buffer.readers import Readers, Sweeper
from actors.buffer.series import Series
from actors.buffer.source import Asked, CheckedSource, Source
from actors.market import SECOND_NS, BarRow, Instrument, Interval, interval_of
from actors.ports import BarColumns, Bars, BarsPage
from actors.wire import encode_bar
from config.errors import UnknownInstrumentError, UnsupportedIntervalError, VenueUnavailableError
from config.schema import BufferSection

log = structlog.get_logger(__name__)


class Buffer(Bars):
    """Implements `ports.Bars`. Nodes come and go: each attaches a source and a listener, the windows stay.

    The base interval of an instrument is one minute when the source has trades of it, else that of its recorded bars.
    """

    def __init__(
        self,
        section: BufferSection,
        instruments: Mapping[str, Instrument],
        native: Callable[[str], str | None],
        *,
        recalled: Callable[[Asked], Asked] = lambda source: source,
    ) -> None:
        """Start with empty windows.

        Args:
            section: Size of the windows, of the cache, and patience.
            instruments: Every instrument of the market by id.
            native: Instrument id -> interval of its recorded bars, or None when the source has trades of it.
            recalled: Puts a cache before the source, for what is older than the windows.
        """
        self.refusals = Refusals()
        self._section = section
        self._instruments = instruments
        self._native = {name: native(name) for name in instruments}
        self._source = CheckedSource(self.refusals)
        self._history = History(recalled(self._source), section.cache_blocks, section.request_timeout_s)
        self._readers = Readers(section.idle_window_s)
        self._sweeper = Sweeper(self.sweep, section.idle_window_s / 4)
        self._loader = Loader(self._source, section.window, self._on_loaded, self._on_failed)
        self._filler = Filler(self._source, self._loader, self._on_failed)
        self._listener: Listener | None = None
        self._second = 0
        self._held = self._empty()

    @override
    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    @override
    def has_trades(self, instrument_id: str) -> bool:
        return self.held(instrument_id).has_trades

    @override
    def check(self, instrument_id: str, interval: str) -> Interval:
        base = self.held(instrument_id).base.interval
        wanted = interval_of(interval)
        if self._native[instrument_id] is not None and not base.divides(wanted):
            raise UnsupportedIntervalError(
                f"{instrument_id} has bars of {base.name} only, {interval} cannot be made of them"
            )
        return wanted

    @override
    def ensure(self, instrument_id: str, interval: str) -> None:
        self._readers.note((instrument_id, interval))
        self._series(instrument_id, interval)

    @override
    def hold(self, instrument_id: str, interval: str, reader: str) -> None:
        self._series(instrument_id, interval)
        self._readers.enter((instrument_id, interval), reader)

    @override
    def release(self, instrument_id: str, interval: str, reader: str) -> None:
        self._readers.leave((instrument_id, interval), reader)

    @override
    def is_loaded(self, instrument_id: str, interval: str) -> bool:
        series = self.held(instrument_id).series.get(interval)
        return series is not None and series.is_loaded

    def has_all(self) -> bool:
        """Return whether the base window of every instrument is in place: signals of later bars are live ones."""
        return all(bars.base.is_loaded for bars in self._held.values())

    @override
    def rows(self, instrument_id: str, interval: str, count: int) -> list[BarRow]:
        self._readers.note((instrument_id, interval))
        window = self._series(instrument_id, interval).window
        begin, end = window.newest(count)
        return window.rows[begin:end]

    @override
    def columns(self, instrument_id: str, interval: str, count: int) -> BarColumns:
        self._readers.note((instrument_id, interval))
        return self._series(instrument_id, interval).window.columns(count)

    @override
    def recent(self, instrument_id: str, interval: str, count: int) -> tuple[list[bytes], list[int]]:
        window = self._series(instrument_id, interval).window
        begin, end = window.newest(count)
        return window.encoded(begin, end), window.opens(begin, end)

    @override
    def open_bar(self, instrument_id: str, interval: str) -> bytes | None:
        row = self.open_row(instrument_id, interval)
        if row is None:
            return None
        instrument = self._instruments[instrument_id]
        return encode_bar(row, instrument.price_precision, instrument.size_precision, closed=False)

    def open_row(self, instrument_id: str, interval: str) -> BarRow | None:
        """Return the open bar as an exact row, or None when nothing has traded in it."""
        return self.held(instrument_id).open_row(self._series(instrument_id, interval))

    async def loaded(self, instrument_id: str, interval: str) -> Series:
        """Wait until the history of a window is in place; it is begun if nobody asked for it yet.

        Returns:
            The series: another one when time has jumped meanwhile.

        Raises:
            VenueUnavailableError: If that takes longer than one question may.
        """
        self._readers.note((instrument_id, interval))
        series = self._series(instrument_id, interval)
        if series.is_loaded:
            return series
        try:
            async with asyncio.timeout(self._section.request_timeout_s):
                while not series.is_loaded:
                    await series.loaded.wait()
                    series = self._series(instrument_id, interval)
                return series
        except TimeoutError as e:
            raise VenueUnavailableError(f"history of {series.bar_type} is still loading", retry_after_s=1.0) from e

    @override
    async def page(
        self, instrument_id: str, interval: str, *, start: int | None, end: int | None, limit: int
    ) -> BarsPage:
        began, was_loaded = perf_counter(), self.is_loaded(instrument_id, interval)
        series = await self.loaded(instrument_id, interval)
        page = await read_page(self._history, series, start=start, end=end, limit=limit)
        return counted(page, began, was_loaded=was_loaded)

    def held(self, instrument_id: str) -> InstrumentBars:
        """Return the bars of one instrument.

        Raises:
            UnknownInstrumentError: If there is no such instrument.
        """
        found = self._held.get(instrument_id)
        if found is None:
            raise UnknownInstrumentError(f"no instrument {instrument_id[:60]!r} on this node")
        return found

    def bar(self, bars: InstrumentBars, row: BarRow) -> None:
        """Take a closed bar of the base interval; a corrupt one is refused."""
        fault = fault_of(row)
        if fault is None:
            bars.bar(row)
        else:
            self.refusals.refuse("bar", fault, bars.instrument.instrument_id, row)

    def advance(self, ts: int) -> None:
        """Note market time (UNIX ns); bars that it ends are closed, at most a market second late."""
        second = ts // SECOND_NS
        if second != self._second:
            self._second = second
            for bars in self._held.values():
                bars.advance(ts)

    def attach(self, source: Source | None, listener: Listener) -> None:
        """Follow a node that has just started: load what was asked for, close the gap since the last one.

        Without a source (a backtest) the windows hold what was preloaded, and what is joined from that.
        """
        self._stop()
        self._source.source = source
        self._listener = listener
        for bars in self._held.values():
            bars.listen(listener)
            for series in list(bars.series.values()):
                self._begin(bars, series)
                self._filler.resume(bars, series)
        if source is not None:
            self._sweeper.start()

    def detach(self) -> None:
        """Let go of a node that stops; windows and cache stay readable."""
        self._stop()
        self._history.stop()
        self._sweeper.stop()
        self._source.source = None
        self._listener = None

    def reset(self) -> None:
        """Forget all bars after a jump of market time, between `detach` and `attach`; what was wanted stays wanted."""
        self._stop()
        before, self._held = self._held, self._empty()
        self._history.clear()
        self._second = 0
        for name, bars in before.items():
            for interval, series in bars.series.items():
                self._series(name, interval)
                series.loaded.set()  # who still waits for it looks again and finds the new one

    def sweep(self) -> bool:
        """Drop the windows that nobody reads, but those of the base interval; return whether there were any."""
        dropped = [
            (bars, series)
            for name, bars in self._held.items()
            for interval, series in bars.series.items()
            if series is not bars.base and series.is_loaded and self._readers.is_idle((name, interval))
        ]
        for bars, series in dropped:
            self._loader.drop(series)
            self._filler.drop(series)
            bars.drop(series)
            self._readers.forget((bars.instrument.instrument_id, series.interval.name))
            log.info("window_dropped", bar_type=series.bar_type, bars=len(series.window))
        return bool(dropped)

    def preload(self, instrument_id: str, interval: str, rows: list[BarRow]) -> None:
        """Fill a window with all the history there is, oldest first, before a backtest."""
        series = self._series(instrument_id, interval)
        series.window.has_older = False
        for row in rows:
            series.window.push(row)

    def _stop(self) -> None:
        self._loader.stop()
        self._filler.stop()

    def _on_loaded(self, series: Series) -> None:
        self._filler.resume(self.held(series.instrument.instrument_id), series)
        log.info("window_loaded", bar_type=series.bar_type, bars=len(series.window), complete=series.window.is_complete)
        if self._listener is not None:
            self._listener.loaded(series)

    def _on_failed(self, error: Exception) -> None:
        if self._listener is not None:
            self._listener.failed(error)

    def _series(self, instrument_id: str, interval: str) -> Series:
        bars = self.held(instrument_id)
        series = bars.series.get(interval)
        if series is None:
            series = bars.add(self.check(instrument_id, interval))
            if self._listener is not None:
                self._begin(bars, series)
        return series

    def _begin(self, bars: InstrumentBars, series: Series) -> None:
        longer = is_longer(bars, series)
        if self._source.source is not None:
            if not (longer and series.is_loaded):
                self._loader.start(bars, series)
        elif not series.is_loaded:
            if longer:
                derive(bars, series)
            series.set_loaded()
            self._on_loaded(series)

    def _empty(self) -> dict[str, InstrumentBars]:
        held = {}
        for name, instrument in self._instruments.items():
            native = self._native[name]
            base = interval_of(native or "1m")
            held[name] = InstrumentBars(
                instrument, base, has_trades=native is None, size=self._section.window, outlet=self._filler
            )
        return held
