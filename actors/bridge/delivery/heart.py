"""What happens by itself: heartbeats to those who hear nothing, and channels that are looked at every second."""

from typing import TYPE_CHECKING

from actors.bridge.connection import Connection
from actors.bridge.context import Clock
from actors.bridge.delivery.scheduler import Scheduler
from actors.bridge.wire_messages import Heartbeat
from actors.clock import MarketClock

if TYPE_CHECKING:
    from actors.bridge.hub import Hub

BEAT_S = 0.5
POLL_S = 1.0
"""Seconds between two looks at the channels that want it."""


class Heart:
    """Beats while somebody is connected."""

    def __init__(self, hub: "Hub", scheduler: Scheduler, market: MarketClock, clock: Clock, idle_s: float) -> None:
        """Stand still until `start`.

        Args:
            hub: Whose connections and streams.
            scheduler: The loop.
            market: Market time.
            clock: Wall time.
            idle_s: A heartbeat after so long without a message.
        """
        self._hub = hub
        self._scheduler = scheduler
        self._market = market
        self._clock = clock
        self._idle_s = idle_s
        self._beat_s = min(BEAT_S, idle_s / 8)
        self._polled_at = 0.0
        self._is_beating = False

    def start(self) -> None:
        """Beat until nobody is connected."""
        if not self._is_beating:
            self._is_beating = True
            self._scheduler.call_later(self._beat_s, self._beat)

    def _beat(self) -> None:
        self._is_beating = False
        try:
            self._look_at_all(self._scheduler.time())
        finally:
            if self._hub.connections:
                self.start()

    def _look_at_all(self, now: float) -> None:
        if now - self._polled_at >= POLL_S * 0.99:
            self._polled_at = now
            self._poll()
        for connection in self._hub.connections:
            if connection.behind_since is None and self._is_idle(connection, now):
                self._send(connection)

    def _is_idle(self, connection: Connection, now: float) -> bool:
        """Return whether a connection has heard nothing for long enough; noticed at beats, writing costs nothing."""
        heard = (connection.reached, connection.writes)
        if heard != connection.heard:
            connection.heard, connection.heard_at = heard, now
        return now - connection.heard_at >= self._idle_s

    def _poll(self) -> None:
        for stream in self._hub.streams.values():
            if stream.channel.is_polled:
                self._hub.touch(stream)

    def _send(self, connection: Connection) -> None:
        """Tell the heads of the channels on which a connection is up to date."""
        self._hub.settle(connection)
        heads = {
            name: lane.cursor.version if lane.stream.channel.kind == "latest" else lane.cursor.seq
            for name, lane in connection.lanes.items()
            if lane not in connection.cursors
        }
        self._hub.send(connection, Heartbeat(ts=self._market.now_ms, wall_ms=self._clock.wall_ms(), heads=heads))
