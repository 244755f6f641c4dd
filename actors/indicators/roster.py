"""Which indicators run: begun when somebody asks, ended when nobody wants them any more or another needs the room."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from prometheus_client import Gauge

from actors.buffer.readers import Readers
from actors.indicators.catalogue import Catalogue
from actors.indicators.listener import Place
from actors.indicators.running import Running
from actors.indicators.track import Track
from actors.ports import Bars
from config.errors import NoCapacityError
from config.schema import IndicatorsSection

RUNNING = Gauge("whisperer_indicators_running", "Distinct indicators that are computed along with the bars")
FRESH_S = 10.0
"""One asked for so lately is not ended for another's sake; one that nobody holds any more may be at once."""
READER = "indicators"


class Roster:
    """Owner of the tracks; each holds its window as long as something runs on it."""

    def __init__(
        self,
        section: IndicatorsSection,
        bars: Bars,
        catalogue: Catalogue,
        *,
        make_track: Callable[[Place], Track],
        ended: Callable[[Place, str], None],
        monotonic: Callable[[], float],
    ) -> None:
        """Start with nothing running.

        Args:
            section: How many may run, and for how long unasked.
            bars: The windows.
            catalogue: What can be asked for.
            make_track: Makes the track of a place that has none.
            ended: Called with an indicator that runs no more.
            monotonic: A clock of seconds that only grows.
        """
        self._section = section
        self._bars = bars
        self._catalogue = catalogue
        self._make_track = make_track
        self._ended = ended
        self._monotonic = monotonic
        self._readers = Readers(section.idle_s, monotonic)
        self._asked: dict[tuple[str, str], float] = {}
        self._tracks: dict[Place, Track] = {}

    @property
    def tracks(self) -> Mapping[Place, Track]:
        """Every place on which something runs."""
        return MappingProxyType(self._tracks)

    def ensure(self, place: Place, name: str) -> tuple[Track, bool]:
        """Return the track on which an indicator runs now, and whether it has just begun.

        Raises:
            NodeError: If there is no such indicator or place, or no room for one more.
        """
        track = self._tracks.get(place)
        is_new = track is None or name not in track.running
        if track is None or is_new:
            track = self._begin(place, name)
        key = _key(place, name)  # noted only of what runs: names are the callers'
        self._readers.note(key)
        self._asked[key] = self._monotonic()
        return track, is_new

    def hold(self, place: Place, name: str, reader: str) -> None:
        """Keep an indicator running until `reader` releases it."""
        self._readers.enter(_key(place, name), reader)

    def release(self, place: Place, name: str, reader: str) -> None:
        """Let go of an indicator."""
        self._readers.leave(_key(place, name), reader)

    def sweep(self) -> bool:
        """End what nobody wants any more; return whether there was anything."""
        before = self._count()
        for place, track in list(self._tracks.items()):
            for name in list(track.running):
                if self._readers.is_idle(_key(place, name)):
                    self._end(place, track, name)
        return self._count() < before

    def _begin(self, place: Place, name: str) -> Track:
        running = Running(self._catalogue.read(name))
        self._make_room()
        track = self._tracks.get(place)
        if track is None:
            track = self._tracks[place] = self._make_track(place)
            self._bars.hold(*place, READER)
        track.running[name] = running
        self._count()
        return track

    def _make_room(self) -> None:
        if self._count() < self._section.max_running:
            return
        idle = {
            (place, name): idle_s
            for place, track in self._tracks.items()
            for name in track.running
            if (idle_s := self._idle_for(_key(place, name))) is not None
        }
        if not idle:
            raise NoCapacityError(
                f"{self._section.max_running} indicators run, which is all that may", retry_after_s=FRESH_S
            )
        place, name = max(idle, key=idle.__getitem__)
        self._end(place, self._tracks[place], name)

    def _idle_for(self, key: tuple[str, str]) -> float | None:
        """Return the seconds since somebody had use for an indicator; None of one that gives no way."""
        is_fresh = self._monotonic() - self._asked[key] < FRESH_S
        return None if is_fresh else self._readers.idle_for(key)

    def _end(self, place: Place, track: Track, name: str) -> None:
        del track.running[name]
        self._readers.forget(_key(place, name))
        del self._asked[_key(place, name)]
        if not track.running:
            del self._tracks[place]
            self._bars.release(*place, READER)
        self._count()
        self._ended(place, name)

    def _count(self) -> int:
        count = sum(len(track.running) for track in self._tracks.values())
        RUNNING.set(count)
        return count


def _key(place: Place, name: str) -> tuple[str, str]:
    return f"{place[0]}:{place[1]}", name
