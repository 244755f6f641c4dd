"""What the channels of rows at bars share: closed rows in order, and the one of the open bar as it grows."""

from abc import abstractmethod
from typing import ClassVar, override

from actors.bridge.channel import Channel
from actors.bridge.context import Context
from actors.bridge.sent import Sent


class BarChannel(Channel):
    """Rows of one instrument and interval; others keep them, this remembers up to where they were sent."""

    kind = "mixed"
    snapshot_rows: ClassVar[int] = 500
    """Closed bars of a snapshot."""
    instrument_id: str
    interval: str

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Start with nothing sent."""
        super().__init__(context, params, owner)
        self._has_ticks = context.config.features.real_time_data
        self._sent = Sent(self.recent)

    @abstractmethod
    def recent(self, count: int) -> tuple[list[bytes], list[int]]:
        """Return up to so many newest closed rows (encoded, open times), oldest first."""

    @abstractmethod
    def growing(self) -> bytes | None:
        """Return the encoded row of the open bar, once the channel is ready; None when there is none."""

    @override
    def restarted(self) -> None:
        self._sent.forget()

    @override
    def take(self) -> list[bytes] | None:
        return self._sent.unsent() if self.is_ready() else []

    @override
    def snapshot(self) -> list[bytes]:
        items = self._sent.snapshot(self.snapshot_rows)
        newest = self.newest()
        return items if newest is None else [*items, newest]

    @override
    def newest(self) -> bytes | None:
        return self.growing() if self._has_ticks and self.is_ready() else None
