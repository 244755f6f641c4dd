"""`run_node.py db`: backups while a node writes, bringing one back while none does, a check that finds things."""

import asyncio
import shutil
import sqlite3

import pytest
import structlog

import run_node
from actors.ports.journal import AuditRow
from actors.store.journal import SqliteJournal
from actors.store.migration import STEPS
from actors.store.opening import open_writer
from node.state import StateFolder
from tests.journal_rows import fill, order, position, query


@pytest.fixture(autouse=True)
def quiet():
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def run(tmp_path, capsys):
    def command(*arguments):
        code = run_node.main(["db", *map(str, arguments), "--set", f"node.state_dir={tmp_path / 'state'}"])
        out, err = capsys.readouterr()
        return code, out + err

    (tmp_path / "state").mkdir()
    return command


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.db"


def traded(number):
    """Return the rows of an order that was filled, and of its audit."""
    done = order(number, status="filled", filled_quantity=fill(number).quantity)
    return done, fill(number), position(fill(number).quantity * (number + 1)), AuditRow(actor="ada", action="fill")


async def write(path, numbers):
    journal = SqliteJournal.open(path, "whisperer")
    for number in numbers:
        journal.write(*traded(number))
    await journal.close()


def changed(path, sql):
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_good_journal_is_told_to_be_good(run, path):
    asyncio.run(write(path, range(3)))

    code, text = run("check")
    assert code == 0
    assert text == f"{path}: good: version {len(STEPS)}, 3 orders, 3 fills, 1 runs, 3 audit rows\n"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE positions SET quantity = '4'", "the position of PAPER-001 in BTC-USDT.SIM"),
        ("DELETE FROM positions", "PAPER-001 has fills of 4.50 in BTC-USDT.SIM"),
        ("DELETE FROM fills WHERE id = 2", "order 00000000000000000000000000000001 says that 1.50 was filled"),
        ("DELETE FROM orders WHERE id = 2", "fills row 2 refers to a row of orders that is not there"),
        ("UPDATE audit SET action = 'none' WHERE id = 2", "audit row 2 was changed"),
        ("UPDATE fills SET price = 'x', quantity = 'much' WHERE id = 2", "it cannot be read"),
    ],
)
def test_a_check_finds_what_does_not_fit(run, path, change, found):
    asyncio.run(write(path, range(3)))
    changed(path, change)

    code, text = run("check")
    assert code == 1
    assert found in text


def test_a_check_finds_a_damaged_page(run, path):
    asyncio.run(write(path, range(100)))
    content = bytearray(path.read_bytes())
    content[-4096:] = bytes(4096)  # rows: the first pages are the tables themselves, without which nothing opens
    path.write_bytes(content)

    code, text = run("check")
    assert code == 1
    assert "the file is damaged" in text


async def test_a_backup_and_a_check_work_while_a_node_writes(run, path, tmp_path):
    with StateFolder(path.parent):
        journal = SqliteJournal.open(path, "whisperer")
        for number in range(3_000):
            journal.write(*traded(number))
        checked, _ = await asyncio.to_thread(run, "check")
        backed_up, _ = await asyncio.to_thread(run, "backup", tmp_path / "copy.db")
        await journal.close()

    assert (checked, backed_up) == (0, 0)
    assert run("check", tmp_path / "copy.db")[0] == 0
    assert oct((tmp_path / "copy.db").stat().st_mode)[-3:] == "600"
    assert query(path, "SELECT count(*) FROM fills") == [(3_000,)]


async def test_a_restored_backup_is_what_the_next_start_finds(run, path, tmp_path):
    await write(path, range(3))
    assert run("backup", tmp_path / "copy.db") == (0, f"{tmp_path / 'copy.db'}: written\n")
    await write(path, range(3, 7))

    code, text = run("restore", tmp_path / "copy.db")
    kept = path.with_name("journal.before-restore-1.db")
    assert code == 0
    assert f"restored from {tmp_path / 'copy.db'}; the old file is {kept}" in text
    assert len(query(kept, "SELECT * FROM fills")) == 7
    assert run("check")[0] == 0
    await write(path, range(3, 5))
    assert len(query(path, "SELECT * FROM fills")) == 5
    assert run("restore", kept)[1].endswith("before-restore-2.db\n")
    assert len(query(path, "SELECT * FROM fills")) == 7


