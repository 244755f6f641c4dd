"""One channel as this side knows it: is every number there, and where does each of its readers stand."""

from collections.abc import MutableMapping
from enum import Enum

from whisperer_client.mailbox import Letter, Mailbox
from whisperer_client.message import Message, Position, kind_of
from whisperer_client.types import CHANNELS


class Need(Enum):
    """What must be asked of the node next."""

    NOTHING = 0
    BEGIN = 1
    """Subscribe: a snapshot is wanted."""
    RESUME = 2
    """Subscribe with `since`: what was missed is wanted."""
    LEAVE = 3
    """Unsubscribe."""


class Reader:
    """One iterator on one channel; others on the same channel may stand elsewhere."""

    def __init__(self, kind: str, mailbox: Mailbox, max_hz: float | None) -> None:
        """Stand nowhere: a snapshot is wanted."""
        self.mailbox = mailbox
        self.max_hz = max_hz
        self.position: Position | None = None
        """Of the last message put into the mailbox."""
        self.is_away = False
        """Whether it takes nothing, its mailbox being full; what it misses is asked for again later."""
        self.is_back = False
        """Whether it has room again, and nobody has asked yet."""
        self._is_latest = kind == "latest"
        self._is_counted = kind in {"log", "mixed"}
        self._newest: Letter | None = None

    def take_snapshot(self, parts: list[Message], at: Position) -> None:
        """Take a whole snapshot, unless it tells nothing new."""
        if self.is_away or self.position == at:
            return
        if self._is_latest and self._replace(parts[-1]):
            self.position = at
            return
        for part in parts:
            letter = self.mailbox.put(part)
        self._newest = letter if self._is_latest else None
        self.position = at

    def take_row(self, message: Message, at: Position, *, is_open: bool) -> None:
        """Take one more row of the log, or the newest value, if it is the next one for this reader."""
        if self.is_away or self.position is None or self.position[0] != at[0]:
            return
        ahead = at[1] - self.position[1]
        if self._is_latest or is_open:
            if ahead == 0 or (self._is_latest and ahead > 0):
                self._take_newest(message, at)
        elif ahead == 1 or (ahead > 0 and not self._is_counted):
            self._take_next(message, at)

    def _take_newest(self, message: Message, at: Position) -> None:
        if not self._replace(message):
            self._newest = self.mailbox.put(message)
        self.position = at

    def _take_next(self, message: Message, at: Position) -> None:
        if self._replace(message):
            self._newest = None
        elif self.mailbox.is_full():
            self.is_away = True
            return
        else:
            self.mailbox.put(message)
        self.position = at

    def _replace(self, message: Message) -> bool:
        """Let a message take the place of an older value that nobody has read yet."""
        if self._newest is None or self._newest.is_read:
            return False
        self._newest.message = message
        return True


class Channel:
    """Checks the numbers of one channel on the connection and hands messages to its readers."""

    def __init__(self, name: str) -> None:
        """Start unsubscribed."""
        self.name = name
        """As the node writes it, once it has told."""
        self.is_alone = False
        """Whether it must be asked for by itself, to learn how the node writes it."""
        self.kind = CHANNELS[kind_of(name)].kind if kind_of(name) in CHANNELS else "unknown"
        self.readers: dict[Reader, None] = {}
        self.is_subscribed = False
        self.is_broken = False
        """Whether something is missing; what comes is passed over until it has been asked for again."""
        self._at: Position | None = None
        """Number of the last message that came; None while a snapshot is awaited."""
        self._parts: list[Message] = []

    @property
    def max_hz(self) -> float | None:
        """How often latest values must come for the most curious of the readers; None: as they change."""
        rates = [reader.max_hz for reader in self.readers]
        return None if None in rates else max((rate for rate in rates if rate is not None), default=None)

    def need(self) -> Need:
        """Return what must be asked of the node now."""
        if not self.readers:
            return Need.LEAVE if self.is_subscribed else Need.NOTHING
        placed = [reader for reader in self.readers if reader.position is not None and not reader.is_away]
        is_cut = not self.is_subscribed or self.is_broken
        if placed and (is_cut or any(reader.is_back for reader in placed)):
            return Need.RESUME
        has_new = any(reader.position is None for reader in self.readers)
        is_awaiting = self._at is None and not is_cut
        return Need.BEGIN if has_new and not is_awaiting else Need.NOTHING

    def since(self) -> Position | None:
        """Return from where on the readers need what comes; those of an older epoch then wait for a snapshot."""
        placed = [reader for reader in self.readers if reader.position is not None and not reader.is_away]
        if not placed:
            return None
        epoch = self._epoch_of(placed)
        for reader in placed:
            reader.is_back = False
            if reader.position is not None and reader.position[0] != epoch:
                reader.position = None
        return epoch, min(reader.position[1] for reader in placed if reader.position is not None)

    def subscribed(self, since: Position | None) -> None:
        """Note that the node has acknowledged: rows after `since` follow, or a snapshot."""
        self.is_subscribed = True
        self.is_broken = False
        self._at = since
        self._parts = []

    def disconnected(self) -> None:
        """Note that the connection is gone; readers stand where they stood."""
        self.is_subscribed = self.is_broken = False
        self._at = None
        self._parts = []

    def take(self, message: Message) -> None:
        """Check one message and hand it to the readers; `is_broken` tells when something is missing before it."""
        if not self.is_subscribed or self.is_broken:
            return
        if message.is_snapshot:
            self._take_part(message)
        elif self._at is None or self._parts:
            self.is_broken = True
        else:
            self._take_row(message, self._at)

    def check_head(self, seq: int) -> None:
        """Compare with where the node says that this connection stands; it tells only when it has sent everything."""
        if self.is_subscribed and (self._at is None or self._at[1] != seq):
            self.is_broken = True

    def _epoch_of(self, placed: list[Reader]) -> str:
        """Return the epoch of those who were not held up; it is the newest."""
        steady = [reader for reader in placed if not reader.is_back] or placed
        return self._at[0] if self._at is not None else steady[-1].position[0] if steady[-1].position else ""

    def _take_part(self, message: Message) -> None:
        index, count = message.part
        if index == 0:
            self._parts = []
        if index != len(self._parts):
            self.is_broken = True
            return
        self._parts.append(message)
        if len(self._parts) == count:
            parts, self._parts = self._parts, []
            self._at = (message.epoch, message.seq)
            for reader in list(self.readers):
                reader.take_snapshot(parts, self._at)

    def _take_row(self, message: Message, last: Position) -> None:
        is_open = self.kind == "mixed" and message.is_open()
        is_counted = self.kind in {"log", "mixed"}
        expected = last[1] + (is_counted and not is_open)
        if message.seq < expected or (is_counted and message.seq > expected):
            self.is_broken = True
            return
        self._at = (last[0], message.seq)
        for reader in list(self.readers):
            reader.take_row(message, self._at, is_open=is_open)


def forget_unread(channels: MutableMapping[str, Channel]) -> None:
    """Forget the channels that nobody reads and that the node does not send."""
    for name in [name for name, one in channels.items() if not one.readers and not one.is_subscribed]:
        del channels[name]
