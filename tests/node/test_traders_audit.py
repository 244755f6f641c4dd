"""What the audit log tells of orders: every wish of a user and of a user's strategy, in that user's trail alone."""

import json

import pytest

from actors.ports.journal import AuditSpan
from config.trading import TraderSection
from tests.node.live_world import NAME, SWAP, config_of, live, strategy

pytestmark = pytest.mark.slow


async def told(world, user_id, action):
    """Return (target, detail) of each row of an action in a user's trail, oldest first."""
    page = await world.journal.audit(AuditSpan(user_id=user_id, action=action))
    return [(row.target, json.loads(row.detail)) for row in reversed(page.rows)]


async def test_every_wish_stands_in_the_trail_of_its_user(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        price = world.near("0.9")
        row = await world.submit("anna", price=price, name="rest")
        await world.accepted(row)
        await world.traders.modify("anna", "rest", price=world.near("0.8"))
        await world.until(lambda: world.account("anna").orders.find("rest").price != row.price)
        await world.traders.cancel("anna", "rest")
        await world.traders.cancel_all("anna", instrument_id=NAME)
        await world.filled("bob")
        await world.traders.close_position("bob", NAME)
        await world.journal.settled()

        ((target, wish),) = await told(world, "anna", "order.submit")
        changes, cancels = await told(world, "anna", "order.modify"), await told(world, "anna", "order.cancel")
        all_of_them = await told(world, "anna", "order.cancel_all")
        closes, others = await told(world, "bob", "position.close"), await told(world, "bob", "order.submit")

    assert (target, wish["client_order_id"], wish["instrument_id"], wish["type"]) == (
        row.order_id,
        "rest",
        NAME,
        "limit",
    )
    assert wish["price"] == f"{row.price:f}"
    assert [target for target, _ in changes] == [row.order_id]
    assert (cancels, all_of_them) == ([(row.order_id, {})], [("anna", {"instrument_id": NAME})])
    assert closes == [(NAME, {})]
    assert len(others) == 2  # what made the position, and what closed it


async def test_orders_of_a_strategy_do_too(tmp_path):
    anna = TraderSection(name="anna", strategies=(strategy("bot", instrument_id=SWAP),))
    async with live(config_of(tmp_path, anna)) as world:
        world.running("anna", "bot").trade("buy", "1")
        await world.until(lambda: world.net("anna", SWAP))
        await world.journal.settled()
        wishes = await told(world, "anna", "order.submit")

    assert [(wish["strategy"], wish["instrument_id"]) for _, wish in wishes] == [("bot", SWAP)]
