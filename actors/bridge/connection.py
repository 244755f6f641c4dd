"""One client as the hub sees it: something to write to, what it hears, and where it stands where it is behind."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from actors.bridge.delivery.lane import Lane, Row
from actors.bridge.delivery.stream import Cursor

if TYPE_CHECKING:
    from actors.bridge.dialect import Dialect


class Transport(Protocol):
    """What the hub needs of an asyncio transport."""

    def write(self, data: bytes, /) -> None:
        """Send now or keep until the socket takes it."""

    def get_write_buffer_size(self) -> int:
        """Return the bytes kept."""

    def is_closing(self) -> bool:
        """Return whether it is closed or about to be."""


class Connection:
    """State of one client in the hub. There is no queue: a client that is behind costs one cursor per channel."""

    __slots__ = (
        "behind_since",
        "close",
        "cursors",
        "delivered",
        "dialect",
        "heard",
        "heard_at",
        "lanes",
        "row",
        "transport",
        "writes",
    )

    def __init__(
        self, transport: Transport, close: Callable[[int, str], None], dialect: "Dialect | None" = None
    ) -> None:
        """Start without channels.

        Args:
            transport: Takes whole frames.
            close: Called with close code and reason when the hub gives the client up.
            dialect: What the client speaks; None is our own.
        """
        self.dialect = dialect
        self.transport = transport
        self.close = close
        self.lanes: dict[str, Lane] = {}
        """By channel name."""
        self.cursors: dict[Lane, Cursor] = {}
        """Where it stands on lanes on which it is not up to date."""
        self.row: Row | None = None
        """Where it is in the group of the lanes on which it is up to date; None when there are none."""
        self.delivered = 0
        """Number of the last batch that it has by itself, or needs no more; its row may know of a later one."""
        self.writes = 0
        """How often something was written to it alone."""
        self.heard = (0, 0)
        """`reached` and `writes` when it was last looked at: another pair means that it heard something since."""
        self.heard_at = 0.0
        """Monotonic time of that look."""
        self.behind_since: float | None = None
        """Since when it is skipped, its buffer being too full."""

    @property
    def reached(self) -> int:
        """Number of the last batch that it has, or needs no more."""
        return self.delivered if self.row is None else max(self.delivered, self.row.delivered)

    def write(self, data: bytes) -> None:
        """Send whole frames."""
        self.transport.write(data)

    def buffered(self) -> int:
        """Return the bytes that the socket has not taken yet."""
        return self.transport.get_write_buffer_size()

    def is_closing(self) -> bool:
        """Return whether it is closed or about to be."""
        return self.transport.is_closing()
