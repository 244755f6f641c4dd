"""The messages of one stream in one dialect: each made when somebody first needs it, then shared."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter

if TYPE_CHECKING:
    from actors.bridge.dialect import Dialect
    from actors.bridge.wire_messages import Update

log = structlog.get_logger(__name__)
_made = Counter("whisperer_ws_translations", "Messages encoded for a dialect; each once, however many hear it")
_failed = Counter("whisperer_ws_translations_failed", "Messages that a dialect failed to encode and that were left out")


class Translation:
    """Frames by sequence number, as many as the ring of the stream holds, and that of the newest value."""

    def __init__(self, dialect: "Dialect", kind: "type[Update]", size: int) -> None:
        """Start with nothing made.

        Args:
            dialect: What it is said in.
            kind: The stream's message.
            size: Rows that the stream keeps.
        """
        self._dialect = dialect
        self._kind = kind
        self._size = size
        self._rows: dict[int, bytes] = {}
        self._newest: tuple[bytes, bytes] = (b"", b"")
        self._has_failed = False
        """It is told once, and counted each time."""

    def rows(self, last: int, frames: Sequence[bytes]) -> list[bytes]:
        """Return log rows in the dialect, those without a word left out; `last` is the number of the last one."""
        said = [self._row(number, frame) for number, frame in enumerate(frames, last - len(frames) + 1)]
        if len(self._rows) > 2 * self._size:
            self._rows = {number: frame for number, frame in self._rows.items() if number > last - self._size}
        return [frame for frame in said if frame]

    def newest(self, frame: bytes) -> list[bytes]:
        """Return the newest value in the dialect; nothing when there is no word for it."""
        if self._newest[0] is not frame:
            self._newest = (frame, self._translated(frame))
        return [self._newest[1]] if self._newest[1] else []

    def _row(self, number: int, frame: bytes) -> bytes:
        said = self._rows.get(number)
        if said is None:
            said = self._rows[number] = self._translated(frame)
        return said

    def _translated(self, frame: bytes) -> bytes:
        try:
            said = b"".join((self._dialect.frame(self._kind, frame),))  # bytes, or it fails here
        except Exception:  # plug-in: a dialect that fails must not take the stream from those who speak our own
            if not self._has_failed:
                log.exception("dialect_failed", dialect=type(self._dialect).__name__)
            self._has_failed = True
            _failed.inc()
            return b""
        _made.inc()
        return said
