"""Failures of signing in that hold nobody back any more: strangers make them, so they must not fill the disk."""

import sqlite3
from collections.abc import Callable

HOUR_NS = 3_600 * 1_000_000_000
DAY_MS = 24 * 3_600_000
KEPT_MS = DAY_MS
"""So long after its last failure a row is kept."""
KNOWN_MS = 31 * DAY_MS
"""So long after a name signed in from a place, which counts for thirty days."""
PORTION = 500
"""Rows of one go, so that nobody who writes waits long."""


class Forgetting:
    """Deletes old rows of the table `throttles`, once an hour."""

    def __init__(self, connection: sqlite3.Connection, wall_ns: Callable[[], int]) -> None:
        self._connection = connection
        self._wall_ns = wall_ns
        self._next_ns = 0

    def step(self) -> bool:
        """Delete a portion; return whether there may be more to do.

        Raises:
            sqlite3.Error: If the disk does not take it; nothing is done then.
        """
        now_ns = self._wall_ns()
        if now_ns < self._next_ns:
            return False
        now_ms = now_ns // 1_000_000
        gone = self._connection.execute(
            "DELETE FROM throttles WHERE id IN (SELECT id FROM throttles"
            " WHERE until_ms < ? AND coalesce(good_ms, 0) < ? LIMIT ?)",
            (now_ms - KEPT_MS, now_ms - KNOWN_MS, PORTION),
        ).rowcount
        if gone < PORTION:
            self._next_ns = now_ns + HOUR_NS
        return gone == PORTION
