"""Reading the file while it is being written: through connections of its own, in threads of its own."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from actors.orders import FillRow, OrderRow
from actors.ports.journal import CHECKPOINT, AuditEntry, AuditSpan, Page, Recorded, Span
from actors.ports.person_rows import RecordedPeople, SessionRow
from actors.store.opening import open_reader, unusable
from actors.store.tables import (
    API_KEYS,
    CASH,
    DATA_KEYS,
    FACTORS,
    FILLS,
    NODE,
    ORDERS,
    SESSIONS,
    SIGNING_KEYS,
    STRATEGIES,
    THROTTLES,
    TRADERS,
    USERS,
    Table,
)
from config.errors import ConfigError, StoreUnavailableError

THREADS = 2
WORKING = "status IN ('submitted', 'accepted', 'triggered', 'partially_filled', 'unknown')"
"""Orders that have not ended, in the words of the index."""
_WORKING_IDS = f"SELECT order_id FROM orders WHERE run_id = ?1 AND {WORKING}"  # noqa: S608  # our own names
_NAMED_IDS = (
    f"SELECT parent_order_id FROM orders WHERE run_id = ?1 AND {WORKING} AND parent_order_id IS NOT NULL "  # noqa: S608  # likewise
    "UNION SELECT link.value FROM orders AS one, json_each(one.linked_order_ids) AS link "
    f"WHERE one.run_id = ?1 AND one.{WORKING}"
)
RELATED = (
    f"run_id = ?1 AND NOT {WORKING} AND (order_id IN ({_NAMED_IDS}) OR linked_order_ids != '[]' AND EXISTS "  # noqa: S608  # likewise
    f"(SELECT 1 FROM json_each(linked_order_ids) AS link WHERE link.value IN ({_WORKING_IDS}))) ORDER BY id"
)
"""Orders that have ended and that working ones are linked with, or wait for."""
_COUNTED = "SELECT count(*) FROM fills WHERE run_id = ? AND id <= ?"
_NEWEST = "SELECT coalesce(max(id), ?1), count(*) FROM (SELECT id FROM fills WHERE id > ?1 ORDER BY id LIMIT ?2)"
_ALL = -1


class Reader:
    """Answers questions from the file."""

    def __init__(self, path: Path, node_id: str) -> None:
        self._path = path
        self._node_id = node_id
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="journal-reader")
        self._mine = threading.local()
        self._opened: list[sqlite3.Connection] = []

    async def ask[T](self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Answer a question in a thread.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)
        except (sqlite3.Error, msgspec.ValidationError, ConfigError) as e:
            raise StoreUnavailableError(f"the journal cannot be read: {unusable(self._path, e)}") from e

    def _answer[T](self, question: Callable[[sqlite3.Connection], T]) -> T:
        return question(self._connection())

    def close(self) -> None:
        """End the threads and their connections."""
        self._threads.shutdown()
        for connection in self._opened:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = open_reader(self._path)
            self._opened.append(found)
        return found

    def recorded(self, run_id: str, after: int = 0, most: int | None = None) -> Recorded:
        """Return what a start needs, as of one moment; here, with the errors of the database.

        Args:
            run_id: Of the books.
            after: Row of a fill: only those after it are read, those up to it are counted.
            most: Fills that are read at most, of all runs, by who counts them; None: all, with what else a start needs.
        """
        connection = self._connection()
        mine, run = ("node_id = ? ORDER BY id", (self._node_id,)), (run_id,)
        connection.execute("BEGIN")
        try:
            last, found = connection.execute(_NEWEST, (after, _ALL if most is None else most)).fetchone()
            has_more, working = found == most, f"run_id = ? AND {WORKING} ORDER BY id"
            return Recorded(
                run_id=run_id,
                traders=_rows(connection, TRADERS, *mine),
                strategies=_rows(connection, STRATEGIES, *mine),
                working=[] if has_more else _rows(connection, ORDERS, working, run),
                fills=_rows(connection, FILLS, "+run_id = ? AND id > ? AND id <= ? ORDER BY id", (run_id, after, last)),
                last_fill=last,
                has_more=has_more,
                fills_before=_number(connection, _COUNTED, run_id, after) if after else 0,
                cash=_rows(connection, CASH, "run_id = ? ORDER BY id", run),
                ended=_rows(connection, ORDERS, RELATED, run) if most is None else [],  # it reads every order
                node={row.name: row.value for row in _rows(connection, NODE, *mine) if row.name != CHECKPOINT},
            )
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.execute("PRAGMA shrink_memory")  # else each thread that ever reads keeps 2 MiB of pages

    def ended(self, run_id: str) -> list[OrderRow]:
        """Return the ended orders that working ones depend on; here, with the errors of the database."""
        return _rows(self._connection(), ORDERS, RELATED, (run_id,))

    def fills_of(self, order_ids: Sequence[str]) -> list[FillRow]:
        """Return all fills of orders; here, with the errors of the database."""
        ids = msgspec.json.encode(order_ids).decode()
        where = "order_id IN (SELECT value FROM json_each(?)) ORDER BY id"
        return _rows(self._connection(), FILLS, where, (ids,)) if order_ids else []

    def note(self, name: str) -> str | None:
        """Return what the node has noted under a name; here, with the errors of the database."""
        found = _rows(self._connection(), NODE, "node_id = ? AND name = ?", (self._node_id, name))
        return found[0].value if found else None

    def people(self) -> RecordedPeople:
        """Return what a start knows of people; here, with the errors of the database."""
        connection = self._connection()
        mine = (self._node_id,)
        return RecordedPeople(
            users=_rows(connection, USERS, "node_id = ? ORDER BY id", mine),
            sessions=_rows(connection, SESSIONS, "node_id = ? AND ended_ms IS NULL ORDER BY id", mine),
            factors=_rows(connection, FACTORS, "node_id = ? AND removed_ms IS NULL ORDER BY id", mine),
            api_keys=_rows(connection, API_KEYS, "node_id = ? ORDER BY id", mine),
            signing_keys=_rows(connection, SIGNING_KEYS, "node_id = ? ORDER BY id", mine),
            data_keys=_rows(connection, DATA_KEYS, "node_id = ? ORDER BY id", mine),
            throttles=_rows(connection, THROTTLES, "node_id = ? ORDER BY id", mine),
        )

    def ended_sessions(self, now_ms: int) -> Sequence[SessionRow]:
        """Return the sessions that ended before their time; here, with the errors of the database."""
        where = "node_id = ? AND ended_ms IS NOT NULL AND until_ms > ? ORDER BY id"
        return _rows(self._connection(), SESSIONS, where, (self._node_id, now_ms))

    def fact(self, name: str) -> str | None:
        """Return one fact about the node; here, with the errors of the database."""
        found = _rows(self._connection(), NODE, "node_id = ? AND name = ?", (self._node_id, name))
        return found[0].value if found else None

    def order(self, connection: sqlite3.Connection, user_id: str, client_order_id: str) -> OrderRow | None:
        """Return a user's order by the user's own id, of any run."""
        where = "node_id = ? AND user_id = ? AND client_order_id = ?"
        found = _rows(connection, ORDERS, where, (self._node_id, user_id, client_order_id))
        return found[0] if found else None


def page[T: msgspec.Struct](
    connection: sqlite3.Connection, table: Table[T], run_id: str, user_id: str, span: Span
) -> Page[T]:
    """Return some of a user's rows of a run, newest first; rows of one time as they were written."""
    conditions: list[tuple[str, object]] = [("run_id = ?", run_id), ("user_id = ?", user_id)]
    if span.start is not None:
        conditions.append((f"{table.time} >= ?", span.start))
    if span.end is not None:
        conditions.append((f"{table.time} < ?", span.end))
    if span.instrument_id is not None and "instrument_id" in table.fields:
        conditions.append(("instrument_id = ?", span.instrument_id))
    where, values = " AND ".join(text for text, _ in conditions), [value for _, value in conditions]
    if span.before is not None:
        where += f" AND id != ? AND ({table.time}, id) <= (SELECT {table.time}, id FROM {table.name} "  # noqa: S608  # our own names
        where += (
            "WHERE run_id = ? AND user_id = ? AND id <= ? ORDER BY id DESC LIMIT 1)"  # it may have been thinned out
        )
        values += [span.before, run_id, user_id, span.before]
    order = f"ORDER BY {table.time} DESC, id DESC LIMIT ?"
    sql = f"SELECT id, {table.columns} FROM {table.name} WHERE {where} {order}"  # noqa: S608  # likewise
    found = connection.execute(sql, (*values, span.limit + 1)).fetchall()
    shown = found[: span.limit]
    return Page([table.row(row[1:]) for row in shown], shown[-1][0] if len(found) > len(shown) else None)


