"""Fan-out: what is new becomes one blob of bytes per group of connections, written in small portions."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import structlog
from msgspec import Struct
from prometheus_client import Counter

from actors.bridge.connection import Connection, Transport
from actors.bridge.delivery.lane import Group, Lane, Row
from actors.bridge.delivery.scheduler import Scheduler
from actors.bridge.delivery.stream import Cursor, Stream

TURN_BYTES = 262_144
"""Written before the loop may do something else: some sixty short messages, a third of a millisecond."""

WRITE_BYTES = 4_096
"""A write costs about as much as so many bytes more in another one."""

REMINDER_S = 60.0
"""Longest timer of a value that is held back; whoever wants it less often is looked at in between."""

CLOSED = (RuntimeError, OSError)
"""Raised by a transport between its end and the goodbye of its own task, which takes it out of the hub."""

NOTHING_MORE = 2**63
"""Number of the last batch delivered to a connection without a group."""

log = structlog.get_logger(__name__)
_messages = Counter("whisperer_ws_messages", "Channel messages written to WebSocket connections")
_bytes = Counter("whisperer_ws_bytes", "Bytes of channel messages written to WebSocket connections")


class Batch:
    """What was new at one moment, on its way to everybody."""

    __slots__ = ("before", "blobs", "number", "work")

    def __init__(self, number: int) -> None:
        """Start empty."""
        self.number = number
        self.blobs: dict[Group, Blob] = {}
        self.before: dict[Lane, Cursor] = {}
        """Where the readers of a lane stand who do not have this batch yet."""
        self.work: Iterator[tuple[Row, Blob]] = iter(())
        """Who is to be written to next, and what."""

    def fill(self, parts: dict[Group, list[bytes]]) -> None:
        """Take what each group is to be sent."""
        self.blobs = {group: Blob(b"".join(frames), len(frames)) for group, frames in parts.items()}
        self.work = _rows(self.blobs)


class Blob(Struct, frozen=True, gc=False):
    """Joined frames."""

    data: bytes
    messages: int

    @property
    def weight(self) -> int:
        """What it costs to write it once, in bytes."""
        return WRITE_BYTES + len(self.data)


class FanOut:
    """Delivers to the connections that are up to date; one that cannot take more is handed to `on_full`.

    Batches are delivered in the order in which they were cut, so every connection sees each stream in order. A
    connection whose channels change is settled first: it has then received everything cut so far.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        full_bytes: int,
        *,
        on_full: Callable[[Connection], None],
        on_fault: Callable[[Stream, Lane | None], None],
    ) -> None:
        """Start with nothing to do.

        Args:
            scheduler: The loop.
            full_bytes: Transport buffer above which nothing more is written.
            on_full: Called with the connection; it must take it out of its group.
            on_fault: Called with a stream and the lane that could not be served; None when its channel raised.
        """
        self._scheduler = scheduler
        self._full_bytes = full_bytes
        self._on_full = on_full
        self._on_fault = on_fault
        self._groups: dict[frozenset[Lane], Group] = {}
        self._changed: dict[Stream, None] = {}
        self._batches: deque[Batch] = deque()
        self._number = 0
        self._is_scheduled = False

    def mark(self, stream: Stream) -> None:
        """Have what is new on a stream sent in the next turn of the loop."""
        self._changed[stream] = None
        self._schedule()

    def cut(self) -> None:
        """Make a batch of everything new: from now on every lane with readers stands at the head of its stream."""
        changed, self._changed = self._changed, {}
        parts: dict[Group, list[bytes]] = {}
        batch = Batch(self._number + 1)
        for stream in changed:
            self._cut_stream(stream, batch, parts)
        if parts:
            self._number = batch.number
            batch.fill(parts)
            self._batches.append(batch)
            self._schedule()

    def settle(self, connection: Connection) -> None:
        """Write everything to a connection that was cut for it and that it does not have yet."""
        for batch in self._batches:
            row = connection.row
            if row is None:
                return
            blob = batch.blobs.get(row.group)
            if blob is not None and connection.reached < batch.number:
                self._count(blob, self._write([connection.transport], blob, row))
                row.note(connection, batch.number)

    def write(self, connection: Connection, frames: Sequence[bytes]) -> None:
        """Write frames that are for one connection alone; one that has just closed is passed over."""
        if not frames:
            return
        data = b"".join(frames)
        try:
            connection.write(data)
        except CLOSED:
            return
        connection.writes += 1
        _messages.inc(len(frames))
        _bytes.inc(len(data))

    def position(self, connection: Connection, lane: Lane) -> Cursor:
        """Return where an up-to-date connection stands on a lane, batches on their way left out."""
        for batch in self._batches:
            if batch.number > connection.reached and lane in batch.before:
                return batch.before[lane]
        return lane.cursor

    def join(self, connection: Connection) -> None:
        """Put a settled connection into the group of the lanes on which it is up to date."""
        self.leave(connection)
        lanes = frozenset(lane for lane in connection.lanes.values() if lane not in connection.cursors)
        connection.delivered = self._number
        if not lanes:
            return
        group = self._groups.get(lanes)
        if group is None:
            group = self._groups[lanes] = Group(lanes)
            for lane in lanes:
                lane.groups[group] = None
        connection.row = group.add(connection)

    def leave(self, connection: Connection) -> None:
        """Take a connection out of its group."""
        row, connection.row = connection.row, None
        connection.delivered = NOTHING_MORE
        if row is None:
            return
        group = row.group
        group.remove(connection, row)
        if not group.rows:
            del self._groups[group.lanes]
            for lane in group.lanes:
                lane.groups.pop(group, None)

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._scheduler.call_soon(self._run)

    def _run(self) -> None:
        """Deliver one portion; what is new is cut only when nothing is on its way, so a busy loop joins more."""
        self._is_scheduled = False
        if not self._batches:
            self.cut()
        if self._batches and self._deliver(self._batches[0]):
            self._batches.popleft()
        if self._batches or self._changed:
            self._schedule()

    def _cut_stream(self, stream: Stream, batch: Batch, parts: dict[Group, list[bytes]]) -> None:
        lanes = [lane for lane in stream.lanes.values() if lane.groups]
        if not lanes:
            return
        try:
            stream.refresh()
            stream.prepare(lane.cursor for lane in lanes)
        except Exception:
            log.exception("channel_failed", channel=stream.name)
            self._on_fault(stream, None)
            return
        for lane in lanes:
            try:
                self._cut_lane(lane, batch, parts)
            except Exception:  # of a pace or a dialect: those who hear the stream in another way notice nothing
                log.exception("lane_failed", channel=stream.name, gap_s=lane.gap_s, dialect=type(lane.dialect).__name__)
                self._on_fault(stream, lane)

    def _cut_lane(self, lane: Lane, batch: Batch, parts: dict[Group, list[bytes]]) -> None:
        frames, cursor = lane.since(lane.cursor, newest=self._is_due(lane))
        if frames:
            batch.before[lane] = lane.cursor
            for group in lane.groups:
                parts.setdefault(group, []).extend(frames)
        lane.cursor = cursor

    def _is_due(self, lane: Lane) -> bool:
        """Return whether a latest value may go out on a lane now; if not, it will when it may."""
        if not lane.gap_s or lane.cursor.version == lane.stream.head.version:
            return True
        wait_s = lane.sent_at + lane.gap_s - self._scheduler.time()
        if wait_s <= 0.0:
            lane.sent_at = self._scheduler.time()
            return True
        if not lane.is_timed:
            lane.is_timed = True
            self._scheduler.call_later(min(wait_s, REMINDER_S), lambda: self._remind(lane))
        return False

    def _remind(self, lane: Lane) -> None:
        lane.is_timed = False
        self.mark(lane.stream)

    def _deliver(self, batch: Batch) -> bool:
        """Write to the next rows of a batch; return whether all have been reached."""
        done = 0
        for row, blob in batch.work:
            self._count(blob, self._write(row.lacking(batch.number), blob, row))
            row.delivered = batch.number
            done += len(row.connections) * blob.weight
            if done >= TURN_BYTES:
                return False
        return True

    def _write(self, transports: list[Transport], blob: Blob, row: Row) -> int:
        """Write a blob to some of a row and return to how many, in a loop without calls of our own: it runs most."""
        data, full_bytes, missed = blob.data, self._full_bytes, 0
        full: list[Transport] = []
        for transport in transports:
            try:
                if transport.get_write_buffer_size() > full_bytes:
                    full.append(transport)
                else:
                    transport.write(data)
            except CLOSED:
                missed += 1
        for connection in [one for one in row.connections if one.transport in full] if full else ():
            self._on_full(connection)
        return len(transports) - len(full) - missed

    def _count(self, blob: Blob, written: int) -> None:
        _messages.inc(written * blob.messages)
        _bytes.inc(written * len(blob.data))


def _rows(blobs: dict[Group, Blob]) -> Iterator[tuple[Row, Blob]]:
    for group, blob in blobs.items():
        for row in list(group.rows):
            yield row, blob
