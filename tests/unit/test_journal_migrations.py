"""Older files become new ones, in one go and with a copy; newer, foreign and damaged files are refused."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from actors.ports.journal import Span
from actors.store.journal import SqliteJournal
from actors.store.migration import STEPS, copy_path, migrate
from actors.store.opening import open_writer
from actors.store.tables import TABLES
from config.errors import ConfigError, StoreUnavailableError
from tests.journal_rows import fill, order, query

ROOT = Path(__file__).parents[2]
BUSINESS = ("runs", "orders", "fills", "cash", "positions", "balances", "equity", "alerts", "traders", "strategies")


def fill_in(connection):
    """Put a row with made-up values into every table there is."""
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        if table == "outbox":
            continue
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        values = [7 if kind == "INTEGER" else f"{table}.{name}" for _, name, kind, *_ in columns]
        connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)


def made(path, version):
    """Make a file as the program of that version made it, with a row in each table."""
    connection = open_writer(path, STEPS[:version])
    fill_in(connection)
    connection.close()


def schema(path):
    return query(path, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name")


@pytest.mark.parametrize("version", range(1, len(STEPS)))
def test_every_older_version_becomes_the_newest_with_all_its_rows(tmp_path, version):
    path, fresh = tmp_path / "journal.db", tmp_path / "fresh.db"
    made(path, version)
    columns = {table: ", ".join(row[1] for row in query(path, f"PRAGMA table_info({table})")) for table in BUSINESS}
    before = {table: query(path, f"SELECT {columns[table]} FROM {table}") for table in BUSINESS}
    open_writer(fresh).close()

    open_writer(path).close()

    assert query(path, "PRAGMA user_version") == [(len(STEPS),)]
    assert schema(path) == schema(fresh)
    assert {table: query(path, f"SELECT {columns[table]} FROM {table}") for table in BUSINESS} == before
    copy = copy_path(path, version)
    assert query(copy, "PRAGMA user_version") == [(version,)]
    assert {table: query(copy, f"SELECT * FROM {table}") for table in BUSINESS} == before


def test_the_outbox_of_an_older_file_names_all_its_rows(tmp_path):
    made(tmp_path / "journal.db", 1)
    open_writer(tmp_path / "journal.db").close()

    found = query(tmp_path / "journal.db", "SELECT table_name, row_id, revision FROM outbox")
    assert {name for name, *_ in found} == {*BUSINESS, "node", "audit"}
    assert ("orders", 7, 7) in found


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_each_table_has_a_column_for_each_field(tmp_path, table):
    open_writer(tmp_path / "journal.db").close()

    columns = {name: kind for _, name, kind, *_ in query(tmp_path / "journal.db", f"PRAGMA table_info({table.name})")}
    assert set(columns) - {"id", "node_id", "run_id", "user_id", "is_hourly"} == set(table.fields) - {"user_id"}
    for field in msgspec.structs.fields(table.kind):
        is_number = field.type in (int, bool, int | None)
        assert columns[field.name] == ("INTEGER" if is_number else "TEXT"), field.name


def test_a_newer_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "journal.db"
    connection = open_writer(path)
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(
        ConfigError, match=rf"has version {len(STEPS) + 1}, this program knows versions up to {len(STEPS)}"
    ):
        open_writer(path)
    assert path.read_bytes() == before


def test_a_database_of_somebody_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(ConfigError, match="is a database, but not a journal of ours"):
        open_writer(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", ["everywhere", "after_the_first_page"])
async def test_a_damaged_file_says_what_to_do(tmp_path, place):
    path = tmp_path / "journal.db"
    open_writer(path).close()
    content = path.read_bytes()
    path.write_bytes(b"garbage " * 1_000 if place == "everywhere" else content[:4096] + bytes(len(content) - 4096))

    with pytest.raises(ConfigError, match=r"journal\.db is damaged .* db restore FILE") as refused:
        SqliteJournal.open(path, "whisperer")
    assert "\n" not in str(refused.value)


async def test_a_row_that_makes_no_sense_is_damage_too(tmp_path):
    path = tmp_path / "journal.db"
    journal = SqliteJournal.open(path, "whisperer")
    await journal.durable(order(1), fill(1))
    await journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE fills SET price = 'much'")
    connection.close()

    journal = SqliteJournal.open(path, "whisperer")
    with pytest.raises(ConfigError, match=r"is damaged .*price"):
        journal.load()
    with pytest.raises(StoreUnavailableError, match=r"cannot be read: .* is damaged"):
        await journal.fills("ada", Span())
    assert len((await journal.orders("ada", Span())).rows) == 1
    await journal.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path):
    path, bad = tmp_path / "journal.db", tmp_path / "0003_bad.sql"
    open_writer(path).close()
    before = schema(path)
    bad.write_text("CREATE TABLE half (a);\nINSERT INTO absent VALUES (1);\n")

    with pytest.raises(ConfigError, match="no such table: absent"):
        open_writer(path, (*STEPS, bad))
    assert schema(path) == before
    assert query(path, "PRAGMA user_version") == [(len(STEPS),)]


def test_a_script_cut_short_is_no_script(tmp_path):
    bad = tmp_path / "0001_cut.sql"
    bad.write_text("CREATE TABLE half (a)")

    with pytest.raises(ValueError, match="expected complete statements"):
        migrate(sqlite3.connect(":memory:", isolation_level=None), tmp_path / "x.db", (bad,))


MIGRATE = """
import sys
from pathlib import Path
from actors.store.opening import open_writer
from actors.ports.journal import Span
from actors.store.journal import SqliteJournal
from actors.store.migration import STEPS
open_writer(Path(sys.argv[1]), (*STEPS, Path(sys.argv[2])))
"""
STEP = """
CREATE TABLE big (a INTEGER);
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {rows}) INSERT INTO big SELECT x FROM n;
CREATE INDEX big_a ON big (a);
"""


@pytest.mark.slow
def test_a_migration_that_is_killed_is_done_by_the_next_start(tmp_path):
    path, slow = tmp_path / "journal.db", tmp_path / "0003_slow.sql"
    made(path, len(STEPS))
    slow.write_text(STEP.format(rows=10**12))  # it never comes to its end
    before = schema(path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for delay in (0.0, 0.02, 0.1):
        copy_path(path, len(STEPS)).unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", MIGRATE, str(path), str(slow)], cwd=ROOT, env=environment)
        wait_for_copy(path, process)
        time.sleep(delay)  # into the transaction
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert query(path, "PRAGMA user_version") == [(len(STEPS),)]
        assert schema(path) == before

    slow.write_text(STEP.format(rows=100_000))
    (tmp_path / "journal.v2.db.part").write_bytes(b"half a copy")
    open_writer(path, (*STEPS, slow)).close()
    assert query(path, "SELECT count(*) FROM big") == [(100_000,)]
    assert query(path, "SELECT order_id FROM orders") == [("orders.order_id",)]
    assert query(copy_path(path, len(STEPS)), "PRAGMA integrity_check") == [("ok",)]


def wait_for_copy(path, process):
    """Wait until the migration has made its copy, and begins."""
    copy = copy_path(path, len(STEPS))
    deadline = time.monotonic() + 120
    while not copy.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
