"""The books of one user become another's, in the file as in what a start reads of it."""

from decimal import Decimal

import pytest

from actors.ports.journal import AuditRow, AuditSpan, HandoverRow, Span, TraderRow
from actors.store.check import problems
from actors.store.journal import SqliteJournal
from actors.store.opening import open_reader
from actors.store.tables import OWNED
from config.errors import StoreUnavailableError
from tests.journal_rows import fill, order, position, query


def trader(user_id, account_id="PAPER-001"):
    return TraderRow(user_id=user_id, account_id=account_id, kind="margin", limits={}, ceilings={"max_open_orders": 3})


async def handed_over(path, *more):
    journal = SqliteJournal.open(path, "n")
    filled = order(1, user_id="local", filled_quantity=Decimal("1.50"), status="filled")
    held = position("1.50", user_id="local")
    rows = [trader("local"), filled, fill(1, user_id="local"), held, AuditRow(actor="local", action="trader.open")]
    await journal.durable(*rows, *more)
    try:
        await journal.durable(HandoverRow(from_user="local", to_user="ada"))
    except BaseException:
        await journal.close()
        raise
    return journal


async def test_orders_fills_and_trader_change_hands(tmp_path):
    journal = await handed_over(tmp_path / "journal.db")

    assert (await journal.find_order("ada", "mine-1")).order_id == f"{1:032}"
    assert await journal.find_order("local", "mine-1") is None
    assert [row.user_id for row in (await journal.fills("ada", Span())).rows] == ["ada"]
    assert journal.load().traders == [trader("ada")]
    await journal.close()


async def test_nothing_is_left_behind_and_the_file_is_sound(tmp_path):
    journal = await handed_over(tmp_path / "journal.db")
    await journal.close()

    for table in OWNED:
        assert query(tmp_path / "journal.db", f"SELECT count(*) FROM {table.name} WHERE user_id = 'local'") == [(0,)]
    connection = open_reader(tmp_path / "journal.db")
    assert problems(connection) == []
    connection.close()


async def test_the_audit_log_still_says_who_it_was(tmp_path):
    journal = await handed_over(tmp_path / "journal.db")

    assert [row.actor for row in (await journal.audit(AuditSpan())).rows] == ["local"]
    await journal.close()


async def test_somebody_with_books_gets_none(tmp_path):
    with pytest.raises(StoreUnavailableError, match="user ada has a trader already"):
        await handed_over(tmp_path / "journal.db", trader("ada", "PAPER-002"))

    assert query(tmp_path / "journal.db", "SELECT user_id FROM orders") == [("local",)]


async def test_a_copy_elsewhere_hears_of_it(tmp_path):
    path = tmp_path / "journal.db"
    journal = await handed_over(path)
    await journal.close()

    found = dict(query(path, "SELECT table_name, max(revision) FROM outbox GROUP BY table_name"))
    assert (found["traders"], found["fills"], found["positions"], found["orders"]) == (2, 2, 2, 1)
