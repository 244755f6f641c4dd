"""Books that go from one user to another: those of the time before a node had users."""

import sqlite3
from collections.abc import Iterable

from actors.ports.journal import HandoverRow
from actors.store.tables import OWNED, TRADERS


def hand_over(connection: sqlite3.Connection, node_id: str, rows: Iterable[HandoverRow]) -> None:
    """Make all books of one user another's, within a transaction.

    Raises:
        ValueError: If the other one has books already: accounts cannot be merged.
    """
    for row in rows:
        taken = f"SELECT 1 FROM {TRADERS.name} WHERE node_id = ? AND user_id = ?"  # noqa: S608  # our own names
        if connection.execute(taken, (node_id, row.to_user)).fetchone():
            raise ValueError(f"user {row.to_user} has a trader already")
        for table in OWNED:
            newer = ", revision = revision + 1" if "revision" in table.fields else ""
            change = f"UPDATE {table.name} SET user_id = ?{newer} WHERE node_id = ? AND user_id = ?"  # noqa: S608  # likewise
            connection.execute(change, (row.to_user, node_id, row.from_user))
