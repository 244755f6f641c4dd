"""Deletes analyses that are old, or too many, a portion at a time, and gives their pages back to the disk."""

import sqlite3

from config.analyses import AnalysesSection

PORTION = 1_000
"""Rows of one go, so that what is new does not wait long."""
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_OLDEST = "SELECT id, stored_ms FROM analyses ORDER BY id LIMIT ?"

FEEDBACK = 10_000
"""Words of one caller that are kept at the most: nobody pushes out another's."""
_FORGET = (
    "DELETE FROM feedback WHERE stored_ms < ? OR id IN (SELECT id FROM"
    " (SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY id DESC) AS place FROM feedback) WHERE place > ?)"
)

_OPEN_ORDERS = 200_000
"""Newest judged orders among which those without an outcome are kept."""
_ORDERS = 2_000_000
"""Newest judged orders of which any are kept: what is learnt from is worth more than analyses."""
_FORGET_ORDERS = (
    "DELETE FROM screened WHERE id IN (SELECT id FROM screened WHERE"
    " (won IS NULL AND (stored_ms < ? OR id <= (SELECT max(id) FROM screened) - ?))"
    " OR id <= (SELECT max(id) FROM screened) - ? LIMIT ?)"
)


class Upkeep:
    """Looks once an hour, and again at once while there is more to do."""

    def __init__(self, settings: AnalysesSection) -> None:
        self._kept_ms = settings.keep_days * DAY_MS
        self._max_rows = settings.max_rows
        self._next_ms = 0

    def is_due(self, now_ms: int) -> bool:
        """Return whether it is time for `step`."""
        return now_ms >= self._next_ms

    def step(self, connection: sqlite3.Connection, now_ms: int) -> int:
        """Delete a portion; return how many rows went.

        Raises:
            sqlite3.Error: If the disk does not take it; nothing is done then.
        """
        first, last = connection.execute("SELECT min(id), max(id) FROM analyses").fetchone()
        spare = 0 if first is None else last + 1 - first - self._max_rows
        delete = f"DELETE FROM analyses WHERE id IN (SELECT id FROM ({_OLDEST}) WHERE stored_ms < ? OR id < ?)"  # noqa: S608  # our own names
        gone = connection.execute(delete, (PORTION, now_ms - self._kept_ms, (first or 0) + spare)).rowcount
        connection.execute(_FORGET, (now_ms - self._kept_ms, FEEDBACK))
        limits = (now_ms - self._kept_ms, _OPEN_ORDERS, _ORDERS, PORTION)
        gone += connection.execute(_FORGET_ORDERS, limits).rowcount
        if gone:
            connection.execute(f"PRAGMA incremental_vacuum({4 * PORTION})").fetchall()
        if gone < PORTION:
            self._next_ms = now_ms + HOUR_MS
        return gone
