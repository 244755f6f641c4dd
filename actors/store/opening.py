"""Opening the file: one process, one connection that writes, any number that read."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from actors.store.migration import STEPS, check_version, migrate
from config.errors import ConfigError

FILE_NAME = "journal.db"
"""In the `state_dir`."""
DAMAGED = "stop the node and bring back the newest backup with `run_node.py db restore FILE`"
MADE_ANEW = "stop the node and move it away, with the -wal and -shm beside it: a new one is made"
"""Of a file that holds nothing that money depends on, and that no backup has."""


class FileLock:
    """Holds a file against a second process for as long as it is open; `PATH.lock` beside it is what is locked."""

    def __init__(self, path: Path) -> None:
        """Take it.

        Raises:
            ConfigError: If another process has it, or the folder cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as e:
            raise ConfigError(f"{path} cannot be written: {e.strerror}") from e
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            os.close(self._file)
            raise ConfigError(f"{path} is in use by another process; stop it first") from e

    def release(self) -> None:
        """Give it back."""
        os.close(self._file)


def open_writer(path: Path, steps: tuple[Path, ...] = STEPS, *, is_derived: bool = False) -> sqlite3.Connection:
    """Open the connection that writes, with the newest tables; the caller sees to it that it is the only one.

    Args:
        path: Of the file, made if there is none.
        steps: SQL files that make its tables.
        is_derived: What is in it may lose its last moments with the machine's power, and gives pages back to the disk.

    Raises:
        ConfigError: If the file cannot be opened, is damaged or newer than the program.
    """
    with readable(path, is_derived=is_derived), contextlib.ExitStack() as undo:
        if not path.exists():
            if is_derived:
                _forget_log(path)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
        undo.callback(connection.close)
        check_version(connection, path, steps)
        if is_derived:
            connection.execute("PRAGMA auto_vacuum = incremental")  # only an empty file takes it
            connection.execute("PRAGMA foreign_keys = on")
        _log_ahead(connection, path)
        connection.execute(f"PRAGMA synchronous = {'normal' if is_derived else 'full'}")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages: seldom enough to leave a p99 alone
        connection.execute("PRAGMA cache_size = -2000")  # KiB: more of them is not faster, and grows with the file
        migrate(connection, path, steps)
        undo.pop_all()
    return connection


def _log_ahead(connection: sqlite3.Connection, path: Path) -> None:
    """Switch the write-ahead log on."""
    if connection.execute("PRAGMA journal_mode = wal").fetchone()[0] != "wal":
        raise ConfigError(f"{path} lies on a file system that SQLite cannot share: name a local node.state_dir")


def _forget_log(path: Path) -> None:
    """Delete what was written ahead for a file that is gone, and would be taken for that of the new one."""
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def which_file(path: Path) -> tuple[int, int] | None:
    """Return which file is at a path, not only what it is called; None: there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def open_reader(path: Path, *, is_derived: bool = False) -> sqlite3.Connection:
    """Open a connection that only reads.

    Args:
        path: Of the file.
        is_derived: Whether a damaged one is made anew, and none brought back.

    Raises:
        ConfigError: If there is no such file, or it cannot be opened.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: expected a journal, found no file")
    with readable(path, is_derived=is_derived), contextlib.ExitStack() as undo:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10.0)
        undo.callback(connection.close)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        undo.pop_all()
    return connection


@contextlib.contextmanager
def readable(path: Path, *, is_derived: bool = False) -> Iterator[None]:
    """Turn what the database says within the block into a `ConfigError` that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError, msgspec.ValidationError) as e:
        raise unusable(path, e, is_derived=is_derived) from e


def unusable(path: Path, error: Exception, *, is_derived: bool = False) -> ConfigError:
    """Return what to tell about a file that cannot be used, and what to do about it."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or isinstance(error, msgspec.ValidationError):
        return ConfigError(f"{path} is damaged ({error}): {MADE_ANEW if is_derived else DAMAGED}")
    return ConfigError(f"{path} cannot be opened: {error}")
