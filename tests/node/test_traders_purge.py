"""The engine forgets what has ended, and goes on as if nothing had been."""

from decimal import Decimal

import pytest

from node.trading.cycles import MOST_CYCLES
from node.trading.folding import MOST_COPIES, MOST_FILLS
from node.trading.purge import AFTER_S, purge
from tests.node.live_world import SWAP, config_of, live

pytestmark = pytest.mark.slow


async def test_the_engine_forgets_what_ended_a_while_ago_and_nothing_else(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        engine, cache = world.traders._engine, world.floor.cache
        for side in ("buy", "sell"):
            await world.filled("anna", side, "1", instrument_id=SWAP)
        await world.filled("bob", quantity="2")
        resting = await world.submit("bob", price=world.near("0.8"))
        await world.accepted(resting)
        now = world.process._clock.now_ns
        purge(engine, now)
        assert len(cache.orders()) == 4
        world.process._replay.set_speed(50.0)
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


async def test_a_position_that_is_never_flat_is_made_of_one_fill_again(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        cache = world.floor.cache

        def position():
            (found,) = cache.positions_open()
            return found

        for _ in range(MOST_FILLS + 1):
            await world.filled("anna", "buy", "0.1", instrument_id=SWAP)
        held = world.net("anna", SWAP)
        assert position().event_count > MOST_FILLS
        await world.traders._compare()

        assert position().event_count == 1
        assert position().quantity.as_decimal() == held == world.net("anna", SWAP)
        assert world.heard.of("FillRow", "anna")[-1].quantity <= Decimal("0.1")
        await world.filled("anna", "sell", str(2 * held), instrument_id=SWAP)
        assert world.net("anna", SWAP) == -held
        assert position().is_short
        await world.traders._compare()
        assert world.host.starts == 1


async def test_copies_of_a_position_that_turns_again_and_again_are_forgotten(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        cache = world.floor.cache
        await world.filled("anna", "buy", "0.01", instrument_id=SWAP)
        for turn in range(MOST_COPIES + 1):
            await world.filled("anna", ("sell", "buy")[turn % 2], "0.02", instrument_id=SWAP)
        (position,) = cache.positions_open()
        assert len(cache.position_snapshot_bytes(position.id)) > MOST_COPIES
        await world.traders._compare()

        assert not cache.position_snapshot_bytes(position.id)
        (position,) = cache.positions_open()
        assert position.is_short
        assert -position.quantity.as_decimal() == world.net("anna", SWAP)
        assert world.host.starts == 1
