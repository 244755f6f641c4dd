"""One channel of one owner, numbered: what a reader at some cursor must be sent to be up to date."""

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from actors.bridge.channel import Channel
from actors.bridge.delivery.frames import Envelope
from actors.bridge.delivery.translation import Translation

if TYPE_CHECKING:
    from actors.bridge.delivery.lane import Lane, Pace
    from actors.bridge.dialect import Dialect


class Cursor(NamedTuple):
    """Up to where a reader has been served."""

    epoch: str
    seq: int
    version: int
    """Of the latest value or the row that grows."""


NOWHERE = Cursor("", 0, 0)
"""Of a reader who has nothing yet."""


class Stream:
    """Numbers the rows of a channel and keeps the newest of them; the ring is every reader's queue."""

    def __init__(
        self,
        name: str,
        channel: Channel,
        *,
        ring_size: int,
        market_ms: Callable[[], int],
        new_epoch: Callable[[], str],
        ring_bytes: int | None = None,
    ) -> None:
        """Start empty.

        Args:
            name: On the wire.
            channel: Where snapshots and latest values come from.
            ring_size: Log rows kept.
            ring_bytes: What they may take together; None: any.
            market_ms: Market time, for the messages.
            new_epoch: Makes a text that never repeats.
        """
        self.name = name
        self.channel = channel
        self.lanes: dict[Pace, Lane] = {}
        """Who hears it, by pace and dialect."""
        self.seq = 0
        self._new_epoch = new_epoch
        self.epoch = new_epoch()
        self._market_ms = market_ms
        self._envelope = Envelope(name, str(channel.update.__struct_config__.tag))
        self._is_latest = channel.kind == "latest"
        self._ring: deque[bytes] = deque(maxlen=0 if self._is_latest else ring_size)
        self._ring_bytes = ring_bytes
        self._held = 0
        self._version = 0
        self._newest: bytes | None = None
        self._newest_body: bytes | None = None
        self._snapshot: tuple[Cursor, list[bytes]] | None = None
        self._is_begun = False
        self._translations: dict[Dialect, Translation] = {}

    @property
    def head(self) -> Cursor:
        """Where a reader stands who has everything."""
        return Cursor(self.epoch, self.seq, self._version)

    def cursor(self, epoch: str, seq: int) -> Cursor:
        """Return the cursor of a client that comes back; of a growing row it is taken to know nothing."""
        return Cursor(epoch, seq, seq if self._is_latest else 0)

    def append(self, body: bytes) -> None:
        """Number one more row of the log; the row that grew until now is forgotten."""
        self.seq += 1
        frame = self._envelope.update(self.seq, self._market_ms(), body)
        if self._ring_bytes is not None:
            self._make_room(len(frame), self._ring_bytes)
        self._ring.append(frame)
        self._newest = self._newest_body = None

    def _make_room(self, size: int, most: int) -> None:
        """Forget the oldest rows until one more of `size` bytes fits; the newest is kept whatever its size."""
        self._held += size
        while self._ring and (self._held > most or len(self._ring) == self._ring.maxlen):
            self._held -= len(self._ring.popleft())

    def refresh(self) -> bool:
        """Ask the channel for rows and its latest value; return whether anything is new."""
        rows = self.channel.take()
        if rows is None:
            self.restart()
        for row in rows or ():
            self.append(row)
        return self._refresh_newest() or rows != []

    def _refresh_newest(self) -> bool:
        body = self.channel.newest() if self.channel.kind != "log" else None
        if body is None and self._newest_body is not None and not self._is_latest:
            self._version += 1  # it has closed, as a row or within the first snapshot, or is a hole: no snapshot has it
            self._newest = self._newest_body = None
        if body is None or body == self._newest_body:
            return False
        self._version += 1
        self.seq += self._is_latest
        self._newest_body = body
        self._newest = self._envelope.update(self.seq, self._market_ms(), body)
        return True

    def restart(self) -> None:
        """Begin a new epoch: every reader gets a snapshot."""
        self.epoch = self._new_epoch()
        self.seq = self._version = 0
        self._ring.clear()
        self._held = 0
        self._newest = self._newest_body = None
        self._is_begun = False
        self._translations.clear()
        self.channel.restarted()

    def covers(self, cursor: Cursor) -> bool:
        """Return whether everything after `cursor` can still be sent without a snapshot."""
        behind = self.seq - cursor.seq
        is_known = self._is_begun and cursor.epoch == self.epoch and behind >= 0
        return is_known and (self._is_latest or behind <= len(self._ring))

    def prepare(self, cursors: Iterable[Cursor]) -> None:
        """Make the snapshot that some of these cursors need, so that a channel raises before anybody is served."""
        if not all(map(self.covers, cursors)) and self.channel.is_ready():
            self._snapshot_frames()

    def since(
        self, cursor: Cursor, *, newest: bool = True, dialect: "Dialect | None" = None
    ) -> tuple[list[bytes], Cursor]:
        """Return the frames that take a reader from `cursor` to the head, and where it stands then.

        Rows of the log come from the ring; when it has lost one of them, or the epoch is another, a snapshot takes
        their place, as soon as the channel is ready for one. Dialects have no snapshots: their clients hear what comes
        from now on, and the newest value where a dialect begins with it.

        Args:
            cursor: Where the reader stands.
            newest: False leaves out the latest value, for readers who want it less often.
            dialect: What the reader speaks; None is our own.
        """
        if not self.covers(cursor):
            if not self.channel.is_ready():
                return [], cursor
            frames = self._snapshot_frames()
            return frames if dialect is None else self._first(dialect), self.head
        frames = list(islice(reversed(self._ring), self.seq - cursor.seq))
        frames.reverse()
        value = self._newest if newest and cursor.version != self._version else None
        if dialect is not None:
            frames = self._said(dialect, frames, value)
        elif value is not None:
            frames.append(value)
        return frames, self.head if newest else Cursor(self.epoch, self.seq, cursor.version)

    def _first(self, dialect: "Dialect") -> list[bytes]:
        """Return what somebody who had nothing hears in a dialect."""
        begins = self._is_latest and dialect.begins_with_newest
        return self._said(dialect, [], self._newest) if begins else []

    def _said(self, dialect: "Dialect", rows: list[bytes], value: bytes | None) -> list[bytes]:
        translation = self._translations.get(dialect)
        if translation is None:
            size = self._ring.maxlen or 0
            translation = self._translations[dialect] = Translation(dialect, self.channel.update, size)
        frames = translation.rows(self.seq, rows)
        return frames if value is None else [*frames, *translation.newest(value)]

    def _snapshot_frames(self) -> list[bytes]:
        if self._snapshot is None or self._snapshot[0] != self.head:
            self._is_begun = True
            items, has_source = self.channel.snapshot(), self.channel.has_source()
            frames = self._envelope.snapshot(self.epoch, self.seq, items, has_source=has_source)
            self._snapshot = (self.head, frames)
        return self._snapshot[1]
