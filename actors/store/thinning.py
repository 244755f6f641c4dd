"""The equity curve: minutes at first, hours when they are old."""

import sqlite3
from collections.abc import Sequence

from actors.market import MINUTE_NS
from actors.orders import EquityRow

HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
PORTION = 200
"""Rows of one go, so that nobody who writes waits long."""


class Thinning:
    """Keeps the last minute of each old hour of the newest run; earlier runs no longer grow and stay as they are."""

    def __init__(self, connection: sqlite3.Connection, days: int) -> None:
        self._connection = connection
        self._days = days
        newest = "SELECT run_id, max(ts) FROM equity WHERE run_id = (SELECT run_id FROM runs ORDER BY id DESC LIMIT 1)"
        self._run_id, self._newest = connection.execute(newest).fetchone()
        self._done = 0
        """Up to which market time nothing is left to do."""

    def note(self, run_id: str, rows: Sequence[EquityRow]) -> None:
        """Hear of new rows: time has moved on."""
        newest = max(row.ts for row in rows)
        if run_id != self._run_id:
            self._run_id, self._newest, self._done = run_id, newest, 0
        self._newest = max(self._newest, newest)

    def step(self) -> bool:
        """Thin a portion, as a transaction; return whether there may be more to do.

        Raises:
            sqlite3.Error: If the disk does not take it; nothing is done then.
        """
        if self._newest is None:
            return False
        limit = (self._newest - self._days * DAY_NS) // HOUR_NS * HOUR_NS
        if limit <= self._done:
            return False
        old = self._connection.execute(
            "SELECT id, account_id, ts FROM equity WHERE run_id = ? AND is_hourly = 0 AND ts < ? ORDER BY ts LIMIT ?",
            (self._run_id, limit, PORTION),
        ).fetchall()
        if old:
            self._thin(old)
        if len(old) < PORTION:
            self._done = limit
        return len(old) == PORTION

    def _thin(self, old: Sequence[tuple[int, str, int]]) -> None:
        last = [(row_id,) for row_id, account_id, ts in old if not self._is_followed(account_id, ts)]
        kept = set(last)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("UPDATE equity SET is_hourly = 1 WHERE id = ?", last)
            gone = [(row_id,) for row_id, *_ in old if (row_id,) not in kept]
            self._connection.executemany("DELETE FROM equity WHERE id = ?", gone)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _is_followed(self, account_id: str, ts: int) -> bool:
        """Return whether the account has a later row in the same hour."""
        later = "SELECT 1 FROM equity WHERE run_id = ? AND account_id = ? AND ts > ? AND ts < ? LIMIT 1"
        end = (ts // HOUR_NS + 1) * HOUR_NS
        return self._connection.execute(later, (self._run_id, account_id, ts, end)).fetchone() is not None
