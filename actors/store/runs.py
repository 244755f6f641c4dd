"""Runs: each reset of the books begins another; and whose books they are."""

import secrets
import sqlite3
import time
from typing import NamedTuple

from msgspec import Struct


class RunRow(Struct, frozen=True, kw_only=True):
    """The beginning of a run."""

    user_id: str = ""
    began_ns: int
    """Wall time."""


class Identity(NamedTuple):
    """What every row carries."""

    node_id: str
    run_id: str


def new_run_id() -> str:
    """Return an id that no run has had."""
    return secrets.token_hex(8)


def identity(connection: sqlite3.Connection, node_id: str) -> Identity:
    """Return the node of a file and its newest run; a new file becomes the named node's, with a first run."""
    found = connection.execute("SELECT node_id, run_id FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    if found:
        return Identity(*found)
    first = Identity(node_id, new_run_id())
    connection.execute("INSERT INTO runs (node_id, run_id, began_ns) VALUES (?, ?, ?)", (*first, time.time_ns()))
    return first
