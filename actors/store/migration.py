"""The numbered steps that make the tables, from an empty file or from that of an older version."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from actors.store.copying import copy_to
from config.errors import ConfigError

STEPS: tuple[Path, ...] = tuple(sorted((Path(__file__).parent / "migrations").glob("[0-9]*.sql")))
"""The first makes version 1 out of an empty file, and so on."""
APPLICATION_ID = 0x57485350
"""In the file's header: that it is one of ours."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of an open file, 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_version(connection: sqlite3.Connection, path: Path, steps: Sequence[Path] = STEPS) -> int:
    """Return the version of a file that this program can open.

    Raises:
        ConfigError: If it is of a newer program, or not a journal.
    """
    version = version_of(connection)
    is_ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    is_empty = not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not is_ours and not is_empty:
        raise ConfigError(f"{path} is a database, but not a journal of ours; nothing was changed")
    if version > len(steps):
        raise ConfigError(
            f"{path} has version {version}, this program knows versions up to {len(steps)}: start the newer program, "
            "or bring back an older copy with `run_node.py db restore FILE`; nothing was changed"
        )
    return version


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Path] = STEPS) -> None:
    """Bring a file to the newest version in one transaction; a copy of an older one stays beside it.

    Args:
        connection: In autocommit mode, the only one that writes.
        path: Of the file.
        steps: SQL files in their order.

    Raises:
        ConfigError: If the file is newer than the program, or not a journal.
    """
    version = check_version(connection, path, steps)
    if version == len(steps):
        return
    if version:
        copy_to(connection, copy_path(path, version))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in steps[version:]:
            for statement in _statements(step.read_text()):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def copy_path(path: Path, version: int) -> Path:
    """Return where the copy of a file lies from before it left a version: `journal.v1.db`."""
    return path.with_suffix(f".v{version}{path.suffix}")


def _statements(script: str) -> Iterator[str]:
    """Cut a script at the ends of its statements; a trigger is one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise ValueError(f"expected complete statements, the script ends with {statement.strip()[-80:]!r}")
