"""A trader whose books cannot be given to the engine is set aside; everybody else trades."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from actors.ports.journal import Span
from config.errors import NotReadyError
from config.trading import TraderSection, TradingSection
from tests.node.live_world import SWAP, config_of, live, strategy

pytestmark = pytest.mark.slow

BOT = strategy("bot", instrument_id=SWAP)
TOO_HIGH = Decimal("1e30")
"""No price of the engine."""


def config_for(folder):
    return config_of(folder, TraderSection(name="anna", strategies=(BOT,)), "bob", trading=TradingSection())


async def rest(world, user_id):
    row = await world.submit(user_id, price=world.near("0.9"), name="rest")
    await world.accepted(row)
    return row


async def check_aside(world):
    """Anna is told and refused everything; bob trades."""
    state = world.traders.trader("anna")
    assert state.state == "stopped"
    assert "set aside" in state.degraded[0]
    assert any("anna" in problem for problem in world.traders.degraded())
    await world.journal.settled()
    span_rows = await alerts_of(world, "anna")
    assert [row.level for row in span_rows if row.kind == "repair"] == ["critical"]
    traders = world.traders
    for refused in (
        lambda: world.submit("anna", price=world.near("0.8")),
        lambda: traders.modify("anna", "rest", quantity="2"),
        lambda: traders.cancel("anna", "rest"),
        lambda: traders.cancel_all("anna"),
        lambda: traders.close_position("anna", SWAP),
        lambda: traders.strategy_stop("anna", "bot", actor="anna"),
        lambda: traders.strategy_start("anna", BOT, name="other", actor="anna"),
    ):
        with pytest.raises(NotReadyError, match="set aside"):
            await refused()
    assert traders.trader("bob").state == "running"
    await world.filled("bob")
    await traders.cancel("bob", "rest")
    await world.ended(world.account("bob").orders.find("rest"))
    assert await traders._compared.run() == 0


async def alerts_of(world, user_id):
    return (await world.traders.alerts(user_id, Span())).rows


async def spoil(world, row, **values):
    """Have the journal hold an order that nobody would take."""
    await world.journal.durable(replace(world.account(row.user_id).orders.get(row.order_id), **values))


async def test_an_order_that_the_engine_cannot_hold_costs_its_trader_alone(tmp_path):
    config = config_for(tmp_path)
    async with live(config) as world:
        await rest(world, "bob")
        await spoil(world, await rest(world, "anna"), price=TOO_HIGH)

    async with live(config) as world:
        starts = world.host.starts
        await check_aside(world)
        assert world.core.venue.working("PAPER-001") == []
        assert world.account("anna").orders.find("rest").is_working  # kept for the next engine
        assert world.host.starts == starts


async def test_an_order_that_the_venue_cannot_hold_costs_its_trader_alone(tmp_path):
    config = config_for(tmp_path)
    async with live(config) as world:
        await rest(world, "bob")
        await spoil(world, await rest(world, "anna"), price=Decimal("1.123456789"))

    async with live(config) as world:
        await check_aside(world)


@pytest.mark.parametrize("net", ["0.000000001", "1.000000001"])  # one is refused, one is believed to be another
async def test_a_position_that_the_engine_cannot_hold_costs_its_trader_alone_until_it_can(tmp_path, net):
    async with live(config_for(tmp_path)) as world:
        row = await rest(world, "anna")
        await rest(world, "bob")
        nets = world.account("anna").ledger.nets
        nets["desk", SWAP] = Decimal(net)
        await world.host.rebuild()
        await check_aside(world)

        del nets["desk", SWAP]
        await world.host.rebuild()
        assert world.traders.trader("anna").state == "running"
        await world.traders.cancel("anna", "rest")
        await world.ended(row)


async def test_a_halt_ends_the_orders_of_who_was_set_aside(tmp_path):
    config = config_for(tmp_path)
    async with live(config) as world:
        await spoil(world, await rest(world, "anna"), price=TOO_HIGH)

    async with live(config) as world:
        assert world.traders.trader("anna").state == "stopped"
        await world.traders.kill("anna", flatten=True, actor="anna")
        assert (await world.traders.order("anna", "rest")).status == "canceled"
        await world.traders.release("anna", actor="anna")
        await world.host.rebuild()
        assert world.traders.trader("anna").state == "running"
        await world.filled("anna")


async def test_without_anybody_left_the_engine_is_at_fault(tmp_path):
    config = config_of(tmp_path, "anna")
    async with live(config) as world:
        row = await rest(world, "anna")
        world.account("anna").ledger.nets["desk", SWAP] = Decimal("0.000000001")
        starts = world.host.starts
        await world.host.rebuild()
        await world.until(lambda: world.host.starts > starts + 1)  # it is tried again
        assert "set aside" in (world.traders.missing() or "set aside")
        del world.account("anna").ledger.nets["desk", SWAP]
        await world.until(lambda: world.traders.missing() is None)
        assert world.account("anna").orders.get(row.order_id).is_working
