"""Ceilings of an admin: within the configuration's, above the user's own limits, back after a start."""

from decimal import Decimal

import pytest

from actors.ports.journal import AuditSpan
from config.errors import InvalidInputError, OrderDeniedError
from tests.node.live_world import config_of, live

pytestmark = pytest.mark.slow


async def test_an_admins_ceiling_holds_until_it_is_given_back(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        await world.traders.set_limits("anna", {"max_order_notional": "5000"}, actor="anna")
        state = await world.traders.set_ceilings(
            "anna", {"max_order_notional": "300", "max_leverage": "2"}, actor="ada"
        )
        assert (state.ceilings.max_order_notional, state.limits.max_order_notional) == (Decimal(300), Decimal(300))
        assert state.limits.max_leverage == world.account("anna").leverage == Decimal(2)
        with pytest.raises(InvalidInputError, match="expected at most 300"):
            await world.traders.set_limits("anna", {"max_order_notional": "301"}, actor="anna")
        with pytest.raises(OrderDeniedError, match="300"):
            await world.submit("anna", quantity="10")
        assert world.traders.trader("bob").ceilings.max_order_notional == Decimal(1_000_000)

        back = await world.traders.set_ceilings("anna", {"max_order_notional": None}, actor="ada")
        assert (back.ceilings.max_order_notional, back.limits.max_order_notional) == (Decimal(1_000_000), Decimal(5000))


async def test_a_ceiling_is_at_most_what_the_configuration_allows(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        with pytest.raises(InvalidInputError, match="expected at most 1000000"):
            await world.traders.set_ceilings("anna", {"max_order_notional": "1000001"}, actor="ada")


async def test_ceilings_come_back_with_a_start(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        await world.traders.set_ceilings("anna", {"max_open_orders": 3}, actor="ada")
        (audited, *_) = (await world.journal.audit(AuditSpan(user_id="ada"))).rows
        assert (audited.action, audited.target) == ("limits.ceilings", "anna")

    async with live(config_of(tmp_path, "anna")) as world:
        state = world.traders.trader("anna")
        assert (state.ceilings.max_open_orders, state.limits.max_open_orders) == (3, 3)
