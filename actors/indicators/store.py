"""Every indicator that runs, by instrument, interval and name; lives as long as the process."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, override

import structlog

from actors.buffer.readers import Sweeper
from actors.indicators.catalogue import Catalogue
from actors.indicators.growth import Growth
from actors.indicators.indicator import IndicatorKind
from actors.indicators.listener import Listener, Place
from actors.indicators.page import Older, rows_of
from actors.indicators.roster import Roster
from actors.indicators.running import Running
from actors.indicators.track import Change, Track
from actors.market import BarRow, Instrument, Interval, split_bar_type
from actors.ports import Bars, Indicators, IndicatorsPage
from actors.turns import Turns
from actors.wire import decode_bar
from config.errors import NotReadyError, VenueUnavailableError
from config.schema import BufferSection, IndicatorsSection

log = structlog.get_logger(__name__)

type BarMaker = Callable[[Instrument, Interval], Callable[[BarRow], Any]]


class RunningIndicators(Indicators):
    """Implements `ports.Indicators`: each distinct one is handed every closed bar once.

    Bars come from the windows of the buffer and from nowhere else; messages only say when to look. So nothing is
    missed or taken twice, whatever happened between two nodes.
    """

    def __init__(
        self,
        section: IndicatorsSection,
        buffer: BufferSection,
        bars: Bars,
        make_bars: BarMaker,
        *,
        catalogue: Catalogue | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with nothing running.

        Args:
            section: How many may run, and for how long unasked.
            buffer: Size of the windows, and patience.
            bars: The windows.
            make_bars: Returns what makes the engine's bars of the rows of an instrument and interval.
            catalogue: What can be asked for; None takes the engine's and those of installed packages.
            monotonic: A clock of seconds that only grows.
        """
        self.listener: Listener | None = None
        """Whoever serves those who listen; the bridge sets itself."""
        self._window = buffer.window
        self._timeout_s = buffer.request_timeout_s
        self._bars = bars
        self._make_bars = make_bars
        self._catalogue = Catalogue() if catalogue is None else catalogue
        self._roster = Roster(
            section, bars, self._catalogue, make_track=self._make_track, ended=self._on_ended, monotonic=monotonic
        )
        self._sweeper = Sweeper(self._roster.sweep, min(30.0, section.idle_s / 4))
        self._turns = Turns()
        self._growth = Growth(self._turns, monotonic, self._on_looked)
        self._warming: asyncio.Task[None] | None = None
        self._is_changed = asyncio.Event()

    @override
    def kinds(self) -> Sequence[IndicatorKind]:
        return self._catalogue.kinds()

    @override
    def canonical(self, name: str) -> str:
        return self._catalogue.read(name).name

    @override
    def ensure(self, instrument_id: str, interval: str, name: str) -> None:
        self._ensured((instrument_id, interval), name)

    @override
    def hold(self, instrument_id: str, interval: str, name: str, reader: str) -> None:
        place = instrument_id, interval
        self._ensured(place, name)
        self._roster.hold(place, name, reader)

    @override
    def release(self, instrument_id: str, interval: str, name: str, reader: str) -> None:
        self._roster.release((instrument_id, interval), name, reader)

    @override
    def is_ready(self, instrument_id: str, interval: str, name: str) -> bool:
        return self._found((instrument_id, interval), name) is not None

    @override
    def recent(self, instrument_id: str, interval: str, name: str, count: int) -> tuple[list[bytes], list[int]]:
        found = self._found((instrument_id, interval), name)
        if found is None:
            return [], []
        track, running = found
        begin = max(0, len(track.rows) - count)
        opens = [row.ts_open for row in track.rows[begin:]]
        return [running.encoded(index, ts) for index, ts in enumerate(opens, begin)], opens

    @override
    def growing(self, instrument_id: str, interval: str, name: str) -> bytes | None:
        place = instrument_id, interval
        found, data = self._found(place, name), self._bars.open_bar(instrument_id, interval)
        if found is None or data is None:
            return None
        track, running = found
        row, (_, newest) = decode_bar(data), self._bars.recent(instrument_id, interval, 1)
        if row.ts_open <= track.last_open or newest != [one.ts_open for one in track.rows[-1:]]:
            return None
        return self._growth.row(track, running, row)

    @override
    async def page(
        self, instrument_id: str, interval: str, name: str, *, start: int | None, end: int | None, limit: int
    ) -> IndicatorsPage:
        place = instrument_id, interval
        await self._loaded(place, name)
        page = await self._bars.page(instrument_id, interval, start=start, end=end, limit=limit)
        track, running = await self._loaded(place, name)
        rows = await rows_of(page, track, running, Older(self._bars, place, self._turns))
        if running.failure is not None:
            raise NotReadyError(f"{name} failed: {running.failure}")
        return IndicatorsPage(rows, page.opens, page.holes, page.has_older)

    def attach(self) -> None:
        """Follow a node that has just started: take what has closed since the last one."""
        self._sweeper.start()
        for place, track in list(self._roster.tracks.items()):
            self._look(place, track)

    def detach(self) -> None:
        """Let go of a node that stops; what was computed stays readable."""
        self._sweeper.stop()
        self._growth.stop()

    def closed(self, bar_type: str) -> None:
        """Hear that a bar has closed."""
        place = _place(bar_type)
        track = self._roster.tracks.get(place)
        if track is not None:
            self._look(place, track)

    def mended(self, bar_type: str) -> None:
        """Hear that a window was loaded, or that closed bars of it are others now."""
        place = _place(bar_type)
        track = self._roster.tracks.get(place)
        if track is not None and self._bars.is_loaded(*place):
            self._take(place, track, track.compare(self._all(place)))

    def reset(self) -> None:
        """Forget all values after a jump of market time; what was wanted stays wanted."""
        self._growth.stop()
        for track in self._roster.tracks.values():
            track.forget()

    def sweep(self) -> bool:
        """End what nobody wants any more; return whether there was anything."""
        return self._roster.sweep()

    def _make_track(self, place: Place) -> Track:
        interval = self._bars.check(*place)
        return Track(self._make_bars(self._bars.instruments()[place[0]], interval), self._window)

    def _ensured(self, place: Place, name: str) -> Track:
        track, is_new = self._roster.ensure(place, name)
        if is_new:
            self._look(place, track)
        return track

    def _found(self, place: Place, name: str) -> tuple[Track, Running] | None:
        track = self._roster.tracks.get(place)
        running = None if track is None else track.running.get(name)
        if track is None or running is None or not (track.is_loaded and running.is_ready):
            return None
        return track, running

    async def _loaded(self, place: Place, name: str) -> tuple[Track, Running]:
        """Wait until an indicator is ready and has taken the newest bar."""
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    self._look(place, self._ensured(place, name))
                    found = self._found(place, name)
                    if found is not None:
                        return found
                    await self._is_changed.wait()
        except TimeoutError as e:
            raise VenueUnavailableError(f"history of {name} is still loading", retry_after_s=1.0) from e

    def _all(self, place: Place) -> list[BarRow]:
        return self._bars.rows(*place, self._window)

    def _look(self, place: Place, track: Track) -> None:
        if self._bars.is_loaded(*place):
            self._take(place, track, track.follow(self._bars.rows(*place, 2), lambda: self._all(place)))

    def _take(self, place: Place, track: Track, change: Change) -> None:
        if track.is_pending and (self._warming is None or self._warming.done()):
            self._warming = asyncio.get_running_loop().create_task(self._warm())
        if self.listener is None:
            return
        if change == "grown":
            self.listener.grown(place)
        elif change == "replaced":
            log.info("indicators_computed_anew", instrument_id=place[0], interval=place[1], names=list(track.running))
            self.listener.replaced(place)

    async def _warm(self) -> None:
        while (found := next((one for one in self._roster.tracks.items() if one[1].is_pending), None)) is not None:
            place, track = found
            try:
                await self._turns.run(track.warm())
            except Exception as e:
                log.exception("indicators_not_computed", instrument_id=place[0], interval=place[1])
                track.give_up(f"{type(e).__name__}: {e}")
            self._is_changed.set()
            self._is_changed = asyncio.Event()
            if self.listener is not None:
                self.listener.ready(place)

    def _on_ended(self, place: Place, name: str) -> None:
        if self.listener is not None:
            self.listener.ended(place, name)

    def _on_looked(self, track: Track) -> None:
        place = next((place for place, one in self._roster.tracks.items() if one is track), None)
        if place is not None and self.listener is not None:
            self.listener.looked(place)


@lru_cache(maxsize=1_024)
def _place(bar_type: str) -> Place:
    instrument_id, interval = split_bar_type(bar_type)
    return instrument_id, interval.name
