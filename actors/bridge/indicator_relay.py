"""From the indicators to the hub: what new, changed and ended values mean for the channels."""

from actors.bridge.channels.indicators import Indicators
from actors.bridge.delivery.stream import Stream
from actors.bridge.hub import Hub
from actors.indicators.listener import Place


class IndicatorRelay:
    """Lives as long as the hub, whose channels ask for the values themselves when they are told to look."""

    def __init__(self, hub: Hub) -> None:
        """Start with a hub that may have streams already."""
        self._hub = hub
        self._indexed = -1
        self._streams: dict[Place, list[Stream]] = {}

    def grown(self, place: Place) -> None:
        """Have the rows of one more closed bar sent."""
        for stream in self._of(place):
            self._hub.touch(stream)

    def looked(self, place: Place) -> None:
        """Have the values of the open bar sent."""
        self.grown(place)

    def replaced(self, place: Place) -> None:
        """Begin anew from snapshots, as soon as the values are computed again."""
        for stream in self._of(place):
            self._hub.reset(stream)

    def ready(self, place: Place) -> None:
        """Send snapshots to those who wait for them."""
        for stream in self._of(place):
            self._hub.wake(stream)

    def ended(self, place: Place, name: str) -> None:
        """Forget the channel of an indicator that runs no more; nobody listened."""
        stream = self._hub.streams.find(":".join(("indicators", *place, name)))
        if stream is not None and not stream.lanes:
            self._hub.streams.end(stream)
        self._indexed = -1

    def _of(self, place: Place) -> list[Stream]:
        if self._indexed != self._hub.streams.begun:
            self._indexed = self._hub.streams.begun
            self._streams = {}
            for stream in self._hub.streams.values():
                if isinstance(stream.channel, Indicators):
                    key = stream.channel.instrument_id, stream.channel.interval
                    self._streams.setdefault(key, []).append(stream)
        return self._streams.get(place, [])
