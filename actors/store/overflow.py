"""What is left out when more waits than may: rows that others can be made from, or that newer ones replace."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from prometheus_client import Counter

from actors.orders import BalanceRow, EquityRow
from actors.ports.journal import JournalRow
from actors.store.runs import RunRow
from actors.store.tables import NODE, ORDERS, PEOPLE, POSITIONS, Table
from actors.store.work import Work

_dropped = Counter("whisperer_journal_dropped", "Rows left out because too many wait; never orders or fills", ["kind"])

_STATES: dict[type, Table[Any]] = {table.kind: table for table in (ORDERS, POSITIONS, NODE, *PEOPLE)}
"""Tables whose rows say how something is now, by kind of row: the newest of each thing says it all."""


def without_derived[R: JournalRow | RunRow](rows: Sequence[R]) -> tuple[R, ...]:
    """Leave out, and count, balances and equity: both follow from fills and cash."""
    for row in rows:
        if isinstance(row, EquityRow | BalanceRow):
            _dropped.labels("equity" if isinstance(row, EquityRow) else "balance").inc()
    return tuple(row for row in rows if not isinstance(row, EquityRow | BalanceRow))


def slimmed(works: Iterable[Work]) -> deque[Work]:
    """Return works that nobody waits for, less what is derived and what a later row of the same thing replaces."""
    seen: set[tuple[object, ...]] = set()
    slim: deque[Work] = deque()
    for work in reversed(list(works)):
        rows = tuple(row for row in reversed(without_derived(work.rows)) if not _is_replaced(row, work.run_id, seen))
        if rows:
            slim.appendleft(Work(rows[::-1], work.run_id))
    return slim


def _is_replaced(row: JournalRow | RunRow, run_id: str, seen: set[tuple[object, ...]]) -> bool:
    """Return whether a row of its key has been seen; newest first, so that one replaces it."""
    table = _STATES.get(type(row))
    if table is None:
        return False
    key = (table.name, run_id, table.key(row))
    if key in seen:
        return True
    seen.add(key)
    return False
