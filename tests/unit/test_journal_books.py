"""What the file holds: the audit chain, the outbox, the thinned equity curve."""

import hashlib
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ports.journal import AuditRow, Span
from actors.store import audit
from actors.store.journal import SqliteJournal
from actors.store.opening import open_writer
from actors.store.runs import identity
from actors.store.thinning import DAY_NS, HOUR_NS
from actors.store.transaction import Transactions
from actors.store.work import Work
from config.trading import StoreSection
from tests.journal_rows import equity, fill, order, position, query

MINUTE_NS = HOUR_NS // 60


@pytest.fixture
def connection(tmp_path):
    connection = open_writer(tmp_path / "journal.db")
    identity(connection, "whisperer")
    yield connection
    connection.close()


def transactions(connection, days=30):
    return Transactions(connection, "whisperer", lambda: 42, equity_days=days)


def run_of(connection):
    return identity(connection, "").run_id


def audited(connection, *actions):
    rows = tuple(AuditRow(actor="ada", action=action, detail='{"limit":"5"}') for action in actions)
    transactions(connection).write([Work(rows, run_of(connection))])


def test_the_chain_goes_on_over_starts(connection):
    audited(connection, "one", "two")
    audited(connection, "three")

    assert audit.broken_link(connection) is None
    hashes = connection.execute("SELECT prev_hash, hash FROM audit ORDER BY id").fetchall()
    assert hashes[0][0] == audit.FIRST_HASH
    assert [prev for prev, _ in hashes[1:]] == [this for _, this in hashes[:-1]]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE id = 2", "audit row 2 was changed"),
        ("UPDATE audit SET written_ns = 43 WHERE id = 3", "audit row 3 was changed"),
        ("DELETE FROM audit WHERE id = 2", "audit row 2 is missing"),
        ("UPDATE audit SET hash = prev_hash WHERE id = 1", "audit row 1 was changed"),
    ],
)
def test_a_change_of_the_past_is_found(connection, change, found):
    audited(connection, "one", "two", "three")
    connection.execute(change)

    assert found in audit.broken_link(connection)


def test_a_hash_is_over_canonical_json():
    canonical = '{"a":"Größe","b":1}'.encode()

    assert audit.row_hash({"b": 1, "a": "Größe"}) == hashlib.sha256(canonical).hexdigest()


def test_each_change_leaves_one_outbox_row_of_the_newest_revision(connection):
    run, write = run_of(connection), transactions(connection).write
    write([Work((order(1), order(2), fill(1), position("1")), run)])
    write([Work((order(1, revision=3), fill(1), position("2")), run)])

    found = connection.execute("SELECT table_name, row_id, revision FROM outbox WHERE table_name != 'runs'").fetchall()
    assert found == [("fills", 1, 1), ("orders", 1, 3), ("orders", 2, 0), ("positions", 1, 2)]


def test_what_is_rolled_back_leaves_no_outbox_row(connection):
    transactions(connection).write([Work((order(1), order(2, client_order_id="mine-1")), run_of(connection))])

    assert connection.execute("SELECT count(*) FROM outbox WHERE table_name = 'orders'").fetchone() == (0,)


def thin_all(thinning):
    for _ in range(10_000):
        if not thinning.step():
            return
    raise AssertionError("it never ends")


@settings(max_examples=30)
@given(
    minutes=st.lists(st.tuples(st.integers(0, 3 * 24 * 60), st.sampled_from(["A", "B"])), min_size=1, max_size=400),
    pieces=st.integers(1, 4),
)
def test_old_hours_keep_their_last_minute(tmp_path_factory, minutes, pieces):
    connection = open_writer(tmp_path_factory.mktemp("books") / "journal.db")
    identity(connection, "whisperer")
    books, run = transactions(connection, days=1), run_of(connection)
    minutes.sort()
    for piece in range(pieces):
        rows = tuple(equity(minute * MINUTE_NS, account) for minute, account in minutes[piece::pieces])
        if rows:
            books.write([Work(rows, run)])
            thin_all(books.thinning)

    newest = minutes[-1][0] * MINUTE_NS
    limit = (newest - DAY_NS) // HOUR_NS * HOUR_NS
    hours = defaultdict(set)
    for minute, account in minutes:
        ts = minute * MINUTE_NS
        hours[account, ts // HOUR_NS if ts < limit else ts].add(ts)
    left = connection.execute("SELECT account_id, ts FROM equity").fetchall()
    shipped = connection.execute("SELECT count(*) FROM outbox WHERE table_name = 'equity'").fetchone()[0]
    connection.close()
    if pieces == 1:
        assert sorted(left) == sorted((account, max(stamps)) for (account, _), stamps in hours.items())
    else:  # a row that came late may have found its hour thinned: nothing but last minutes and late ones is left
        assert {(account, max(stamps)) for (account, _), stamps in hours.items()} <= set(left)
    assert shipped == len(left)


async def test_the_curve_is_thinned_while_it_is_written(tmp_path):
    journal = SqliteJournal.open(tmp_path / "journal.db", "whisperer", StoreSection(equity_days=1))
    for minute in range(2 * 24 * 60):
        journal.write(equity(minute * MINUTE_NS))
    await journal.settled()
    page = await journal.equity("ada", Span(limit=10))
    await journal.close()
    reopened = SqliteJournal.open(tmp_path / "journal.db", "whisperer", StoreSection(equity_days=1))
    while reopened._writer._transactions.thinning._done < DAY_NS:
        reopened.write(equity(2 * DAY_NS))
        await reopened.settled()
    rows = (await reopened.equity("ada", Span(limit=10_000))).rows
    await reopened.close()

    assert len(page.rows) == 10
    assert len(rows) == 24 + 24 * 60 + 1
    assert [row.ts // MINUTE_NS % 60 for row in rows if row.ts < DAY_NS] == [59] * 24


async def test_a_page_goes_on_where_a_thinned_row_was(tmp_path):
    journal = SqliteJournal.open(tmp_path / "journal.db", "whisperer")
    for minute in range(10):
        journal.write(equity(minute))
    page = None
    await journal.settled()
    page = await journal.equity("ada", Span(limit=5))
    await journal.close()
    connection = open_writer(tmp_path / "journal.db")
    connection.execute("DELETE FROM equity WHERE id = ?", (page.next,))
    connection.close()

    journal = SqliteJournal.open(tmp_path / "journal.db", "whisperer")
    rest = await journal.equity("ada", Span(before=page.next))
    await journal.close()
    assert [row.ts for row in page.rows + rest.rows] == list(reversed(range(10)))
    assert query(tmp_path / "journal.db", "SELECT count(*) FROM outbox WHERE table_name = 'equity'") == [(9,)]
