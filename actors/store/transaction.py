"""One transaction of many works: all of their rows or none."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from actors.ports.journal import AuditRow, HandoverRow
from actors.store import audit
from actors.store.forgetting import Forgetting
from actors.store.handover import hand_over
from actors.store.tables import EQUITY, TABLES
from actors.store.thinning import Thinning
from actors.store.work import Work
from config.errors import IdempotencyConflictError, NodeError, StoreUnavailableError

REFUSALS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    OverflowError,
)
"""A row is at fault, now and for ever; other errors of the database are the disk's."""


class Transactions:
    """Writes works through the one connection that writes; used by one thread."""

    def __init__(
        self, connection: sqlite3.Connection, node_id: str, wall_ns: Callable[[], int], *, equity_days: int
    ) -> None:
        self._connection = connection
        self._node_id = node_id
        self._wall_ns = wall_ns
        self._head = audit.read_head(connection)
        self.thinning = Thinning(connection, equity_days)
        """Of the equity curve, to be done when nothing else is."""
        self.forgetting = Forgetting(connection, wall_ns)
        """Of old failures of signing in, likewise."""

    @property
    def head(self) -> str:
        """Number and hash of the newest audit row: written down elsewhere, it shows a log that was cut."""
        return f"{self._head.seq}:{self._head.hash}"

    def write(self, works: Sequence[Work]) -> list[Work]:
        """Commit the rows of all works; return those whose rows can never be written, each with its `error`.

        Raises:
            sqlite3.Error: If the disk does not take them; then nothing of it is written.
        """
        try:
            self._commit(lambda: self._insert(works))
        except REFUSALS:
            return self._write_each(works)
        return []

    def _write_each(self, works: Sequence[Work]) -> list[Work]:
        """Write all works but those at fault."""
        refused: list[Work] = []

        def insert() -> None:
            refused.clear()
            for work in works:
                head = self._head
                self._connection.execute("SAVEPOINT work")
                try:
                    self._insert([work])
                except REFUSALS as e:
                    self._connection.execute("ROLLBACK TO work")
                    self._head = head
                    work.error = _refusal(e)
                    refused.append(work)
                self._connection.execute("RELEASE work")

        self._commit(insert)
        return refused

    def _commit(self, insert: Callable[[], None]) -> None:
        head = self._head
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            insert()
            self._connection.execute("COMMIT")
        except BaseException:
            self._head = head
            if self._connection.in_transaction:  # a full disk has ended it already
                self._connection.execute("ROLLBACK")
            raise

    def _insert(self, works: Sequence[Work]) -> None:
        """Insert the rows, those of one table together."""
        groups: defaultdict[tuple[type, str], list[Any]] = defaultdict(list)
        for work in works:
            for row in work.rows:
                groups[type(row), work.run_id].append(row)
        for (kind, run_id), rows in groups.items():
            if kind is AuditRow:
                self._append(rows, run_id)
            elif kind is HandoverRow:
                hand_over(self._connection, self._node_id, rows)
            else:
                table = TABLES[kind]
                if table is EQUITY:
                    self.thinning.note(run_id, rows)
                self._connection.executemany(table.upsert, table.parameters(self._node_id, run_id, table.newest(rows)))

    def _append(self, rows: Sequence[AuditRow], run_id: str) -> None:
        now = self._wall_ns()
        for row in rows:
            self._head = audit.append(
                self._connection, self._head, row, node_id=self._node_id, run_id=run_id, written_ns=now
            )


def _refusal(error: Exception) -> NodeError:
    if "orders.client_order_id" in str(error):
        return IdempotencyConflictError("another order has this client_order_id already")
    return StoreUnavailableError(f"the journal refused a row: {error}")
