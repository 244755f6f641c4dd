"""Orders at the edge of what numbers can be: refused with a word, or carried; the node and its other users go on."""

from decimal import Decimal

import pytest

from config.errors import InvalidInputError, OrderDeniedError
from tests.node.live_world import SWAP, config_of, live

pytestmark = pytest.mark.slow

HUGE = "999999999999999"
TRAIL = {"kind": "trailing_stop_limit", "trailing_offset": "1.00", "quantity": "0.01", "instrument_id": SWAP}


async def test_numbers_that_no_engine_holds_are_refused(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        for side in ("buy", "sell"):
            with pytest.raises(InvalidInputError, match="limit_offset"):
                await world.submit("anna", side, **TRAIL, limit_offset=HUGE)
        stop = {"kind": "stop_limit", "price": "1000.00", "quantity": "0.01", "instrument_id": SWAP}
        with pytest.raises(InvalidInputError, match="trigger_price"):
            await world.submit("anna", trigger_price=HUGE, **stop)
        with pytest.raises(OrderDeniedError, match="price_collar"):
            await world.submit("anna", **TRAIL, limit_offset=world.near("0.5", SWAP))

        assert not len(world.account("anna").orders)


async def test_an_order_that_cannot_be_sent_ends_and_frees_its_money(tmp_path, monkeypatch):
    async with live(config_of(tmp_path, "anna")) as world:
        desk = world.floor.desk("anna")

        def refuse(_order, _position_id=None):
            raise ValueError("the engine does not take it")

        with monkeypatch.context() as patch:
            patch.setattr(desk, "send_order", refuse)
            row = await world.submit("anna", price=world.near("0.9"))

        assert (row.status, row.reason) == ("canceled", "it could not be sent: ValueError")
        assert world.account("anna").locked("USDT") == 0
        assert (await world.traders.order("anna", row.client_order_id)).status == "canceled"
        await world.filled("anna")


async def test_the_venue_asks_what_the_money_of_an_order_is_bound_for(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        row = await world.submit("anna", kind="stop_market", trigger_price=world.near("1.1"))
        await world.accepted(row)

        at_venue = world.core.venue.order(row.account_id, row.order_id)
        assert world.core.venue.ceiling(at_venue) == row.trigger_price * Decimal("1.01")
