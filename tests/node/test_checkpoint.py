"""A start from a checkpoint equals a start from all fills, to the last digit, wherever the checkpoints fall."""

import _sqlite3
import asyncio
import ctypes
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from actors.accounts.checkpoint import NO_PAST, Checkpoint, Folded, decoded, state_of
from actors.ports.journal import CHECKPOINT, NodeRow, TraderRow
from actors.store.journal import SqliteJournal
from config.schema import NodeConfig
from node.people import hand_over_local
from node.trading.past import recalled
from tests.journal_rows import fill, order
from tests.unit.accounts_world import INSTRUMENTS, PERP, World, instrument
from tests.unit.test_accounts_conserve import STEPS, Life

TRADER = TraderRow(user_id="anna", account_id="PAPER-001", kind="margin", limits={})


def restored(recorded, past=NO_PAST):
    world = World(funding_rate="0.0001")
    for name in INSTRUMENTS:
        world.mark(name, "1000", 0)
    world.accounts.restore(recorded, past)
    return world.accounts


def everything(accounts):
    """Return all there is to know of the account, in its order."""
    account = accounts.of_user("anna")
    positions = account.ledger.positions.items()
    return (
        accounts.snapshot(account.account_id),
        list(account.cash.items()),
        account.fees,
        [
            (name, *(getattr(one, field) for field in type(one).__slots__ if field != "terms"))
            for name, one in positions
        ],
        list(account.ledger.nets.items()),
        [(one.currency, one.locked) for one in accounts.balances(account.account_id)],
        account.ledger._seen,
    )


async def lived(folder, steps, cuts):
    """Write a life to a real journal, and a checkpoint after some of the rows; compare the two ways to begin."""
    life = Life()
    for one in steps:
        life.step(*one)
    journal = SqliteJournal.open(folder / "journal.db", "whisperer")
    folded = Folded(journal.load, life.world.accounts.terms, every=1)
    try:
        await journal.durable(TRADER)
        for number, row in enumerate(life.world.journal.rows):
            journal.write(row)
            if number in cuts:
                await journal.settled()
                checkpoint = folded.read()[-1]
                if checkpoint is not None:
                    await journal.durable(NodeRow(name=CHECKPOINT, value=checkpoint.encoded()))
        await journal.settled()
        whole, (later_rows, past) = journal.load(), recalled(journal, INSTRUMENTS)
        assert everything(restored(later_rows, past)) == everything(restored(whole))
        states = folded.read()[1]
        account = restored(msgspec.structs.replace(whole, cash=whole.cash[:1])).of_user("anna")
        account.deposit(msgspec.structs.replace(whole.cash[0], cash_id="back", amount=-whole.cash[0].amount))
        told, made = state_of(account), states["PAPER-001"]
        assert (made.positions, made.nets, made.fees) == (told.positions, told.nets, told.fees)
        assert {k: v for k, v in made.cash.items() if v} == {k: v for k, v in told.cash.items() if v}
        return len(whole.fills), len(later_rows.fills)
    finally:
        await journal.close()


@given(steps=STEPS, cuts=st.sets(st.integers(0, 120), max_size=4))
@settings(max_examples=25)
def test_a_start_from_a_checkpoint_equals_one_from_all_fills(steps, cuts):
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(lived(Path(folder), steps, cuts))


@pytest.fixture
async def journal(tmp_path):
    journal = SqliteJournal.open(tmp_path / "journal.db", "whisperer")
    await journal.durable(TRADER, *(mine(number) for number in (1, 2, 3)))
    yield journal
    await journal.close()


def mine(number):
    return msgspec.structs.replace(fill(number), user_id="anna", instrument_id=PERP)


async def kept(journal, **changes):
    checkpoint = Folded(journal.load, World().accounts.terms, every=1).read()[-1]
    checkpoint = msgspec.structs.replace(checkpoint, **changes)
    await journal.durable(NodeRow(name=CHECKPOINT, value=checkpoint.encoded()))


async def test_only_later_fills_are_read(journal):
    await kept(journal)
    await journal.durable(mine(4))

    recorded, past = recalled(journal, INSTRUMENTS)

    assert [row.fill_id for row in recorded.fills] == ["F-4"]
    assert restored(recorded, past).of_user("anna").ledger.quantity(PERP) == 6
    assert CHECKPOINT not in recorded.node


