"""Where log lines go: what cannot be written there is lost and counted, and keeps nobody from trading."""

import io
from typing import TextIO, override

from prometheus_client import Counter

_lost = Counter("whisperer_log_writes_lost", "Log lines that could not be written: a full disk, a reader that has gone")


class LogStream(io.TextIOBase):
    """Another stream, but writing to it never fails."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`, which stays its owner's."""
        self._stream = stream

    @override
    def write(self, text: str, /) -> int:
        try:
            self._stream.write(text)
        except (OSError, ValueError):  # ValueError: it was closed
            _lost.inc()
        return len(text)

    @override
    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            _lost.inc()

    @override
    def isatty(self) -> bool:
        return self._stream.isatty()
