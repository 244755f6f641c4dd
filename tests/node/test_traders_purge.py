"""The engine forgets what has ended, and goes on as if nothing had been."""

import pytest

from node.trading.cycles import MOST_CYCLES
from node.trading.purge import AFTER_S, purge
from tests.node.live_world import SWAP, config_of, live

pytestmark = pytest.mark.slow


async def test_the_engine_forgets_what_ended_a_while_ago_and_nothing_else(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob", speed=50.0)) as world:
        engine, cache = world.traders._engine, world.floor.cache
        for side in ("buy", "sell"):
            await world.filled("anna", side, "1", instrument_id=SWAP)
        await world.filled("bob", quantity="2")
        resting = await world.submit("bob", price=world.near("0.8"))
        await world.accepted(resting)
        now = world.process._clock.now_ns
        purge(engine, now)
        assert len(cache.orders()) == 4
        await world.until(lambda: world.process._clock.now_ns > now + (AFTER_S + 5) * 10**9)

        purge(engine, world.process._clock.now_ns)

        assert [str(order.client_order_id) for order in cache.orders()] == [resting.order_id]
        assert len(cache.positions_open()) == 1
        assert (world.net("anna", SWAP), world.net("bob")) == (0, 2)
        await world.traders._compare()
        assert world.host.starts == 1
        await world.filled("anna", "buy", "1", instrument_id=SWAP)
        await world.filled("bob", "sell", "2")
        await world.traders.cancel("bob", resting.client_order_id)
        await world.ended(resting)


async def test_the_engine_keeps_no_copies_of_a_position_that_is_closed_and_opened_for_ever(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        cache, copies = world.floor.cache, 0
        for _ in range(3 * MOST_CYCLES):
            await world.filled("anna", "buy", "1", instrument_id=SWAP)
            copies = max([copies, *(len(cache.position_snapshot_bytes(one.id) or ()) for one in cache.positions())])
            await world.filled("anna", "sell", "1", instrument_id=SWAP)

        assert MOST_CYCLES // 2 < copies <= 2 * MOST_CYCLES
        assert world.net("anna", SWAP) == 0
        await world.filled("anna", "buy", "2", instrument_id=SWAP)
        await world.traders._compare()
        assert world.host.starts == 1
