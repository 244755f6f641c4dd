"""From the bus to the hub: what a bus message means for the channels; costs next to nothing while nobody listens."""

from functools import lru_cache

import msgspec

from actors.bridge.channel import PUBLIC
from actors.bridge.channels.bars import Bars
from actors.bridge.delivery.stream import Stream
from actors.bridge.hub import Hub
from actors.bridge.price_channel import INTERVAL, Prices
from actors.bridge.tick_channel import TickChannel
from actors.market import split_bar_type
from actors.messages import BarsMended, ClosedBar, OpenBarChanged, Signal, SignalsBackfilled, TicksChanged, WindowLoaded
from actors.wire import signal_body


class Relay:
    """Lives as long as the hub; the actor of each built node hands its messages over."""

    def __init__(self, hub: Hub) -> None:
        """Start with a hub that may have streams already."""
        self._hub = hub
        self._growing: dict[str, list[Stream]] = {}
        self._ticking: dict[tuple[str, str], list[Stream]] = {}
        self._priced: dict[str, list[Stream]] = {}
        self._indexed = 0
        self._is_torn = False

    def attach(self) -> None:
        """Begin with a new node: what closed in between is sent; after a fault everything starts from snapshots."""
        for stream in list(self._hub.streams.values()):
            if self._is_torn and stream.channel.kind != "latest":
                self._hub.reset(stream)
            self._hub.wake(stream)
        self._is_torn = False

    def tear(self) -> None:
        """Note that messages may have been lost."""
        self._is_torn = True

    def closed_bar(self, message: ClosedBar) -> None:
        """Have a closed bar sent, and those before it that have not been sent yet."""
        for stream in self._at_bars(message.bar_type):
            self._hub.touch(stream)

    def mended(self, message: BarsMended) -> None:
        """Show bars that were filled in or corrected: rows sent cannot be taken back, so only a snapshot helps."""
        stream = self._hub.streams.find(_channel_of(message.bar_type))
        if stream is not None:
            self._hub.reset(stream)

    def open_bar(self, message: OpenBarChanged) -> None:
        """Have the open bars of an instrument looked at, once per turn of the loop."""
        if self._indexed != self._hub.streams.begun:
            self._index()
        for stream in self._growing.get(message.instrument_id, ()):
            self._hub.touch(stream)

    def ticks(self, message: TicksChanged) -> None:
        """Have the channels of an instrument's trades, quote or book looked at, once per turn of the loop."""
        if self._indexed != self._hub.streams.begun:
            self._index()
        look = self._hub.wake if message.is_ready else self._hub.touch
        for stream in self._ticking.get((message.instrument_id, message.kind), ()):
            look(stream)

    def window(self, message: WindowLoaded) -> None:
        """Send snapshots to those who wait for a window, and what a reloaded one has more."""
        for stream in self._at_bars(message.bar_type):
            self._hub.wake(stream)

    def signal(self, message: Signal) -> None:
        """Send one signal to those who hear all of them and to those who hear its instrument."""
        streams = self._signal_streams(message.instrument_id)
        if streams:
            body = msgspec.json.encode(signal_body(message))
            for stream in streams:
                self._hub.publish(stream, (body,))

    def backfilled(self, message: SignalsBackfilled) -> None:
        """Show signals that were computed from history: they are older than what was sent, so only snapshots help."""
        for stream in self._signal_streams(split_bar_type(message.bar_type)[0]):
            self._hub.reset(stream)

    def _signal_streams(self, instrument_id: str) -> list[Stream]:
        found = (self._hub.streams.find("signals"), self._hub.streams.find(f"signals:{instrument_id}"))
        return [stream for stream in found if stream is not None]

    def _at_bars(self, bar_type: str) -> list[Stream]:
        """Return what shows bars of a type: their channel, and prices made of them."""
        if self._indexed != self._hub.streams.begun:
            self._index()
        name = _channel_of(bar_type)
        stream, priced = self._hub.streams.find(name), self._priced.get(name, [])
        return priced if stream is None else [stream, *priced]

    def _index(self) -> None:
        self._indexed = self._hub.streams.begun
        self._growing, self._ticking, self._priced = {}, {}, {}
        for stream in self._hub.streams.values():
            channel = stream.channel
            if isinstance(channel, Bars) and channel.owner == PUBLIC:
                self._growing.setdefault(channel.instrument_id, []).append(stream)
            elif isinstance(channel, TickChannel):
                self._ticking.setdefault((channel.instrument_id, channel.tick_kind), []).append(stream)
            elif isinstance(channel, Prices):
                self._growing.setdefault(channel.instrument_id, []).append(stream)
                self._ticking.setdefault((channel.instrument_id, "quotes"), []).append(stream)
                self._priced.setdefault(f"bars:{channel.instrument_id}:{INTERVAL}", []).append(stream)


@lru_cache(maxsize=1_024)
def _channel_of(bar_type: str) -> str:
    instrument_id, interval = split_bar_type(bar_type)
    return f"bars:{instrument_id}:{interval.name}"
