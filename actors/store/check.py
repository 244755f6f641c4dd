"""Whether a file holds together: pages, keys, the audit chain, and books that follow from their fills."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from actors.store.audit import broken_link
from actors.store.migration import STEPS, version_of

SHOWN = 20
"""Problems of one kind."""


def problems(connection: sqlite3.Connection) -> list[str]:
    """Return what is wrong with an open journal, in words, as of one moment; empty when all is well."""
    connection.execute("BEGIN")
    try:
        return damage(connection) or odd(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def damage(connection: sqlite3.Connection) -> list[str]:
    """Return where the file itself is not whole."""
    try:
        rows = [text for (text,) in connection.execute(f"PRAGMA integrity_check({SHOWN})")]
    except sqlite3.DatabaseError as e:
        rows = [str(e)]
    return [] if rows == ["ok"] else [f"the file is damaged: {text}" for text in rows]


def odd(connection: sqlite3.Connection) -> list[str]:
    """Return what does not fit together in a whole file."""
    try:
        return [*_odd(connection)]
    except (sqlite3.DatabaseError, ArithmeticError) as e:
        return [f"it cannot be read: {e}"]


def contents(connection: sqlite3.Connection) -> str:
    """Return in words how much there is."""
    version = version_of(connection)
    counts = [
        f"{connection.execute(f'SELECT count(*) FROM {name}').fetchone()[0]:,} {label}"  # noqa: S608  # our own names
        for name, label in (("orders", "orders"), ("fills", "fills"), ("runs", "runs"), ("audit", "audit rows"))
    ]
    later = "" if version == len(STEPS) else f" (the next start makes it {len(STEPS)})"
    return f"version {version}{later}, {', '.join(counts)}"


def _odd(connection: sqlite3.Connection) -> Iterator[str]:
    for table, row_id, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(SHOWN):
        yield f"{table} row {row_id} refers to a row of {parent} that is not there"
    broken = broken_link(connection)
    if broken:
        yield broken
    yield from _orders(connection)
    yield from _positions(connection)


def _orders(connection: sqlite3.Connection) -> Iterator[str]:
    """Compare what orders say was filled with their fills."""
    filled: defaultdict[str, Decimal] = defaultdict(Decimal)
    for order_id, quantity in connection.execute("SELECT order_id, quantity FROM fills"):
        filled[order_id] += Decimal(quantity)
    shown = 0
    for order_id, text in connection.execute("SELECT order_id, filled_quantity FROM orders"):
        if (Decimal(text) or order_id in filled) and Decimal(text) != filled[order_id] and shown < SHOWN:
            shown += 1
            yield f"order {order_id} says that {text} was filled, its fills are {filled[order_id]}"


def _positions(connection: sqlite3.Connection) -> Iterator[str]:
    """Compare positions with the sums of their fills."""
    net: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for side, quantity, *key in connection.execute(
        "SELECT side, quantity, run_id, account_id, instrument_id FROM fills"
    ):
        net[key[0], key[1], key[2]] += Decimal(quantity) if side == "buy" else -Decimal(quantity)
    for quantity, *key in connection.execute("SELECT quantity, run_id, account_id, instrument_id FROM positions"):
        fills = net.pop((key[0], key[1], key[2]), Decimal(0))
        if Decimal(quantity) != fills:
            yield f"the position of {key[1]} in {key[2]} (run {key[0]}) is {quantity}, its fills are {fills}"
    for key_left, fills in net.items():
        if fills:
            yield f"{key_left[1]} has fills of {fills} in {key_left[2]} (run {key_left[0]}) and no position"
