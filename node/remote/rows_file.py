"""A CSV file that holds whole units only, so that what a kill or a full disk leaves can be read."""

import os
from collections.abc import Sequence
from pathlib import Path

from config.errors import NodeError

MOST_BUFFERED = 65_536
"""Bytes after which they are written at once."""


class RecordingError(NodeError):
    """A recording that cannot begin or go on; the message says why."""

    code = "job_failed"


class RowsFile:
    """Appends units of lines; those that belong together reach the file in one write, or not at all."""

    def __init__(self, path: Path, header: str) -> None:
        """Make the file, with its header.

        Raises:
            RecordingError: If it cannot be made.
        """
        self.path = path
        self.rows = 0
        """In the file."""
        self.first_ts: int | None = None
        self.last_ts: int | None = None
        """Of the newest row, UNIX nanoseconds."""
        self._waiting: list[str] = []
        self._bytes = 0
        self._size = 0
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except OSError as e:
            raise RecordingError(f"{path}: cannot be made: {e.strerror}") from e
        self._write(f"{header}\n".encode())

    def append(self, ts: int, lines: Sequence[str]) -> None:
        """Add one unit: rows of one moment, UNIX nanoseconds.

        Raises:
            RecordingError: If the disk does not take what has come together.
        """
        self.first_ts = ts if self.first_ts is None else self.first_ts
        self.last_ts = ts
        self._waiting += lines
        self._bytes += sum(map(len, lines)) + len(lines)
        if self._bytes >= MOST_BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write what has come together.

        Raises:
            RecordingError: If the disk does not take it; the file then ends with the last write before.
        """
        lines, self._waiting, self._bytes = self._waiting, [], 0
        if lines:
            self._write("".join(f"{line}\n" for line in lines).encode())
            self.rows += len(lines)

    def close(self) -> None:
        """Write the rest and let the file go.

        Raises:
            RecordingError: If the disk does not take it.
        """
        if self._file < 0:
            return
        try:
            self.flush()
        finally:
            os.close(self._file)
            self._file = -1

    def _write(self, data: bytes) -> None:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as e:
            os.ftruncate(self._file, self._size)
            raise RecordingError(f"{self.path}: cannot be written: {e.strerror}") from e
        self._size += len(data)
