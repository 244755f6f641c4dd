"""Traders on a real node: manual orders, two users apart, limits, halts and closings."""

import asyncio
from decimal import Decimal

import pytest

from config.errors import (
    ConflictError,
    IdempotencyConflictError,
    NoCapacityError,
    NotFoundError,
    OrderDeniedError,
    OrderUnknownError,
    TradingHaltedError,
)
from tests.node.live_world import NAME, SWAP, config_of, live

pytestmark = pytest.mark.slow


async def test_a_manual_order_is_accepted_and_filled(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        row = await world.submit("anna", name="mine")
        assert (row.status, row.strategy, row.client_order_id) == ("submitted", "desk", "mine")
        await world.until(lambda: "filled" in world.heard.statuses("anna", "mine"))

        await world.told()
        statuses = world.heard.statuses("anna", "mine")
        assert statuses[0] == "accepted"
        assert (await world.traders.order("anna", "mine")).status == "filled"
        assert world.net("anna") == 1
        (position,) = world.traders.positions("anna")
        assert position.quantity == 1
        assert sum(fill.quantity for fill in world.heard.of("FillRow", "anna")) == 1
        assert world.traders.account("anna").fees > 0


async def test_two_traders_hold_and_sell_the_same_instrument_in_the_same_turn_apart(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        await asyncio.gather(world.filled("anna", quantity="2"), world.filled("bob", quantity="3"))
        far = world.near("0.9")
        rests = [await world.submit(user, "buy", "1", far, name="rest") for user in ("anna", "bob")]
        await world.accepted(*rests)

        await asyncio.gather(world.filled("anna", "sell", "2"), world.filled("bob", "sell", "1"))

        assert (world.net("anna"), world.net("bob")) == (0, 2)
        assert [row.order_id for row in world.traders.working("anna")] == [rests[0].order_id]
        assert [row.order_id for row in world.traders.working("bob")] == [rests[1].order_id]
        await world.traders.cancel("anna", "rest")
        await world.ended(rests[0])
        assert world.account("bob").orders.get(rests[1].order_id).is_working
        with pytest.raises(NotFoundError):
            world.traders.working("carl")


async def test_the_same_id_and_body_is_one_order_also_at_the_same_moment(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        ticket = world.ticket(price=world.near("0.9"), name="once")
        rows = await asyncio.gather(*(world.traders.submit("anna", ticket) for _ in range(5)))
        again = await world.traders.submit("anna", ticket)

        assert len({row.order_id for row in [*rows, again]}) == 1
        assert len(world.traders.working("anna")) == 1
        with pytest.raises(IdempotencyConflictError):
            await world.traders.submit("anna", world.ticket(quantity="2", price=world.near("0.9"), name="once"))
        other = await world.traders.submit("bob", ticket)  # ids belong to their user
        assert other.order_id != again.order_id


async def test_an_order_is_known_by_its_id_after_a_restart(tmp_path):
    config = config_of(tmp_path, "anna")
    async with live(config) as world:
        ticket = world.ticket(price=world.near("0.9"), name="once")
        before = await world.traders.submit("anna", ticket)
        await world.accepted(before)

    async with live(config) as world:
        after = await world.traders.submit("anna", ticket)
        assert after.order_id == before.order_id
        assert len(world.traders.working("anna")) == 1
        with pytest.raises(IdempotencyConflictError):
            await world.traders.submit("anna", world.ticket("sell", name="once"))


async def test_a_new_trader_comes_while_the_node_runs_until_the_slots_are_taken(tmp_path):
    async with live(config_of(tmp_path, "anna", slots=2)) as world:
        state = await world.traders.add_trader("new-user")
        assert world.heard.joined == ["new-user"]
        await world.filled("new-user")

        assert (state.account_id, world.net("new-user"), world.net("anna")) == ("PAPER-002", 1, 0)
        with pytest.raises(NoCapacityError):
            await world.traders.add_trader("one-more")
        with pytest.raises(NotFoundError):
            world.traders.trader("one-more")


async def test_a_batch_with_exits_is_one_bracket(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        low, high = world.near("0.9"), world.near("1.1")
        entry = world.ticket(name="entry")
        exits = {"parent_client_order_id": "entry", "reduce_only": True, "instrument_id": NAME}
        stop = world.ticket(
            "sell", kind="stop_market", trigger_price=low, name="stop", linked_client_order_ids=("target",), **exits
        )
        target = world.ticket("sell", price=high, name="target", linked_client_order_ids=("stop",), **exits)

        items = await world.traders.submit_batch("anna", [entry, stop, target])
        assert [item.error for item in items] == [None] * 3
        await world.ended(items[0].order)
        await world.until(lambda: all(row.status == "accepted" for row in world.traders.working("anna")))
        assert {row.client_order_id for row in world.traders.working("anna")} == {"stop", "target"}

        await world.traders.cancel("anna", "stop")
        await world.until(lambda: not world.traders.working("anna"))
        assert world.net("anna") == 1


async def test_an_order_is_changed_and_canceled(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        row = await world.submit("anna", price=world.near("0.9"), name="rest")
        await world.accepted(row)
        wanted = world.near("0.85")

        await world.traders.modify("anna", "rest", price=wanted, quantity="2")
        await world.until(lambda: world.account("anna").orders.get(row.order_id).price == Decimal(wanted))
        assert world.core.venue.order("PAPER-001", row.order_id).quantity == 2
        await world.traders.cancel("anna", "rest")
        await world.ended(row)
        with pytest.raises(ConflictError):
            await world.traders.cancel("anna", "rest")
        with pytest.raises(OrderUnknownError):
            await world.traders.cancel("anna", "never")


async def test_a_cancel_in_the_turn_of_the_answer_reaches_its_order(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        for number in range(20):
            row = await world.submit("anna", price=world.near("0.9"), name=f"rest{number}")
            await world.traders.cancel("anna", f"rest{number}")
            await world.ended(row)
            assert world.account("anna").orders.get(row.order_id).status == "canceled"


async def test_limits_halts_and_the_kill_switch(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        await world.filled("anna", quantity="2")
        await world.traders.set_limits("anna", {"max_order_notional": "300"}, actor="anna")
        with pytest.raises(OrderDeniedError, match="max_order_notional"):
            await world.submit("anna", quantity="5")
        await world.traders.set_trading_state("anna", "reducing", actor="anna")
        with pytest.raises(TradingHaltedError):
            await world.submit("anna")
        rest = await world.submit("anna", "sell", "1", world.near("1.1"))

        (state,) = await world.traders.kill("anna", flatten=True, actor="admin")
        await world.ended(rest)
        await world.until(lambda: world.net("anna") == 0)

        assert state.trading_state == "halted"
        with pytest.raises(TradingHaltedError):
            await world.submit("anna")
        await world.filled("bob")
        await world.traders.release("anna", actor="admin")
        await world.filled("anna")


async def test_the_node_is_halted_for_all_and_stays_so_after_a_restart(tmp_path):
    config = config_of(tmp_path, "anna", "bob")
    async with live(config) as world:
        states = await world.traders.kill(None, flatten=False, actor="admin")
        assert {state.trading_state for state in states} == {"halted"}
        assert world.process._view.trading_state == "halted"

    async with live(config) as world:
        with pytest.raises(TradingHaltedError):
            await world.submit("bob")
        await world.traders.release(None, actor="admin")
        await world.filled("bob")


async def test_a_position_is_closed_in_part_and_wholly(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        await world.filled("anna", quantity="3", instrument_id=SWAP)
        rest = await world.submit("anna", "buy", "1", world.near("0.9", SWAP), instrument_id=SWAP)

        (part,) = await world.traders.close_position("anna", SWAP, quantity="1", client_order_id="part")
        await world.ended(part)
        assert not world.account("anna").orders.get(rest.order_id).is_working
        assert world.net("anna", SWAP) == 2
        (again,) = await world.traders.close_position("anna", SWAP, quantity="1", client_order_id="part")
        assert again.order_id == part.order_id
        await world.traders.close_position("anna", SWAP)
        await world.until(lambda: world.net("anna", SWAP) == 0)
        with pytest.raises(ConflictError):
            await world.traders.close_position("anna", SWAP)


async def test_the_dead_mans_switch_cancels_what_its_user_has(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        mine = await world.submit("anna", price=world.near("0.9"))
        other = await world.submit("bob", price=world.near("0.9"))
        await world.traders.deadman("anna", 30.0)
        assert world.traders.trader("anna").deadman_s > 20
        await world.traders.deadman("anna", 0.05)

        await world.ended(mine)
        assert world.account("bob").orders.get(other.order_id).is_working
        await world.until(lambda: [row.kind for row in world.heard.of("AlertRow", "anna")] == ["deadman"])
        assert world.traders.trader("anna").deadman_s is None


async def test_a_preview_tells_cost_and_problem_and_sends_nothing(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        good = await world.traders.preview("anna", world.ticket(price=world.near("0.9")))
        bad = await world.traders.preview("anna", world.ticket(quantity="100", price=world.near("0.999")))
        huge = await world.traders.preview("anna", world.ticket("sell", "90", price=world.near("1.5")))

        assert (good.is_valid, good.currency, good.problem) == (True, "USDT", None)
        assert good.notional > 0
        assert bad.is_valid
        assert huge.problem is not None
        assert not world.traders.working("anna")


async def test_a_planned_stop_cancels_or_keeps_as_configured(tmp_path):
    from config.trading import TradingSection

    config = config_of(tmp_path, "anna", trading=TradingSection(on_stop="cancel"))
    async with live(config) as world:
        row = await world.submit("anna", price=world.near("0.9"), name="gone")
        await world.accepted(row)

    async with live(config) as world:
        assert world.traders.working("anna") == []
        assert (await world.traders.order("anna", "gone")).status == "canceled"
