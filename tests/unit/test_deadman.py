"""Dead man's switches and the disk: what was answered is kept, what is kept goes only when all has ended."""

import asyncio

import pytest

from config.errors import StoreUnavailableError
from node.trading.deadman import DeadMan
from tests.unit.traded_market import until


class SlowJournal:
    """A journal whose commits come when the test lets them, or fail."""

    def __init__(self):
        self.rows = {}
        self.may_commit = asyncio.Event()
        self.error = None

    async def durable(self, row):
        await self.may_commit.wait()
        if self.error is not None:
            raise self.error
        self.write(row)

    def write(self, row):
        self.rows[row.name] = row.value


class Switch:
    """Switches whose strikes last until the test ends them."""

    def __init__(self):
        self.journal, self.struck, self.may_end = SlowJournal(), [], asyncio.Event()
        self.tasks = set()
        self.deadman = DeadMan(self.journal, self.strike, self.spawn)

    def spawn(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        return task

    async def strike(self, user_id):
        self.struck.append(user_id)
        await self.may_end.wait()

    @property
    def kept(self):
        return self.journal.rows.get("deadman:anna")


@pytest.fixture
async def switch():
    switch = Switch()
    yield switch
    switch.deadman.stop()
    for task in switch.tasks:
        task.cancel()


async def test_it_is_answered_when_it_is_kept(switch):
    asked = switch.spawn(switch.deadman.set("anna", 60.0))
    await asyncio.sleep(0)
    assert switch.deadman.left_s("anna") > 50  # it counts at once
    assert not asked.done()
    switch.journal.may_commit.set()
    assert await asked > 50
    assert float(switch.kept) > 0


async def test_it_is_kept_until_all_that_it_cancels_has_ended(switch):
    switch.journal.may_commit.set()
    await switch.deadman.set("anna", 0.001)
    await until(lambda: switch.struck == ["anna"])
    assert switch.kept  # killed now, the next process strikes again
    switch.may_end.set()
    await until(lambda: switch.kept == "")


async def test_one_that_strikes_does_not_clear_what_was_set_meanwhile(switch):
    switch.journal.may_commit.set()
    await switch.deadman.set("anna", 0.001)
    await until(lambda: switch.struck == ["anna"])
    await switch.deadman.set("anna", 60.0)
    switch.may_end.set()
    await asyncio.wait(switch.tasks)
    assert switch.kept
    assert switch.deadman.left_s("anna") > 50


@pytest.mark.parametrize("wanted", [None, 60.0])
async def test_what_cannot_be_kept_leaves_the_earlier_one(switch, wanted):
    switch.journal.may_commit.set()
    await switch.deadman.set("anna", 3_600.0)
    kept, switch.journal.error = switch.kept, StoreUnavailableError("the disk is full")
    with pytest.raises(StoreUnavailableError):
        await switch.deadman.set("anna", wanted)
    assert switch.kept == kept
    assert switch.deadman.left_s("anna") > 3_000


async def test_a_first_one_that_cannot_be_kept_is_off(switch):
    switch.journal.may_commit.set()
    switch.journal.error = StoreUnavailableError("the disk is full")
    with pytest.raises(StoreUnavailableError):
        await switch.deadman.set("anna", 60.0)
    assert switch.deadman.left_s("anna") is None
