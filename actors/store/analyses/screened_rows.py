"""How judged orders and their outcomes are written into the file of analyses."""

import sqlite3

import msgspec

from actors.ports.order_outcomes import OrderOutcome, ScreenedOrder

_FIELDS = ScreenedOrder.__struct_fields__
_INSERT = (
    f"INSERT INTO screened ({', '.join(_FIELDS)}, stored_ms) VALUES ({', '.join('?' * len(_FIELDS))}, ?) "  # noqa: S608  # our own names
    "ON CONFLICT (prediction_id) DO NOTHING"
)
_TELL = (
    "UPDATE screened SET won = ?, profit = ?, ts_resolved = ?, told_by = ?, told_ms = ?"
    " WHERE prediction_id = ? AND (won IS NULL OR ?)"
)


def write_screened(connection: sqlite3.Connection, row: ScreenedOrder | OrderOutcome, stored_ms: int) -> None:
    """Write one row within a transaction; an order that is there stays as it is, and so does its outcome."""
    if isinstance(row, ScreenedOrder):
        values = [getattr(row, name) for name in _FIELDS]
        values[_FIELDS.index("fields")] = msgspec.json.encode(row.fields).decode()
        connection.execute(_INSERT, (*values, stored_ms))
    else:
        told = (row.won, row.profit, row.ts_resolved, row.told_by, stored_ms)
        connection.execute(_TELL, (*told, row.prediction_id, row.is_correction))
