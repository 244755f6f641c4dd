"""Who gets which message: streams, connections, and what happens between them."""

from collections.abc import Iterable, Sequence

import structlog
from msgspec import Struct
from prometheus_client import Gauge

from actors.bridge.connection import Connection
from actors.bridge.context import Clock, Context
from actors.bridge.delivery.fanout import FanOut
from actors.bridge.delivery.frames import message_frame
from actors.bridge.delivery.heart import Heart
from actors.bridge.delivery.lane import Lane
from actors.bridge.delivery.scheduler import WALL_CLOCK, RunningLoop, Scheduler
from actors.bridge.delivery.stragglers import Stragglers
from actors.bridge.delivery.stream import NOWHERE, Cursor, Stream
from actors.bridge.delivery.streams import Streams
from actors.bridge.dialect import Dialect
from actors.bridge.wire_messages import Position, ServerMessage

INTERNAL = 4500

log = structlog.get_logger(__name__)
_connected = Gauge("whisperer_ws_connections", "Open WebSocket connections")


class Wish(Struct, frozen=True, kw_only=True):
    """One channel that a client wants to hear."""

    stream: Stream
    cursor: Cursor = NOWHERE
    """Where the client stands; by default it has nothing."""
    gap_s: float = 0.0
    """Least seconds between two latest values."""


