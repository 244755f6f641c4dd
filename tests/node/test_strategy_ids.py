"""Orders of strategies have ids that nobody else has, and are submitted once."""

import pytest
from nautilus_trader.model import ClientOrderId, OrderSide

from config.trading import TraderSection
from tests.node.live_world import SWAP, config_of, live, strategy

pytestmark = pytest.mark.slow

BOT = strategy("bot", instrument_id=SWAP)


def made(world, bot, share, **values):
    """Return an order of one piece at a share of the last price."""
    instrument = bot.cache.instrument(bot.iid)
    price = instrument.make_price(float(world.near(share, SWAP)))
    return bot.order_factory.limit(bot.iid, OrderSide.BUY, instrument.make_qty(1), price, **values)


@pytest.mark.parametrize(("share", "when"), [("0.9", "Initialized"), ("0.9", "Accepted"), ("1.1", "Filled")])
async def test_a_strategy_that_submits_an_order_twice_is_retired_and_the_order_stays_one(tmp_path, share, when):
    async with live(config_of(tmp_path, TraderSection(name="anna", strategies=(BOT,)), "bob")) as world:
        bot, starts = world.running("anna", "bot"), world.host.starts
        order = made(world, bot, share)
        bot.submit_order(order)
        if when != "Initialized":  # else it is on its way to the disk
            await world.until(lambda: bot.heard[-1] == f"Order{when}" and not bot.has_waiting)
            if when == "Filled":
                await world.until(lambda: world.net("anna", SWAP) == 1)
        filled = world.net("anna", SWAP)
        bot.submit_order(order)

        await world.until(lambda: "twice" in (world.traders.trader("anna").strategies[0].reason or ""))
        await world.until(lambda: not any(True for _ in world.account("anna").orders.working()))
        assert world.net("anna", SWAP) == filled
        assert await world.traders._compared.run() == 0
        assert world.host.starts == starts


async def test_an_id_that_another_user_may_have_too_is_denied(tmp_path):
    traders = [TraderSection(name=name, strategies=(BOT,)) for name in ("anna", "bob")]
    async with live(config_of(tmp_path, *traders)) as world:
        bots = [world.running(name, "bot") for name in ("anna", "bob")]
        for bot in bots:
            bot.submit_order(made(world, bot, "0.9", client_order_id=ClientOrderId("entry")))
            await world.until(lambda bot=bot: bot.heard[-1] == "OrderDenied")

        assert [list(world.account(name).orders.working()) for name in ("anna", "bob")] == [[], []]
        assert bots[0].heard.count("OrderDenied") == 1
        assert await world.traders._compared.run() == 0