def audit_page(connection: sqlite3.Connection, node_id: str, span: AuditSpan) -> Page[AuditEntry]:
    """Return a part of the audit log, newest first."""
    conditions: list[tuple[str, object]] = [("node_id = ?", node_id)]
    wanted = (("written_ns >= ?", span.start), ("written_ns < ?", span.end), ("id < ?", span.before))
    conditions += [(text, value) for text, value in wanted if value is not None]
    where, values = " AND ".join(text for text, _ in conditions), [value for _, value in conditions]
    if span.action is not None:
        where += " AND (action = ? OR substr(action, 1, ?) = ?)"
        values += [span.action, len(span.action) + 1, f"{span.action}."]
    if span.user_id is not None:
        where += " AND (user_id = ? OR target = ?)"
        values += [span.user_id, span.user_id]
    columns = "id, written_ns, user_id, actor, action, target, detail, trace_id"
    sql = f"SELECT {columns} FROM audit WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608  # our own names
    found = [
        AuditEntry(**dict(zip(AuditEntry.__struct_fields__, row, strict=True)))
        for row in connection.execute(sql, (*values, span.limit + 1))
    ]
    shown = found[: span.limit]
    return Page(shown, shown[-1].seq if len(found) > len(shown) else None)


def _rows[T: msgspec.Struct](
    connection: sqlite3.Connection, table: Table[T], where: str, values: tuple[object, ...]
) -> list[T]:
    found = connection.execute(f"SELECT {table.columns} FROM {table.name} WHERE {where}", values)  # noqa: S608  # our own names
    return [table.row(row) for row in found]


def _number(connection: sqlite3.Connection, sql: str, *values: object) -> int:
    return int(connection.execute(sql, values).fetchone()[0] or 0)
