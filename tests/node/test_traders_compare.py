"""The comparison of the books goes on: while the market moves, after a failure, and not with an engine that is gone."""

import pytest

from config.errors import ConfigError
from config.trading import TradingSection
from tests.node.live_world import SWAP, config_of, live

pytestmark = pytest.mark.slow


async def lose(world, row):
    """Have the venue end an order, and nobody hear of it."""
    sinks = world.core.venue._teller._sinks
    sink = sinks.pop(row.account_id)
    world.core.venue.cancel(row.account_id, row.order_id)
    sinks[row.account_id] = sink


async def test_an_account_with_working_orders_is_compared_while_the_market_moves(tmp_path):
    async with live(config_of(tmp_path, "bob")) as world:
        rows = [await world.submit("bob", price=world.near("0.9")) for _ in range(2)]
        await world.accepted(*rows)
        await lose(world, rows[0])
        venue, settled = world.core.venue, world.journal.settled

        async def moving():
            await settled()
            venue.on_time(venue.now() + 1)

        world.journal.settled = moving
        assert await world.traders._compared.run() == 1
        world.journal.settled = settled
        assert venue.order(rows[0].account_id, rows[0].order_id) is not None


async def test_a_comparison_that_failed_is_not_the_last(tmp_path):
    async with live(config_of(tmp_path, "bob", trading=TradingSection(compare_every_s=0.05))) as world:
        row = await world.submit("bob", price=world.near("0.9"))
        await world.accepted(row)
        folded, failed = world.core.folded, []
        load = folded._load

        def broken(*_asked):
            failed.append(1)
            raise ConfigError("the disk does not answer")

        folded._load = broken
        await world.until(lambda: failed)
        folded._load = load

        await lose(world, row)
        await world.until(lambda: world.core.venue.order(row.account_id, row.order_id) is not None)


async def test_a_comparison_ends_with_its_engine(tmp_path):
    async with live(config_of(tmp_path, "bob")) as world:
        await world.filled("bob", instrument_id=SWAP)
        starts, settled = world.host.starts, world.journal.settled

        async def rebuilt():
            world.journal.settled = settled
            await world.host.rebuild()

        world.journal.settled = rebuilt
        assert await world.traders._compared.run() == 0
        await world.told()
        assert (world.host.state, world.host.starts) == ("running", starts + 1)
        assert world.heard.of("AlertRow", "bob") == []


async def test_many_who_ask_for_a_comparison_get_one(tmp_path):
    async with live(config_of(tmp_path, "bob")) as world:
        compared, journal = world.traders._compared, world.journal
        asked, settled = [], journal.settled

        async def counted():
            asked.append(1)
            if len(asked) == 1:  # the first one is under way: what is lost from here on may be news to it
                for _ in range(100):
                    world.traders._compare_soon()
            await settled()

        journal.settled = counted
        for _ in range(100):
            world.traders._compare_soon()
        await world.until(lambda: len(asked) == 2)
        async with compared._lock:
            await world.told()
        assert len(asked) == 3  # that was the test's own question
