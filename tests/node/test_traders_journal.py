"""Traders whose journal cannot be written: nothing goes anywhere, everything else goes on; and it recovers."""

import asyncio

import pytest

from config.errors import StoreUnavailableError
from config.trading import TraderSection
from tests.node.live_world import SWAP, Disk, config_of, live, strategy

pytestmark = pytest.mark.slow


async def test_without_a_disk_no_order_goes_anywhere_and_trading_goes_on_afterwards(tmp_path):
    bot = strategy("bot", instrument_id=SWAP)
    async with live(config_of(tmp_path, TraderSection(name="anna", strategies=(bot,)), "bob")) as world:
        rest = await world.submit("anna", price=world.near("0.9"), name="rest")
        await world.accepted(rest)
        disk = Disk(world.journal)
        disk.take()

        with pytest.raises(StoreUnavailableError):
            await world.submit("anna", name="lost")
        with pytest.raises(StoreUnavailableError):
            await world.submit("anna", name="lost")
        mine = world.running("anna", "bot")
        order_id = mine.trade("buy", "1")
        await world.until(lambda: "OrderDenied" in mine.heard)

        assert [row.client_order_id for row in world.traders.working("anna")] == ["rest"]
        assert [row.order_id for row in world.core.venue.working("PAPER-001")] == [rest.order_id]
        assert "journal" in " ".join(world.process._view.degraded())
        with pytest.raises(StoreUnavailableError):
            await world.traders.add_trader("new")
        await world.traders.cancel("anna", "rest")  # what makes a risk smaller is done all the same
        await world.ended(rest)
        disk.give()
        await asyncio.wait_for(world.journal.settled(), 30)
        await world.until(lambda: world.journal.trouble is None)

        assert (await world.traders.order("anna", "rest")).status == "canceled"
        again = await world.filled("anna", name="lost")
        assert again.filled_quantity == 1
        assert world.account("anna").orders.get(order_id).status == "denied"
        assert (await world.traders.add_trader("new")).account_id == "PAPER-003"


async def test_the_kill_switch_works_without_a_disk_and_says_that_it_is_not_kept(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        rest = await world.submit("anna", price=world.near("0.9"))
        await world.accepted(rest)
        disk = Disk(world.journal)
        disk.take()

        with pytest.raises(StoreUnavailableError):
            await world.traders.kill("anna", flatten=False, actor="admin")

        await world.ended(rest)
        assert world.traders.trader("anna").trading_state == "halted"
        disk.give()
        await world.until(lambda: world.journal.trouble is None or not world.journal.queued)
