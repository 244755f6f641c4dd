"""Who hears the same: lanes are streams at one pace in one dialect, groups are connections with the same lanes."""

from typing import TYPE_CHECKING

from actors.bridge.delivery.stream import Cursor, Stream

if TYPE_CHECKING:
    from actors.bridge.connection import Connection
    from actors.bridge.dialect import Dialect

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

    __slots__ = ("connections", "lanes")

    def __init__(self, lanes: frozenset[Lane]) -> None:
        """Start without connections."""
        self.lanes = lanes
        self.connections: dict[Connection, None] = {}