async def test_what_a_killed_process_left_in_its_log_is_kept_and_not_mixed_in(run, path, tmp_path):
    await write(path, range(3))
    run("backup", tmp_path / "copy.db")
    journal = SqliteJournal.open(path, "whisperer")
    await journal.durable(*traded(3))
    for name in ("journal.db", "journal.db-wal"):
        shutil.copyfile(path.with_name(name), tmp_path / name)  # as a kill leaves them
    await journal.close()
    for name in ("journal.db", "journal.db-wal"):
        shutil.copyfile(tmp_path / name, path.with_name(name))

    assert run("restore", tmp_path / "copy.db")[0] == 0
    assert len(query(path, "SELECT * FROM fills")) == 3
    assert len(query(path.with_name("journal.before-restore-1.db"), "SELECT * FROM fills")) == 4


async def test_nothing_is_restored_while_a_node_runs(run, path, tmp_path):
    await write(path, range(3))
    run("backup", tmp_path / "copy.db")
    with StateFolder(path.parent):
        journal = SqliteJournal.open(path, "whisperer")
        code, text = run("restore", tmp_path / "copy.db")
        await journal.durable(*traded(3))
        await journal.close()

    assert code == 2
    assert "is in use by another node" in text
    assert sorted(one.name for one in path.parent.glob("*.db*")) == ["journal.db", "journal.db.lock"]
    assert len(query(path, "SELECT * FROM fills")) == 4


def newer(path):
    changed(path, f"PRAGMA user_version = {len(STEPS) + 1}")


def damaged(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (newer, f"has version {len(STEPS) + 1}, this program knows versions up to {len(STEPS)}"),
        (damaged, "damaged"),
        (lambda path: path.write_bytes(b"no database " * 100), "damaged"),
        (lambda path: path.unlink(), "expected a journal, found no file"),
    ],
    ids=["newer", "damaged", "garbage", "missing"],
)
async def test_a_bad_backup_is_refused_and_the_journal_left_alone(run, path, tmp_path, spoil, found):
    await write(path, range(3))
    run("backup", tmp_path / "copy.db")
    spoil(tmp_path / "copy.db")

    code, text = run("restore", tmp_path / "copy.db")
    assert code == 2
    assert found in text
    assert text.count("\n") == 1
    assert [one.name for one in path.parent.glob("*.db")] == ["journal.db"]
    assert run("check")[0] == 0


def test_a_backup_of_an_older_program_is_restored_and_migrated_by_the_next_start(run, path, tmp_path):
    open_writer(tmp_path / "old.db", STEPS[:1]).close()

    assert "version 1 (the next start makes it" in run("check", tmp_path / "old.db")[1]
    assert run("restore", tmp_path / "old.db") == (0, f"{path}: restored from {tmp_path / 'old.db'}\n")
    asyncio.run(write(path, range(3)))
    assert run("check")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["check"], "expected a journal, found no file"),
        (["backup", "there.db"], "expected a journal, found no file"),
        (["backup"], "db backup: expected a FILE"),
        (["restore"], "db restore: expected a FILE"),
    ],
)
def test_a_mistake_is_one_line(run, arguments, found):
    code, text = run(*arguments)
    assert (code, text.count("\n")) == (2, 1)
    assert found in text


async def test_a_backup_overwrites_nothing_and_leaves_no_half_file(run, path, tmp_path):
    await write(path, range(3))
    (tmp_path / "there.db").write_text("mine")

    assert "exists already" in run("backup", tmp_path / "there.db")[1]
    assert run("backup", tmp_path / "no" / "such" / "copy.db")[0] == 2
    assert (tmp_path / "there.db").read_text() == "mine"
    assert list(tmp_path.glob("**/*.part")) == []
