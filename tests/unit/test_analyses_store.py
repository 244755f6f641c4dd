"""The store of analyses: what comes back, what waits while the file is down, what is deleted."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from actors.messages import Signal
from actors.ports.analyses import Span
from actors.store.analyses import rows
from actors.store.analyses.queue import DROPPED, Line
from actors.store.analyses.rows import STEPS
from actors.store.analyses.store import AnalysisStore
from actors.store.analyses.upkeep import DAY_MS, FEEDBACK, HOUR_MS, PORTION, Upkeep
from actors.store.opening import open_writer
from config.analyses import AnalysesSection
from config.errors import StoreUnavailableError
from tests.analysis_rows import BTC, FIRST, MINUTE, analysed, resolved
from tests.journal_rows import query

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def store(tmp_path):
    store = AnalysisStore(tmp_path / "analytics.db", AnalysesSection(max_queued=1_000))
    store.start()
    yield store
    await store.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "analytics.db"


async def recovered(store):
    async with asyncio.timeout(60):
        while store.trouble is not None:
            await store.settled()
            await asyncio.sleep(0.005)


def count(path, where="1"):
    return query(path, f"SELECT count(*) FROM analyses WHERE {where}")[0][0]


async def test_a_signal_comes_back_as_it_was(store):
    rows = [analysed(number, score=0.1 * number) for number in range(4)]
    store.put(*rows)
    await store.settled()

    found, has_older = await store.signals(Span(), 3)

    assert found == [row.signal for row in rows[:0:-1]]
    assert has_older


async def test_who_gives_up_waiting_leaves_no_error_behind(store):
    errors = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    gave_up = asyncio.create_task(store.settled())
    await asyncio.sleep(0)
    gave_up.cancel()
    await store.settled()

    assert gave_up.cancelled()
    assert errors == []


async def test_what_was_asked_for_is_stored(store, path):
    store.put(analysed(1))
    await store.settled()

    columns = "instrument_id, signal, confidence, ts_bar, features, model_version, processing_us, stored_ms > 0"
    assert query(path, f"SELECT {columns} FROM analyses") == [
        (BTC, "long", 0.5, FIRST + MINUTE, "[0.1,-0.3333333333333333,1e-9]", "technical/" + _version(), 150, 1)
    ]
    assert query(path, "PRAGMA journal_mode") == [("wal",)]
    assert query(path, "PRAGMA auto_vacuum") == [(2,)]


def _version():
    from config.version import VERSION

    return VERSION


async def test_fields_without_a_column_come_back_too(store, path):
    store.put(analysed(1))
    await store.settled()

    ((more,),) = query(path, "SELECT more FROM analyses")
    assert set(msgspec.json.decode(more)) == set(Signal.__struct_fields__) - set(rows.SIGNAL_FIELDS)
    assert set(rows.SIGNAL_FIELDS) <= {row[1] for row in query(path, "PRAGMA table_info(analyses)")}


async def test_the_first_analysis_of_a_bar_stays_and_one_of_history_is_stored_once(store, path):
    store.put(analysed(1, score=0.5), analysed(1, score=-0.5), analysed(2, took=None, backfilled=True))
    store.put(analysed(2, took=None, backfilled=True), analysed(1, interval="5m"))
    await store.settled()

    assert query(path, "SELECT interval, score, backfilled FROM analyses ORDER BY ts_bar, interval") == [
        ("1m", 0.5, 0),
        ("5m", 0.5, 0),
        ("1m", 0.5, 1),
    ]
    assert query(path, "SELECT count(*) FROM predictions") == [(6,)]


async def test_pages_are_by_instrument_interval_and_time(store):
    store.put(*[analysed(number, instrument_id=name) for number in range(10) for name in (BTC, "ETH-USDT.SIM")])
    await store.settled()

    span = Span(instrument_id=BTC, interval="1m", start=FIRST + 2 * MINUTE, end=FIRST + 5 * MINUTE)
    found, has_older = await store.signals(span, 10)

    assert [(one.instrument_id, (one.ts_bar - FIRST) // MINUTE) for one in found] == [(BTC, 4), (BTC, 3), (BTC, 2)]
    assert not has_older


async def test_an_outcome_is_written_once(store, path):
    store.put(analysed(1), resolved(1, label=1))
    store.put(resolved(1, label=0))
    await store.settled()

    assert query(path, "SELECT outcome, label, bars, long_return FROM analyses") == [("up", 1, 3, 0.008)]
    assert await store.open_analyses(BTC, "1m") == []


async def test_what_is_open_is_found_again(store):
    store.put(analysed(1), analysed(2), resolved(1))
    await store.settled()

    (left,) = await store.open_analyses(BTC, "1m")
    assert (left.ts_bar, left.close, left.targets.upper) == (FIRST + 2 * MINUTE, 30_000.0, 30_300.0)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("PRAGMA query_only = on", "readonly"), ("PRAGMA max_page_count = 1", "full")],
    ids=["protected", "full disk"],
)
async def test_a_thousand_wait_while_the_file_cannot_be_written(store, path, fault, reason):
    store.put(analysed(0))
    await store.settled()
    connection = store._writer._connection
    connection.execute(fault)
    dropped = DROPPED._value.get()

    store.put(*[analysed(number) for number in range(1, 400)])
    await store.settled()
    assert reason in store.trouble
    store.put(*[analysed(number) for number in range(400, 1_101)])
    await store.settled()
    assert DROPPED._value.get() - dropped == 100

    connection.execute("PRAGMA max_page_count = 1000000")
    connection.execute("PRAGMA query_only = off")
    await recovered(store)
    assert query(path, "SELECT count(*), min(ts_bar) FROM analyses WHERE id > 1") == [(1_000, FIRST + 101 * MINUTE)]


async def test_a_file_that_cannot_be_opened_is_tried_again(tmp_path):
    path = tmp_path / "analytics.db"
    path.mkdir()
    store = AnalysisStore(path, AnalysesSection())
    store.start()
    store.put(analysed(1))
    await store.settled()
    assert "cannot be opened" in store.trouble

    path.rmdir()
    await recovered(store)
    found, _ = await store.signals(Span(), 10)
    assert len(found) == 1
    await store.close()


@pytest.mark.parametrize("names", [("", "-wal", "-shm"), ("",)], ids=["all of it", "not its log"])
async def test_after_the_file_was_taken_away_a_new_one_is_written_and_read(store, path, names):
    store.put(analysed(1))
    await store.settled()
    assert len((await store.signals(Span(), 10))[0]) == 1
    for name in names:
        path.with_name(path.name + name).unlink()

    store.put(analysed(2))
    await store.settled()
    found, _ = await store.signals(Span(), 10)
    assert (store.trouble, [one.ts_bar for one in found]) == (None, [FIRST + 2 * MINUTE])
    assert count(path) == 1


async def test_of_a_damaged_file_nobody_is_told_to_bring_back_a_journal(path):
    path.write_bytes(b"x" * 8_192)
    store = AnalysisStore(path, AnalysesSection())
    store.start()
    await store.settled()

    with pytest.raises(StoreUnavailableError, match=r"damaged.*a new one is made"):
        await store.signals(Span(), 10)
    assert "a new one is made" in store.trouble
    await store.close()


async def test_a_row_that_can_never_be_written_costs_no_other(store, path):
    store.put(analysed(1), analysed(2, ts_event=2**70), analysed(3))
    await store.settled()

    assert store.trouble is None
    assert count(path) == 2


def test_the_line_drops_the_oldest():
    line = Line(3)
    line.put([analysed(number) for number in range(5)])
    taken = line.take(2)
    line.put([analysed(5)])
    line.put_back(taken)

    assert [(row.signal.ts_bar - FIRST) // MINUTE for row in line.take(9)] == [3, 4, 5]


def test_old_ones_go_in_portions_with_their_predictions_and_their_pages(path):
    from actors.store.analyses.rows import write

    connection = open_writer(path, STEPS, is_derived=True)
    connection.execute("BEGIN")
    write(connection, [analysed(number) for number in range(2_500)], DAY_MS)
    write(connection, [analysed(number) for number in range(2_500, 2_600)], 20 * DAY_MS)
    connection.execute("COMMIT")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    upkeep, now = Upkeep(AnalysesSection(keep_days=30)), 32 * DAY_MS

    assert [upkeep.step(connection, now) for _ in range(3)] == [PORTION, PORTION, 500]
    assert not upkeep.is_due(now + HOUR_MS - 1)
    assert upkeep.is_due(now + HOUR_MS)
    assert connection.execute("SELECT count(*) FROM analyses").fetchone() == (100,)
    assert connection.execute("SELECT count(*) FROM predictions").fetchone() == (200,)
    assert connection.execute("PRAGMA page_count").fetchone()[0] < pages / 4
    connection.close()


def test_no_more_are_kept_than_may_be(path):
    from actors.store.analyses.rows import write

    connection = open_writer(path, STEPS, is_derived=True)
    connection.execute("BEGIN")
    write(connection, [analysed(number) for number in range(1_300)], DAY_MS)
    connection.execute("COMMIT")

    assert Upkeep(AnalysesSection(max_rows=1_000)).step(connection, DAY_MS) == 300
    assert connection.execute("SELECT min(ts_bar) FROM analyses").fetchone() == (FIRST + 300 * MINUTE,)
    connection.close()


def test_nobody_s_words_push_out_another_s(path):
    connection = open_writer(path, STEPS, is_derived=True)
    row = "INSERT INTO feedback VALUES (NULL, ?, ?, 'BTC-USDT.SIM', 'long', 'win', 1.0, 1, 0, ?)"
    connection.execute("BEGIN")
    connection.executemany(row, [("bert", f"{number}", DAY_MS) for number in range(5)])
    connection.executemany(row, [("anna", f"{number}", DAY_MS) for number in range(FEEDBACK + 20)])
    connection.execute("COMMIT")

    Upkeep(AnalysesSection(keep_days=30)).step(connection, DAY_MS)

    kept = connection.execute(
        "SELECT user_id, count(*), min(CAST(signal_id AS INTEGER)) FROM feedback GROUP BY user_id"
    )
    assert kept.fetchall() == [("anna", FEEDBACK, 20), ("bert", 5, 0)]
    connection.close()


@pytest.mark.slow
def test_what_was_settled_survives_kill_9(path):
    command = [sys.executable, "tests/analysis_load.py", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        settled = int(line)
        if settled >= 2_000:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()

    assert count(path) >= settled
    assert query(path, "SELECT count(*) FROM predictions")[0][0] == 2 * count(path)
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    connection = open_writer(path, STEPS, is_derived=True)
    connection.close()
