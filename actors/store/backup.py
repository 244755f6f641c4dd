"""Backups: taken while a node runs, brought back while none does."""

import contextlib
import itertools
import shutil
import sqlite3
from pathlib import Path

from actors.durable import sync
from actors.store.check import damage, odd
from actors.store.copying import copy_to
from actors.store.migration import check_version
from actors.store.opening import FileLock, open_reader, readable
from config.errors import ConfigError


def back_up(journal: Path, target: Path) -> None:
    """Copy a journal as it is at this moment; a node may run.

    Raises:
        ConfigError: If there is no journal, the target exists, or cannot be written.
    """
    if target.exists():
        raise ConfigError(f"{target} exists already; name a new file")
    connection = open_reader(journal)
    try:
        check_version(connection, journal)
        copy_to(connection, target)
    except (sqlite3.Error, OSError) as e:
        raise ConfigError(f"{journal} cannot be copied to {target}: {e}") from e
    finally:
        connection.close()


def restore(journal: Path, source: Path) -> tuple[Path | None, list[str]]:
    """Put a backup in a journal's place; the old file stays beside it.

    Returns:
        Where the old file is now, None if there was none; and what is odd about the backup, in words.

    Raises:
        ConfigError: If a node uses the journal, or the backup is no whole journal that this program can open.
    """
    lock = FileLock(journal)
    new = journal.with_name(journal.name + ".restored")
    try:
        found = _take(source, new)
        kept = _keep(journal)
        new.replace(journal)
        sync(journal.parent)
    except OSError as e:
        raise ConfigError(f"{source} cannot be put in the place of {journal}: {e}") from e
    finally:
        new.unlink(missing_ok=True)
        lock.release()
    return kept, found


def _take(source: Path, new: Path) -> list[str]:
    """Copy and check the backup; return what is odd about it."""
    connection = open_reader(source)
    with contextlib.closing(connection), readable(source):
        check_version(connection, source)
        broken = damage(connection)
        if broken:
            raise ConfigError(f"{source} is not restored: {broken[0]}")
        found = odd(connection)
        copy_to(connection, new)
    return found


def _keep(journal: Path) -> Path | None:
    """Copy the old file, with what its log still holds, under a free name; leave no log for the new one to swallow."""
    log = _beside(journal, "-wal")
    if not journal.exists():
        log.unlink(missing_ok=True)
        return None
    names = (journal.with_suffix(f".before-restore-{number}{journal.suffix}") for number in itertools.count(1))
    kept = next(path for path in names if not path.exists())
    shutil.copyfile(journal, kept)
    kept.chmod(0o600)
    if log.exists():
        shutil.copyfile(log, _beside(kept, "-wal"))
    sync(kept)
    log.unlink(missing_ok=True)
    _beside(journal, "-shm").unlink(missing_ok=True)
    return kept


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
