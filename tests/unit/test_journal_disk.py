"""A journal whose disk is full, read-only or failing: orders are refused, nothing else is lost, and it recovers."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.ports.journal import AuditRow, NodeRow, Span
from actors.ports.person_rows import SessionRow
from actors.store.journal import SqliteJournal
from actors.store.overflow import slimmed
from actors.store.work import Work
from config.errors import ConfigError, StoreUnavailableError
from config.trading import StoreSection
from tests.journal_rows import balance, equity, fill, order, position, query

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def journal(tmp_path):
    journal = SqliteJournal.open(tmp_path / "journal.db", "whisperer", StoreSection(max_queued_rows=1_000))
    yield journal
    await journal.close()


class Disk:
    """Takes the disk from a journal, and gives it back, by what SQLite itself offers for it."""

    def __init__(self, journal):
        self._connection = journal._writer._connection

    def fill(self):
        pages = self._connection.execute("PRAGMA page_count").fetchone()[0]
        self._connection.execute(f"PRAGMA max_page_count = {pages}")

    def protect(self):
        self._connection.execute("PRAGMA query_only = on")

    def free(self):
        self._connection.execute("PRAGMA max_page_count = 1000000")
        self._connection.execute("PRAGMA query_only = off")


@pytest.fixture
def disk(journal):
    return Disk(journal)


async def recovered(journal):
    """Wait until all is written; asking for it is what makes the journal try at once."""
    async with asyncio.timeout(60):
        while journal.trouble is not None:
            await journal.settled()
            await asyncio.sleep(0.005)


async def fill_up(journal):
    """Write until the disk is full; return how many orders were taken."""
    number = 0
    while True:
        try:
            await journal.durable(order(number))
        except StoreUnavailableError:
            return number
        number += 1


@pytest.mark.slow
async def test_trouble_is_forgotten_though_nobody_writes_or_asks_any_more(journal, disk):
    disk.protect()
    with pytest.raises(StoreUnavailableError):
        await journal.durable(order(1))
    assert journal.trouble is not None  # whoever asks for it first writes nothing
    disk.free()

    async with asyncio.timeout(60):
        while journal.trouble is not None:  # noqa: ASYNC110  # it is told to nobody
            await asyncio.sleep(0.005)
    await journal.durable(order(1))


async def test_a_full_disk_refuses_orders_and_goes_on_reading(journal, disk):
    disk.fill()
    taken = await fill_up(journal)

    assert journal.trouble == "database or disk is full"
    with pytest.raises(
        StoreUnavailableError, match="the journal cannot be written: database or disk is full"
    ) as refused:
        await journal.durable(order(900))
    assert (refused.value.status, refused.value.code, refused.value.retry_after_s) == (503, "store_unavailable", 1.0)
    assert len((await journal.orders("ada", Span(limit=1_000))).rows) == taken


@pytest.mark.parametrize("fault", ["fill", "protect"])
async def test_what_happens_meanwhile_is_told_kept_and_written_later(journal, disk, tmp_path, fault):
    await journal.durable(order(0))
    getattr(disk, fault)()
    told = []
    for number in range(1, 400):
        audit = AuditRow(actor="ada", action=str(number))
        journal.write(order(number), audit, told=lambda number=number: told.append((number, bool(journal.trouble))))
    await journal.settled()
    with pytest.raises(StoreUnavailableError):
        await journal.durable(order(900))
    journal.write(order(1, revision=1, status="canceled"), told=lambda: told.append((400, bool(journal.trouble))))
    await journal.settled()

    assert [number for number, _ in told] == list(range(1, 401))
    assert told[-1] == (400, True)
    assert journal.queued > 0
    disk.free()
    await recovered(journal)
    assert journal.queued == 0
    assert query(tmp_path / "journal.db", "SELECT count(*) FROM orders") == [(400,)]
    assert (await journal.find_order("ada", "mine-1")).status == "canceled"
    assert await journal.find_order("ada", "mine-900") is None
    actions = query(tmp_path / "journal.db", "SELECT action FROM audit ORDER BY id")
    assert actions == [(str(number),) for number in range(1, 400)]
    await journal.durable(order(900))


@pytest.mark.slow
async def test_it_recovers_by_itself(journal, disk):
    disk.protect()
    journal.write(order(1))
    await journal.settled()
    disk.free()
    async with asyncio.timeout(60):
        while journal.trouble is not None:  # noqa: ASYNC110  # nobody calls
            await asyncio.sleep(0.01)

    assert await journal.find_order("ada", "mine-1") is not None


async def test_what_overflows_is_balances_and_equity_alone(journal, disk, tmp_path):
    disk.protect()
    for number in range(1, 1_500):
        journal.write(order(number), fill(number), balance(number), equity(number))
        if number % 100 == 0:
            await journal.settled()
    await journal.settled()
    assert journal.queued < 3_100
    disk.free()
    await recovered(journal)

    counts = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM fills), (SELECT count(*) FROM equity)"
    assert query(tmp_path / "journal.db", counts) == [(1_499, 1_499, 0)]
    assert journal.queued == 0


def test_slimming_keeps_the_newest_state_of_each_order_and_every_fill():
    works = [
        Work((order(1), fill(1), balance(1)), "run"),
        Work((position("1"), equity(1)), "run"),
        Work((balance(2),), "run"),
        Work((order(1, revision=1), fill(2), position("2")), "run"),
    ]

    assert [work.rows for work in slimmed(works)] == [(fill(1),), (order(1, revision=1), fill(2), position("2"))]


def test_slimming_keeps_the_newest_of_what_people_and_the_node_write_again_and_again():
    used = [session("s1", at) for at in range(3)]
    noted = [NodeRow(name="ai:llm", value=str(at)) for at in range(3)]
    said = [AuditRow(actor="node", action="auth.refused", target="ada", detail=str(at)) for at in range(3)]
    works = [Work(rows, "run") for rows in zip(used, noted, said, strict=True)]
    works.append(Work((session("s2", 9),), "run"))

    kept = [row for work in slimmed(works) for row in work.rows]

    assert kept == [said[0], said[1], used[2], noted[2], said[2], session("s2", 9)]


def session(name, at):
    return SessionRow(session_id=name, user_id="ada", key="", refreshed_ms=0, active_ms=at, until_ms=100, created_ms=0)


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from actors.store.journal import SqliteJournal
from config.errors import StoreUnavailableError
from tests.journal_rows import fill, order

async def main(path):
    journal = SqliteJournal.open(path, "whisperer")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    await journal.durable(order(0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    taken = 0
    try:
        while True:
            await journal.durable(order(taken + 1))
            taken += 1
    except StoreUnavailableError as e:
        print(e, file=sys.stderr)
    journal.write(fill(1))
    await journal.settled()
    assert journal.trouble, journal.trouble
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    async with asyncio.timeout(60):
        while journal.trouble:
            await asyncio.sleep(0.01)
    await journal.durable(order(taken + 2))
    print(taken)
    await journal.close()

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.slow
def test_a_process_whose_files_may_not_grow_recovers_when_they_may(tmp_path):
    command = [sys.executable, "-c", FULL, str(tmp_path / "journal.db")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stderr
    assert "the journal cannot be written" in done.stderr
    taken = int(done.stdout.split()[-1])
    assert query(tmp_path / "journal.db", "SELECT count(*) FROM orders") == [(taken + 2,)]
    assert query(tmp_path / "journal.db", "SELECT fill_id FROM fills") == [("F-1",)]
    assert query(tmp_path / "journal.db", "PRAGMA integrity_check") == [("ok",)]


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of one MiB, where we may."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no right to mount a disk; the other tests of this file do without")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_real_disk_that_fills_up_and_is_freed(small_disk):
    journal = SqliteJournal.open(small_disk / "journal.db", "whisperer")
    ballast = small_disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        taken = await fill_up(journal)
        journal.write(order(2_000), fill(2_000))
        await journal.settled()
        assert "full" in journal.trouble
        assert len((await journal.orders("ada", Span(limit=1_000))).rows) == taken
        ballast.unlink()
        await recovered(journal)
        assert journal.load().fills == [fill(2_000)]
        assert len(journal.load().working) == taken + 1
    finally:
        await journal.close()


async def test_a_disk_that_is_read_only_from_the_start_is_one_clear_error(small_disk):
    journal = SqliteJournal.open(small_disk / "journal.db", "whisperer")
    await journal.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: ASYNC221  # it takes no time

    with pytest.raises(ConfigError, match=r"journal\.db cannot be written: Read-only file system"):
        SqliteJournal.open(small_disk / "journal.db", "whisperer")
