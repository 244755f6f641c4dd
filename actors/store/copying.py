"""Copies of the file, whole or not there."""

import os
import sqlite3
from pathlib import Path

from actors.durable import sync


def copy_to(connection: sqlite3.Connection, path: Path) -> None:
    """Copy an open journal as it is at this moment, compacted; whoever writes to it meanwhile is not held up.

    Half a copy of an earlier try is thrown away, an earlier copy replaced. Only this user can read it.

    Raises:
        sqlite3.Error: If it cannot be read, or the copy not be written.
        OSError: Likewise.
    """
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    try:
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        connection.execute("VACUUM INTO ?", (str(half),))
        sync(half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    sync(path.parent)
