"""Who hears the same: lanes are streams at one pace in one dialect, groups are connections with the same lanes."""

from typing import TYPE_CHECKING

from actors.bridge.delivery.stream import Cursor, Stream

if TYPE_CHECKING:
    from actors.bridge.connection import Connection, Transport
    from actors.bridge.dialect import Dialect

ROW = 64
"""Most connections that are written to in one go."""

type Pace = tuple[float, Dialect | None]
"""Least seconds between two latest values, and what is spoken."""


class Lane:
    """One stream at one pace in one dialect.

    `cursor` is where all its up-to-date readers stand once what was cut is delivered.
    """

    __slots__ = ("cursor", "dialect", "gap_s", "groups", "is_timed", "readers", "sent_at", "stream")

    def __init__(self, stream: Stream, pace: Pace) -> None:
        """Start without readers.

        Args:
            stream: What is heard.
            pace: How often latest values may come, 0 for as they come; and in which dialect, None for our own.
        """
        self.stream = stream
        self.gap_s, self.dialect = pace
        self.cursor: Cursor = stream.head
        self.groups: dict[Group, None] = {}
        self.readers = 0
        """Connections that hear it, up to date or not."""
        self.sent_at = float("-inf")
        """When the last latest value went out."""
        self.is_timed = False
        """Whether a held-back value has its timer."""

    @property
    def pace(self) -> Pace:
        """Under which its stream knows it."""
        return self.gap_s, self.dialect

    def since(self, cursor: Cursor, *, newest: bool = True) -> tuple[list[bytes], Cursor]:
        """Return what takes a reader from `cursor` to the head, as `Stream.since` does."""
        return self.stream.since(cursor, newest=newest, dialect=self.dialect)


class Group:
    """Connections that hear the same lanes and are up to date on all of them: one blob of bytes serves them all."""

    __slots__ = ("_with_room", "lanes", "rows")

    def __init__(self, lanes: frozenset[Lane]) -> None:
        """Start without connections."""
        self.lanes = lanes
        self.rows: dict[Row, None] = {}
        self._with_room: dict[Row, None] = {}

    def add(self, connection: "Connection") -> "Row":
        """Take a connection in; return the row in which it is now."""
        row = next(iter(self._with_room), None)
        if row is None:
            row = Row(self)
            self.rows[row] = self._with_room[row] = None
        row.add(connection)
        if len(row.connections) >= ROW:
            del self._with_room[row]
        return row

    def remove(self, connection: "Connection", row: "Row") -> None:
        """Let a connection go."""
        row.remove(connection)
        if row.connections:
            self._with_room[row] = None
        else:
            del self.rows[row]
            self._with_room.pop(row, None)


class Row:
    """Some connections of a group, written to in one go: a batch has reached all of them or none.

    So that a delivery need not touch the connection itself, which costs as much as everything else about it, batches
    are noted here; a connection keeps a number of its own only when it got them out of turn.
    """

    __slots__ = ("_transports", "ahead", "connections", "delivered", "group")

    def __init__(self, group: Group) -> None:
        """Start without connections."""
        self.group = group
        self.connections: dict[Connection, None] = {}
        self.delivered = 0
        """Number of the last batch that everybody here has."""
        self.ahead = 0
        """Above it no connection has a batch out of turn."""
        self._transports: list[Transport] | None = None

    def add(self, connection: "Connection") -> None:
        """Take a connection in that has, or does not need, what was cut until now."""
        self.connections[connection] = None
        self.ahead = max(self.ahead, connection.delivered)
        self._transports = None

    def remove(self, connection: "Connection") -> None:
        """Let a connection go."""
        del self.connections[connection]
        self._transports = None

    def note(self, connection: "Connection", number: int) -> None:
        """Remember that one connection has a batch out of turn, if it is still here."""
        if connection.row is self:
            connection.delivered = number
            self.ahead = max(self.ahead, number)

    def lacking(self, number: int) -> "list[Transport]":
        """Return where a batch is still to be written to."""
        if self.ahead >= number:
            return [one.transport for one in self.connections if one.delivered < number]
        if self._transports is None:
            self._transports = [one.transport for one in self.connections]
        return self._transports
