"""Old failures of signing in leave the journal; what still holds somebody back, or in, stays."""

from actors.ports.person_rows import ThrottleRow
from actors.store.forgetting import PORTION, Forgetting
from actors.store.journal import SqliteJournal
from actors.store.opening import open_reader, open_writer
from actors.store.runs import identity
from actors.store.transaction import Transactions
from actors.store.work import Work
from tests.auth_keys import DAY_MS, HOUR_MS, HandClock


class Books:
    """A journal's file on whose clock hours pass when told."""

    def __init__(self, path):
        self.clock = HandClock()
        self.connection = open_writer(path / "journal.db")
        self.node_id, self.run_id = identity(self.connection, "node")
        self.transactions = Transactions(self.connection, self.node_id, self.wall_ns, equity_days=30)

    def wall_ns(self):
        return 1_000_000 * self.clock.now_ms

    def write(self, *rows):
        assert self.transactions.write([Work(rows, self.run_id)]) == []

    @property
    def keys(self):
        return {key for (key,) in self.connection.execute("SELECT key FROM throttles")}

    def row(self, key, *, until_ms=0, good_ms=None):
        now_ms = self.clock.now_ms
        good_ms = None if good_ms is None else now_ms + good_ms
        return ThrottleRow(key=key, failures=9, first_ms=now_ms, until_ms=now_ms + until_ms, good_ms=good_ms)


def test_only_what_counts_no_more_is_deleted(tmp_path):
    books = Books(tmp_path)
    books.write(
        books.row("pair:now"),
        books.row("pair:waits", until_ms=HOUR_MS),
        books.row("pair:old", until_ms=-2 * DAY_MS),
        books.row("address:old", until_ms=-2 * DAY_MS),
        books.row("pair:known", until_ms=-30 * DAY_MS, good_ms=-30 * DAY_MS),
        books.row("pair:strange", until_ms=-32 * DAY_MS, good_ms=-32 * DAY_MS),
    )

    assert books.transactions.forgetting.step() is False
    assert books.keys == {"pair:now", "pair:waits", "pair:known"}
    books.connection.close()


def test_many_are_deleted_in_portions_and_the_next_time_is_an_hour_later(tmp_path):
    books = Books(tmp_path)
    books.write(*(books.row(f"pair:{number}", until_ms=-2 * DAY_MS) for number in range(PORTION + 1)))
    forgetting = Forgetting(books.connection, books.wall_ns)

    assert forgetting.step() is True
    assert len(books.keys) == 1
    assert forgetting.step() is False
    books.write(books.row("pair:late", until_ms=-2 * DAY_MS))
    assert forgetting.step() is False
    assert books.keys == {"pair:late"}
    books.clock.wait(ms=HOUR_MS)
    forgetting.step()
    assert books.keys == set()
    books.connection.close()


async def test_a_journal_forgets_by_itself(tmp_path):
    path = tmp_path / "journal.db"
    old = ThrottleRow(key="pair:old", failures=9, first_ms=0, until_ms=0)
    journal = SqliteJournal.open(path, "node")
    await journal.durable(old)
    await journal.close()

    left = open_reader(path)
    assert left.execute("SELECT count(*) FROM throttles").fetchone() == (0,)
    left.close()