class Hub:
    """Numbers, keeps and delivers the messages of all channels; lives as long as the process."""

    def __init__(
        self,
        context: Context,
        *,
        scheduler: Scheduler | None = None,
        clock: Clock | None = None,
        streams: Streams | None = None,
    ) -> None:
        """Start without connections.

        Args:
            context: What channels are made of; its `config.ws` has the limits.
            scheduler: The loop; None takes the running one.
            clock: Wall time for heartbeats; None takes the computer's.
            streams: None: there are none yet, and every registered kind of channel may be asked for.
        """
        limits = context.config.ws
        self._context = context
        self.streams = Streams(context) if streams is None else streams
        """Every stream that ever had a subscriber."""
        self._connections: dict[Connection, None] = {}
        loop = scheduler or RunningLoop()
        self._fanout = FanOut(loop, limits.slow_after_bytes, on_full=self._skip, on_fault=self._give_up)
        self._stragglers = Stragglers(loop, self._fanout, limits, on_fault=self._lose)
        self._failed_dialects: set[Dialect] = set()
        self._clock = clock or WALL_CLOCK
        self._heart = Heart(self, loop, context.clock, self._clock, limits.idle_heartbeat_s)

    @property
    def connections(self) -> Sequence[Connection]:
        """Everybody connected."""
        return list(self._connections)

    def publish(self, stream: Stream, bodies: Iterable[bytes]) -> None:
        """Add encoded rows to a log channel, oldest first."""
        for body in bodies:
            stream.append(body)
        self.touch(stream)

    def touch(self, stream: Stream) -> None:
        """Note that something is new on a stream, or that its latest value or growing row has changed."""
        if stream.lanes:
            self._fanout.mark(stream)

    def reset(self, stream: Stream) -> None:
        """Begin a new epoch: everybody who hears the stream gets a snapshot."""
        stream.restart()
        self.touch(stream)

    def reset_all(self) -> None:
        """Begin new epochs everywhere, as after a jump of a replay."""
        for stream in list(self.streams.values()):
            self.reset(stream)

    def wake(self, stream: Stream) -> None:
        """Note that a channel may have become ready: those who wait for its snapshot get it."""
        self.touch(stream)
        for connection in self.connections:
            lane = connection.lanes.get(stream.name)
            if lane is not None and lane.stream is stream and lane in connection.cursors:
                self.catch_up(connection)

    def attach(self, connection: Connection) -> None:
        """Take a new client in."""
        self._connections[connection] = None
        _connected.set(len(self._connections))
        self._heart.start()

    def detach(self, connection: Connection) -> None:
        """Forget a client; nothing is written to it any more."""
        self._connections.pop(connection, None)
        _connected.set(len(self._connections))
        self._stragglers.drop(connection)
        self._fanout.leave(connection)
        for lane in connection.lanes.values():
            _left(lane)
        connection.lanes.clear()
        connection.cursors.clear()

    def send(self, connection: Connection, message: ServerMessage) -> None:
        """Write one message that is for this client alone, however full its buffer is; nothing once it is gone."""
        if connection not in self._connections:
            return
        said = self._said(connection, message)
        if said is None:
            return
        self._fanout.write(connection, [message_frame(said)])
        if connection.buffered() > self._context.config.ws.slow_after_bytes:
            self._skip(connection)

    def subscribe(self, connection: Connection, wishes: Iterable[Wish]) -> dict[str, Position]:
        """Let a client hear channels; to be followed by `catch_up` within the same turn of the loop.

        Returns:
            Where each channel stands: [epoch, seq] by name.
        """
        self._fanout.settle(connection)
        begun = [(self._begin(wish.stream), wish) for wish in wishes]
        for stream, wish in begun:
            self._enter(connection, stream, wish)
        self._regroup(connection)
        return {stream.name: (stream.epoch, stream.seq) for stream, _ in begun}

    def unsubscribe(self, connection: Connection, names: Iterable[str]) -> None:
        """Let a client hear channels no more, from this moment."""
        self._fanout.settle(connection)
        for name in names:
            self._exit(connection, name)
        self._regroup(connection)

    def catch_up(self, connection: Connection) -> None:
        """Send a client what it lacks: snapshots, or what came since it was there."""
        if connection.behind_since is None:
            self._stragglers.catch_up(connection)

    def settle(self, connection: Connection) -> None:
        """Write to a client what is on its way to it."""
        self._fanout.settle(connection)

    def _said(self, connection: Connection, message: ServerMessage) -> Struct | None:
        """Return a message in what a client speaks; None when there is no word for it."""
        if connection.dialect is None:
            return message
        try:
            return connection.dialect.answer(message, self._clock.wall_ms())
        except Exception:  # plug-in: a dialect that fails is silent, and keeps nobody else waiting
            if connection.dialect not in self._failed_dialects:
                self._failed_dialects.add(connection.dialect)
                log.exception("dialect_failed", dialect=type(connection.dialect).__name__)
            return None

    def _begin(self, wanted: Stream) -> Stream:
        """Return the stream that is wanted with its newest value; what its channel raises changes nothing."""
        stream = self.streams.begin(wanted)
        if stream.refresh():
            self.touch(stream)
        return stream

    def _enter(self, connection: Connection, stream: Stream, wish: Wish) -> None:
        pace = (wish.gap_s, connection.dialect)
        lane = stream.lanes.get(pace)
        if lane is None:
            lane = stream.lanes[pace] = Lane(stream, pace)
        lane.readers += 1
        self._exit(connection, stream.name)
        connection.lanes[stream.name] = lane
        connection.cursors[lane] = wish.cursor

    def _exit(self, connection: Connection, name: str) -> None:
        lane = connection.lanes.pop(name, None)
        if lane is not None:
            connection.cursors.pop(lane, None)
            _left(lane)

    def _regroup(self, connection: Connection) -> None:
        if connection.behind_since is None:
            self._fanout.join(connection)

    def _skip(self, connection: Connection) -> None:
        self._stragglers.add(connection)

    def _give_up(self, stream: Stream, failed: Lane | None) -> None:
        """Close who hears one lane, or a stream whose channel failed; that begins anew with the next subscriber."""
        if failed is None:
            self.streams.end(stream)
        for connection in self.connections:
            lane = connection.lanes.get(stream.name)
            if lane is not None and (lane is failed or (failed is None and lane.stream is stream)):
                self._lose(connection)

    def _lose(self, connection: Connection) -> None:
        """Close a connection that could not be served."""
        self.detach(connection)
        connection.close(INTERNAL, "internal")


def _left(lane: Lane) -> None:
    lane.readers -= 1
    if not lane.readers:
        del lane.stream.lanes[lane.pace]
        if not lane.stream.lanes:
            lane.stream.channel.stop()