@pytest.mark.parametrize(
    "changes", [{"version": 2}, {"run_id": "other"}, {"fills": 2}, {"last_fill": 2}], ids=lambda one: next(iter(one))
)
async def test_a_checkpoint_that_does_not_fit_is_not_used(journal, changes):
    await kept(journal, **changes)

    recorded, past = recalled(journal, INSTRUMENTS)

    assert (len(recorded.fills), past) == (3, NO_PAST)


async def test_an_instrument_that_means_something_else_now_is_counted_anew(journal):
    await kept(journal)
    other = INSTRUMENTS | {PERP: instrument(PERP, perpetual=True, multiplier="2")}

    assert len(recalled(journal, other)[0].fills) == 3
    assert len(recalled(journal, {})[0].fills) == 3


@pytest.mark.parametrize("text", [None, "", "{}", "[", '{"version":1}', "null"])
def test_what_is_no_checkpoint_is_none(text):
    assert decoded(text) is None


async def test_new_books_begin_without_the_old_ones_fills(journal):
    folded = Folded(journal.load, World().accounts.terms, every=1)
    await kept(journal)
    before = folded.read()[1]["PAPER-001"]
    await journal.begin_run()
    await journal.durable(msgspec.structs.replace(mine(5), fill_id="new"))

    recorded, past = recalled(journal, INSTRUMENTS)
    _, states, checkpoint = folded.read()

    assert (len(recorded.fills), past) == (1, NO_PAST)
    assert str(before.positions[0].quantity) == "4.50"
    assert str(states["PAPER-001"].positions[0].quantity) == "1.50"
    assert isinstance(checkpoint, Checkpoint) or checkpoint is None


async def test_a_reading_that_fails_begins_again(journal):
    is_broken = False

    def load(*asked):
        if is_broken:
            raise OSError("no disk")
        return journal.load(*asked)

    folded = Folded(load, World().accounts.terms, every=1)
    folded.read()
    is_broken = True
    with pytest.raises(OSError, match="no disk"):
        folded.read()
    is_broken = False
    await journal.durable(mine(4))

    assert str(folded.read()[1]["PAPER-001"].positions[0].quantity) == "6.00"


@pytest.mark.parametrize("portion", [1, 2, 3, 4, 100])
async def test_a_reading_in_portions_counts_every_fill_once(journal, portion):
    folded = Folded(journal.load, World().accounts.terms, every=1, portion=portion)
    await kept(journal)

    recorded, states, checkpoint = folded.read()

    assert (recorded.has_more, str(states["PAPER-001"].positions[0].quantity)) == (False, "4.50")
    assert checkpoint.fills == recorded.fills_before + len(recorded.fills) == 3
    assert checkpoint.last_fill == journal.load().last_fill
    await journal.durable(mine(4))
    assert str(folded.read()[1]["PAPER-001"].positions[0].quantity) == "6.00"


async def test_who_counts_fills_reads_no_more_than_that(journal):
    entry = order(1, status="filled")
    await journal.durable(entry, order(2, side="sell", parent_order_id=entry.order_id))

    whole, portion, last = journal.load(), journal.load(0, 1), journal.load(0, 100)

    assert ([len(whole.fills), len(whole.working)], whole.ended) == ([3, 1], [entry])
    assert (len(portion.fills), portion.has_more, portion.working, portion.ended) == (1, True, [], [])
    assert (len(last.fills), last.has_more, last.working, last.ended) == (3, False, whole.working, [])
    assert journal.ended() == whole.ended


async def test_who_asks_for_traders_reads_no_fills(journal):
    read, load = [], journal.load
    journal.load = lambda *asked, **limits: read.append(load(*asked, **limits)) or read[-1]

    assert not await hand_over_local(journal, "admin", NodeConfig())

    assert [(len(one.traders), len(one.fills)) for one in read] == [(1, 0)]


async def test_a_thread_that_has_read_keeps_no_pages(journal):
    used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
    used.restype = ctypes.c_int64
    await journal.durable(*(mine(number) for number in range(10, 8_010)))
    before = used()

    assert len((await asyncio.to_thread(journal.load)).fills) == 8_003

    assert used() - before < 500_000  # of what is read it would keep 2 MiB
