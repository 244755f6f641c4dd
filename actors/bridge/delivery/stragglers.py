"""Connections that cannot take more: skipped, brought up to date once they can, closed when they stay stuck."""

from collections.abc import Callable

import structlog
from prometheus_client import Counter

from actors.bridge.connection import Connection
from actors.bridge.delivery.fanout import FanOut
from actors.bridge.delivery.scheduler import Scheduler
from config.schema import WebSocketSection

SLOW = 4508
POLL_S = 0.01

log = structlog.get_logger(__name__)
_skipped = Counter("whisperer_ws_skipped", "Times a WebSocket connection was skipped because its buffer was full")
_caught_up = Counter("whisperer_ws_caught_up", "Times a skipped WebSocket connection was up to date again")
_resyncs = Counter("whisperer_ws_resyncs", "Snapshots sent in place of messages that the ring had lost")
_killed = Counter("whisperer_ws_killed", "WebSocket connections closed because they stayed stuck")


class Stragglers:
    """Everybody who is behind. Their cursors are all that is kept for them; the rings hold what they missed."""

    def __init__(
        self,
        scheduler: Scheduler,
        fanout: FanOut,
        limits: WebSocketSection,
        *,
        on_fault: Callable[[Connection], None],
    ) -> None:
        """Start with nobody.

        Args:
            scheduler: The loop.
            fanout: Whom they come from and go back to.
            limits: When a connection is full, when it may go on, and when it is given up.
            on_fault: Called with a connection that could not be served; it must detach it.
        """
        self._on_fault = on_fault
        self._scheduler = scheduler
        self._fanout = fanout
        self._full_bytes = limits.slow_after_bytes
        self._low_bytes = limits.caught_up_below_bytes
        self._stuck_after_s = limits.stuck_after_s
        self._connections: dict[Connection, None] = {}
        self._is_polling = False

    def add(self, connection: Connection) -> None:
        """Skip a connection from now on."""
        if connection in self._connections:
            return
        for lane in connection.lanes.values():
            if lane not in connection.cursors:
                connection.cursors[lane] = self._fanout.position(connection, lane)
        self._fanout.leave(connection)
        self._connections[connection] = None
        connection.behind_since = self._scheduler.time()
        _skipped.inc()
        self._poll_later()

    def drop(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.pop(connection, None)
        connection.behind_since = None

    def catch_up(self, connection: Connection) -> None:
        """Bring a settled connection to the head of its channels as far as its socket takes it.

        Channels that are not ready keep their cursor, without holding up the others. Whatever a channel raises ends
        this connection alone.
        """
        try:
            self._bring(connection)
        except Exception:
            log.exception("ws_catch_up_failed")
            self._on_fault(connection)

    def _bring(self, connection: Connection) -> None:
        for lane in connection.lanes.values():
            if lane in connection.cursors and lane.stream.refresh():
                self._fanout.mark(lane.stream)
        self._fanout.cut()
        self._fanout.settle(connection)
        for lane, cursor in list(connection.cursors.items()):
            if connection.buffered() > self._full_bytes:
                self._stay(connection)
                return
            frames, connection.cursors[lane] = lane.since(cursor)
            self._fanout.write(connection, frames)
            if cursor.epoch and not lane.stream.covers(cursor) and connection.cursors[lane] != cursor:
                _resyncs.inc()
        self._rejoin(connection)

    def _rejoin(self, connection: Connection) -> None:
        """Treat a connection as up to date again: everything was brought to the head within this call."""
        if connection in self._connections:
            self.drop(connection)
            _caught_up.inc()
        for lane, cursor in list(connection.cursors.items()):
            if cursor == lane.stream.head and lane.stream.covers(cursor):
                del connection.cursors[lane]
                if not lane.groups:
                    lane.cursor = cursor
        self._fanout.join(connection)

    def _stay(self, connection: Connection) -> None:
        """Go on later; what was brought so far was progress, so the time to being stuck begins anew."""
        self.add(connection)
        connection.behind_since = self._scheduler.time()

    def _poll_later(self) -> None:
        if not self._is_polling:
            self._is_polling = True
            self._scheduler.call_later(POLL_S, self._poll)

    def _poll(self) -> None:
        self._is_polling = False
        try:
            for connection in list(self._connections):
                self._look_at(connection)
        finally:
            if self._connections:
                self._poll_later()

    def _look_at(self, connection: Connection) -> None:
        try:
            self._judge(connection)
        except Exception:
            log.exception("ws_straggler_failed")
            self._on_fault(connection)

    def _judge(self, connection: Connection) -> None:
        if connection.is_closing():  # its own task will say goodbye
            self.drop(connection)
        elif connection.buffered() < self._low_bytes:
            self.catch_up(connection)
        elif self._scheduler.time() - (connection.behind_since or 0.0) > self._stuck_after_s:
            self.drop(connection)
            _killed.inc()
            log.info("ws_stuck_closed", buffered=connection.buffered(), after_s=self._stuck_after_s)
            connection.close(SLOW, "slow")
