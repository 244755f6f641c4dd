"""Orders that cancel each other still do after a process that died between the one's end and the other's."""

import pytest

from actors.accounts.orders import ENDED
from actors.orders import OrderEvent
from tests.node.live_world import SWAP, config_of, live

pytestmark = pytest.mark.slow


async def pair(world, first, second):
    """Submit two resting orders; of two names the second one names the first."""
    price, on = world.near("0.9", SWAP), {"instrument_id": SWAP}
    tickets = [
        world.ticket(price=price, name=first, **on),
        world.ticket(price=price, name=second, linked_client_order_ids=(first,), **on),
    ]
    rows = [item.order for item in await world.traders.submit_batch("anna", tickets)]
    await world.accepted(*rows)
    return rows


@pytest.mark.parametrize("ended", [0, 1])
async def test_the_other_one_ends_too(tmp_path, ended):
    config = config_of(tmp_path, "anna")
    async with live(config) as world:
        rows = await pair(world, "one", "two")
        await pair(world, "three", "four")
        row = rows[ended]
        event = OrderEvent(
            kind="filled",
            order_id=row.order_id,
            ts=row.ts_created,
            fill_id="F1",
            fill_quantity=row.quantity,
            fill_price=row.price,
            fee=row.price,
            fee_currency="USDT",
            liquidity="maker",
        )
        world.core.accounts.on_event(row.account_id, event)  # the venue's next word dies with the process
        await world.journal.settled()

    async with live(config) as world:
        assert [one.client_order_id for one in world.account("anna").orders.working()] == ["three", "four"]
        other = await world.traders.order("anna", rows[1 - ended].client_order_id)
        assert (other.status, other.reason) == ("canceled", "linked order has ended")
        assert world.net("anna", SWAP) == 1
        assert await world.traders._compared.run() == 0


async def test_an_order_that_the_venue_refused_ends_no_other_at_the_next_engine(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        rest = await world.submit("anna", price=world.near("0.9", SWAP), instrument_id=SWAP, name="rest")
        await world.accepted(rest)
        stop = {"kind": "stop_market", "trigger_price": world.near("0.999", SWAP), "linked_client_order_ids": ("rest",)}
        row = await world.submit("anna", instrument_id=SWAP, **stop)
        await world.ended(row)
        assert world.account("anna").orders.get(row.order_id).status == "rejected"
        assert world.account("anna").orders.get(rest.order_id).is_working

        await world.host.rebuild()

        assert world.account("anna").orders.get(rest.order_id).is_working
        assert await world.traders._compared.run() == 0


async def test_an_exit_may_name_an_entry_that_filled_long_ago(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        entry = await world.filled("anna", "buy", "0.1", instrument_id=SWAP)
        for turn in range(ENDED + 1):
            await world.filled("anna", ("buy", "sell")[turn % 2], "0.1", instrument_id=SWAP)
        await world.journal.settled()
        assert world.account("anna").orders.find(entry.client_order_id) is None

        high = world.near("1.2", SWAP)
        name = entry.client_order_id
        exit_ = await world.submit("anna", "sell", "0.1", high, instrument_id=SWAP, parent_client_order_id=name)

        await world.accepted(exit_)
        assert exit_.parent_order_id is None
