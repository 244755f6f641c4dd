"""Who hears the same: lanes are streams at one pace, groups are connections with the same lanes."""

from typing import TYPE_CHECKING

from actors.bridge.delivery.stream import Cursor, Stream

if TYPE_CHECKING:
    from actors.bridge.connection import Connection


class Lane:
    """One stream at one pace; `cursor` is where all its up-to-date readers stand once what was cut is delivered."""

    __slots__ = ("cursor", "gap_s", "groups", "is_timed", "readers", "sent_at", "stream")

    def __init__(self, stream: Stream, gap_s: float) -> None:
        """Start without readers.

        Args:
            stream: What is heard.
            gap_s: Least seconds between two latest values; 0 for as they come.
        """
        self.stream = stream
        self.gap_s = gap_s
        self.cursor: Cursor = stream.head
        self.groups: dict[Group, None] = {}
        self.readers = 0
        """Connections that hear it, up to date or not."""
        self.sent_at = float("-inf")
        """When the last latest value went out."""
        self.is_timed = False
        """Whether a held-back value has its timer."""


class Group:
    """Connections that hear the same lanes and are up to date on all of them: one blob of bytes serves them all."""

    __slots__ = ("connections", "lanes")

    def __init__(self, lanes: frozenset[Lane]) -> None:
        """Start without connections."""
        self.lanes = lanes
        self.connections: dict[Connection, None] = {}
