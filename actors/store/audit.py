"""The audit log: each row carries a hash over itself and the row before, so that no row can be changed unseen."""

import hashlib
import sqlite3
from typing import NamedTuple

import msgspec

from actors.ports.journal import AuditRow

FIRST_HASH = "0" * 64
"""Before the first row."""
COLUMNS = (
    "id",
    "node_id",
    "run_id",
    "user_id",
    "written_ns",
    "actor",
    "action",
    "target",
    "detail",
    "trace_id",
    "prev_hash",
    "hash",
)
INSERT = f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608  # our own names


class Head(NamedTuple):
    """The end of the chain."""

    seq: int
    hash: str


def row_hash(values: dict[str, object]) -> str:
    """Return SHA-256 over canonical JSON (sorted keys, no spaces, UTF-8) of all columns but `hash`."""
    return hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()


def read_head(connection: sqlite3.Connection) -> Head:
    """Return where the chain ends."""
    row = connection.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, FIRST_HASH)


def append(
    connection: sqlite3.Connection, head: Head, row: AuditRow, *, node_id: str, run_id: str, written_ns: int
) -> Head:
    """Insert one row after `head`; return the new head, which counts once the transaction is committed."""
    values: dict[str, object] = {
        "id": head.seq + 1,
        "node_id": node_id,
        "run_id": run_id,
        "user_id": row.actor,
        "written_ns": written_ns,
        "actor": row.actor,
        "action": row.action,
        "target": row.target,
        "detail": row.detail,
        "trace_id": row.trace_id,
        "prev_hash": head.hash,
    }
    digest = row_hash(values)
    connection.execute(INSERT, (*values.values(), digest))
    return Head(head.seq + 1, digest)


def broken_link(connection: sqlite3.Connection) -> str | None:
    """Return what is wrong with the chain, in words; None when it is whole."""
    head = Head(0, FIRST_HASH)
    rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY id")  # noqa: S608  # our own names
    for row in rows:
        values = dict(zip(COLUMNS, row, strict=True))
        digest = values.pop("hash")
        if values["id"] != head.seq + 1:
            return f"audit row {head.seq + 1} is missing"
        if values["prev_hash"] != head.hash or digest != row_hash(values):
            return f"audit row {values['id']} was changed, or the one before it"
        head = Head(head.seq + 1, digest)
    return None
