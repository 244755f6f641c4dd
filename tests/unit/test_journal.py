"""The journal on real files: what is written is there, once, for its owner, in its order."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from actors.orders import AlertRow
from actors.ports.journal import AuditRow, NodeRow, Span, StrategyRow, TraderRow
from actors.store.journal import SqliteJournal
from config.errors import ConfigError, IdempotencyConflictError, StoreUnavailableError
from tests.journal_rows import balance, cash, equity, fill, order, position, query


@asynccontextmanager
async def opened(path, **changes):
    journal = SqliteJournal.open(path, "whisperer", **changes)
    try:
        yield journal
    finally:
        await journal.close()


@pytest.fixture
async def journal(tmp_path):
    async with opened(tmp_path / "journal.db") as journal:
        yield journal


async def test_what_was_written_is_there_after_a_restart(tmp_path):
    trader = TraderRow(
        user_id="ada",
        account_id="PAPER-001",
        kind="margin",
        limits={"max_open_orders": 5, "price_collar": "0.2", "max_daily_loss": None},
    )
    strategy = StrategyRow(user_id="ada", name="trend", section=b'{"name":"trend"}', state="running")
    opening = cash("100000.00")
    bracket = order(
        2, linked_order_ids=("a", "b"), is_triggered=True, reason="Größe ✓", trailing_offset=Decimal("1E-7")
    )
    async with opened(tmp_path / "journal.db") as journal:
        journal.write(trader, strategy, opening, NodeRow(name="trading_state", value="halted"))
        journal.write(order(1, status="filled"), fill(1), position("1.50"), balance("3.5"), equity(60))
        await journal.durable(bracket)
        run_id = journal.run_id

    async with opened(tmp_path / "journal.db") as journal:
        recorded = journal.load()
        assert (recorded.run_id, journal.run_id) == (run_id, run_id)
        assert (recorded.traders, recorded.strategies, recorded.cash) == ([trader], [strategy], [opening])
        assert (recorded.working, recorded.fills) == ([bracket], [fill(1)])
        assert recorded.node == {"trading_state": "halted"}
        assert (await journal.equity("ada", Span())).rows == [equity(60)]


async def test_money_is_kept_to_the_last_digit_and_as_plain_text(journal, tmp_path):
    await journal.durable(
        order(1, quantity=Decimal("123456789012345.123456789012"), price=Decimal("1E+3"), trigger_price=Decimal("0E-8"))
    )

    assert (await journal.find_order("ada", "mine-1")).quantity == Decimal("123456789012345.123456789012")
    assert query(tmp_path / "journal.db", "SELECT price, trigger_price FROM orders") == [("1000", "0.00000000")]


async def test_the_newest_revision_of_an_order_stays(journal):
    journal.write(order(1, revision=2, status="filled"))
    journal.write(order(1, revision=1, status="accepted"))
    await journal.settled()

    assert (await journal.find_order("ada", "mine-1")).status == "filled"


async def test_a_second_telling_of_a_fill_changes_nothing(journal):
    journal.write(order(1), fill(1), fill(1), cash(1, ts=1))
    journal.write(fill(1, quantity=Decimal(9)), cash(2, ts=2))
    await journal.settled()

    assert (journal.load().fills, journal.load().cash) == ([fill(1)], [cash(1)])


async def test_told_comes_in_the_order_of_the_writes_once_they_can_be_read(journal, tmp_path):
    told = []
    for number in range(2_000):
        journal.write(order(number), told=lambda number=number: told.append(number))
    assert told == []
    await journal.settled()

    assert told == list(range(2_000))
    assert query(tmp_path / "journal.db", "SELECT count(*) FROM orders") == [(2_000,)]


async def test_a_listener_that_raises_costs_the_others_nothing(journal):
    told, errors = [], []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context["exception"]))
    journal.write(order(1), told=lambda: 1 / 0)
    journal.write(order(2), told=lambda: told.append(2))
    await journal.settled()

    assert told == [2]
    assert [type(error) for error in errors] == [ZeroDivisionError]


async def test_a_client_order_id_is_taken_for_good_also_after_a_reset(journal):
    await journal.durable(order(1))
    await journal.begin_run()

    with pytest.raises(IdempotencyConflictError, match="client_order_id"):
        await journal.durable(order(2, client_order_id="mine-1"))
    await journal.durable(order(3, client_order_id="mine-1", user_id="bob"))
    assert (await journal.find_order("ada", "mine-1")).order_id == order(1).order_id
    assert (await journal.find_order("bob", "mine-1")).order_id == order(3).order_id
    assert await journal.find_order("eve", "mine-1") is None


async def test_a_row_that_can_never_be_written_is_left_out_alone(journal):
    told = []
    refused = asyncio.create_task(journal.durable(order(3, price=Decimal("NaN"))))
    journal.write(order(1), AuditRow(actor="ada", action="one"), told=lambda: told.append(1))
    journal.write(AuditRow(actor="ada", action="lost"), order(2, client_order_id="mine-1"), told=lambda: told.append(2))
    await asyncio.sleep(0)
    journal.write(AuditRow(actor="ada", action="two"), order(4), told=lambda: told.append(4))
    await journal.settled()

    with pytest.raises(StoreUnavailableError, match="expected an amount, was NaN"):
        await refused
    assert told == [1, 2, 4]
    assert [row.client_order_id for row in journal.load().working] == ["mine-1", "mine-4"]
    assert journal.queued == 0
    assert journal.trouble is None


async def test_a_reset_begins_empty_books_and_keeps_the_traders(journal):
    trader = TraderRow(user_id="ada", account_id="PAPER-001", kind="cash", limits={})
    opening = cash(1)
    await journal.durable(trader, order(1), opening)
    old = journal.run_id
    new = await journal.begin_run()
    journal.write(order(1, status="canceled", revision=1))
    await journal.durable(opening)

    recorded = journal.load()
    assert new == journal.run_id == recorded.run_id != old
    assert (recorded.traders, recorded.working, recorded.cash) == ([trader], [], [opening])
    assert (await journal.orders("ada", Span())).rows == []
    assert (await journal.find_order("ada", "mine-1")).status == "canceled"


async def test_pages_go_from_the_newest_to_the_oldest_without_a_gap(journal):
    for number in range(10):
        journal.write(order(number, ts_created=number // 3), order(100 + number, user_id="bob"))
    await journal.settled()

    seen, before = [], None
    while True:
        page = await journal.orders("ada", Span(limit=3, before=before))
        seen += [row.client_order_id for row in page.rows]
        if (before := page.next) is None:
            break
    assert seen == [f"mine-{number}" for number in reversed(range(10))]


async def test_a_page_is_of_a_span_and_an_instrument(journal):
    for number in range(10):
        journal.write(order(number, instrument_id="ETH-USDT.SIM" if number % 2 else "BTC-USDT.SIM"), fill(number))
    journal.write(
        *(AlertRow(user_id="ada", alert_id=str(n), kind="stop", level="info", message="", ts=n) for n in range(5))
    )
    await journal.settled()

    orders = await journal.orders("ada", Span(start=2, end=8, instrument_id="ETH-USDT.SIM"))
    assert [row.ts_created for row in orders.rows] == [7, 5, 3]
    assert [row.ts for row in (await journal.fills("ada", Span(end=2))).rows] == [1, 0]
    assert [row.ts for row in (await journal.alerts("ada", Span(limit=2))).rows] == [4, 3]
    assert (await journal.fills("ada", Span(start=8))).next is None


async def test_each_reader_sees_whole_transactions_while_much_is_written(journal):
    for number in range(0, 5_000, 2):
        journal.write(order(number), order(number + 1))
    pages = await asyncio.gather(*(journal.orders("ada", Span(limit=5_000)) for _ in range(8)))
    await journal.settled()
    pages.append(await journal.orders("ada", Span(limit=5_000)))

    for page in pages:
        assert len(page.rows) % 2 == 0
        assert [row.ts_created for row in page.rows] == list(reversed(range(len(page.rows))))
    assert len(pages[-1].rows) == 5_000


async def test_a_second_process_may_not_open_it(journal, tmp_path):
    with pytest.raises(ConfigError, match=r"journal\.db is in use by another process"):
        SqliteJournal.open(tmp_path / "journal.db", "other")


async def test_only_its_user_may_read_the_file(journal, tmp_path):
    await journal.durable(order(1))

    assert {path.name: oct(path.stat().st_mode)[-3:] for path in tmp_path.iterdir()} == dict.fromkeys(
        ("journal.db", "journal.db-wal", "journal.db-shm", "journal.db.lock"), "600"
    )


async def test_a_renamed_node_keeps_its_books(tmp_path):
    async with opened(tmp_path / "journal.db") as journal:
        await journal.durable(order(1))
    renamed = SqliteJournal.open(tmp_path / "journal.db", "another-name")
    try:
        assert renamed.node_id == "whisperer"
        assert len(renamed.load().working) == 1
    finally:
        await renamed.close()


async def test_what_comes_after_the_end_is_refused_and_told(tmp_path):
    told = []
    async with opened(tmp_path / "journal.db") as journal:
        for number in range(1_000):
            journal.write(order(number), told=lambda number=number: told.append(number))
    assert told == list(range(1_000))

    journal.write(order(1_000), told=lambda: told.append("late"))
    with pytest.raises(StoreUnavailableError, match="the journal is closed"):
        await journal.durable(order(1_001))
    assert told[-1] == "late"
    assert query(tmp_path / "journal.db", "SELECT count(*) FROM orders") == [(1_000,)]
