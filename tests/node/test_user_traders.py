"""Users and their traders on a real node: made, halted, brought back, and what they cost each other."""

import asyncio
import time
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from actors.ports.journal import AuditSpan
from config.errors import NoCapacityError, NotFoundError, TradingHaltedError
from config.schema import FeaturesSection
from config.trading import LimitsSection
from node.people import open_users
from node.process import Process
from node.trading.trader import Instance
from tests.node.live_world import Disk, config_of, live, strategy
from tests.node.team_world import TEST, add, admin_of, team, team_config

pytestmark = pytest.mark.slow


async def test_a_first_start_makes_one_admin_with_a_trader_and_no_local_one(tmp_path):
    async with team(tmp_path) as world:
        assert world.users.first_password
        assert [trader.user_id for trader in world.traders.traders()] == [admin_of(world)]
        await world.filled(admin_of(world))


async def test_a_viewer_has_no_trader_until_the_role_comes(tmp_path):
    async with team(tmp_path) as world:
        vera = await add(world, "vera", "viewer")
        with pytest.raises(NotFoundError):
            world.traders.trader(vera)

        await world.users.people.set_roles(vera, ("trader",), TEST, actor="test")

        await world.filled(vera)


@pytest.mark.parametrize("how", ["disable", "demote", "remove"])
async def test_who_may_trade_no_longer_is_halted_and_keeps_the_position(tmp_path, how):
    async with team(tmp_path) as world:
        people = world.users.people
        anna, bob = await add(world, "anna"), await add(world, "bob")
        await world.filled(anna, quantity="2")
        resting = [await world.submit(one, price=world.near("0.9")) for one in (anna, bob)]
        await world.accepted(*resting)

        if how == "disable":
            await people.set_disabled(anna, TEST, is_disabled=True, actor="test")
        elif how == "demote":
            await people.set_roles(anna, ("viewer",), TEST, actor="test")
        else:
            await people.remove(anna, TEST, actor="test")

        await world.ended(resting[0])
        assert world.account(anna).orders.get(resting[0].order_id).status == "canceled"
        assert world.traders.trader(anna).trading_state == "halted"
        assert world.net(anna) == 2
        with pytest.raises(TradingHaltedError):
            await world.submit(anna)
        await world.told()
        assert [row.kind for row in world.heard.of("AlertRow", anna)] == ["trading_state"]
        assert world.account(bob).orders.get(resting[1].order_id).is_working
        await world.filled(bob)


async def test_strangers_are_told_how_many_are_not_well_and_not_who_or_why(tmp_path):
    async with team(tmp_path) as world:
        anna, view = await add(world, "anna"), world.process._view
        trader = world.core.traders[anna]
        trader.instances["secret"] = Instance(anna, "secret", strategy("bot"), "retired", "boom")
        retired = view.degraded()
        trader.set_aside("position of desk: 3")
        aside = view.degraded()
        trader.take_back()
        del trader.instances["secret"]

        assert retired == ["strategies that were retired: 1"]
        assert aside == ["traders that are stopped: 1", *retired]
        assert view.degraded() == []


async def test_a_removed_user_keeps_the_slot(tmp_path):
    async with team(tmp_path, slots=2) as world:
        anna = await add(world, "anna")
        await world.users.people.remove(anna, TEST, actor="test")

        with pytest.raises(NoCapacityError):
            await add(world, "bob")


async def test_an_enabled_user_stays_halted_until_released(tmp_path):
    async with team(tmp_path) as world:
        anna = await add(world, "anna")
        for is_disabled in (True, False):
            await world.users.people.set_disabled(anna, TEST, is_disabled=is_disabled, actor="test")
        assert world.traders.trader(anna).trading_state == "halted"

        await world.traders.release(anna, actor=anna)

        await world.filled(anna)


async def test_without_a_slot_there_is_no_user(tmp_path):
    async with team(tmp_path, slots=2) as world:
        await add(world, "anna")
        with pytest.raises(NoCapacityError, match=r"paper\.slots"):
            await add(world, "bob")

        assert {user.email for user in world.users.people.users()} == {"admin@localhost", "anna@team.test"}
        await add(world, "bob", "viewer")


async def test_a_disabled_users_trader_is_halted_though_the_disk_is_gone(tmp_path):
    async with team(tmp_path) as world:
        anna = await add(world, "anna")
        resting = await world.submit(anna, price=world.near("0.9"))
        await world.accepted(resting)
        listener = world.users._traders
        (user,) = [one for one in world.users.people.users() if one.user_id == anna]
        disk = Disk(world.journal)
        disk.take()
        await listener.user_changed(replace(user, is_disabled=True))
        assert world.core.traders[anna].own_state == "halted"
        disk.give()
        await world.ended(resting)


async def test_traders_come_back_with_a_start_and_who_was_disabled_meanwhile_is_halted(tmp_path):
    async with team(tmp_path) as world:
        anna, bob = await add(world, "anna"), await add(world, "bob")
        for one in (anna, bob):
            await world.filled(one)
            await world.accepted(await world.submit(one, price=world.near("0.9")))
    await alone(tmp_path, lambda people: people.set_disabled(bob, TEST, is_disabled=True, actor="test"))
    await alone(tmp_path, lambda people: people.add("carl@team.test", None, ("trader",), TEST, actor="test"))

    async with team(tmp_path) as world:
        (carl,) = [user.user_id for user in world.users.people.users() if user.email.startswith("carl")]
        await world.filled(carl)
        assert (world.net(anna), world.net(bob)) == (1, 1)
        assert [len(list(world.account(one).orders.working())) for one in (anna, bob)] == [1, 0]
        assert [world.traders.trader(one).trading_state for one in (anna, bob)] == ["active", "halted"]


async def alone(folder, work):
    """Change users while no node runs, as the command line does."""
    users = await open_users(team_config(folder), Path(folder))
    try:
        await work(users.people)
    finally:
        await users.stop()


async def test_the_local_traders_books_become_the_first_admins(tmp_path):
    section = strategy("plan")
    async with live(config_of(tmp_path, strategies=(section,))) as world:
        await world.filled("local", quantity="3", name="before")
        resting = await world.submit("local", price=world.near("0.9"), name="resting")
        await world.accepted(resting)
        cash = world.traders.account("local").cash
        await world.traders.deadman("local", 3600)

    async with team(tmp_path) as world:
        admin = admin_of(world)
        assert [trader.user_id for trader in world.traders.traders()] == [admin]
        assert world.net(admin) == 3
        assert world.traders.account(admin).cash == cash
        assert world.account(admin).orders.get(resting.order_id).is_working
        assert (await world.traders.order(admin, "before")).status == "filled"
        assert [one.name for one in world.traders.trader(admin).strategies] == ["plan"]
        assert 3500 < world.traders.trader(admin).deadman_s <= 3600
        (handed, *_) = (await world.journal.audit(AuditSpan(user_id=admin, action="trader.handover"))).rows
        assert handed.detail == '{"from":"local"}'
        await world.traders.cancel(admin, "resting")
        await world.until(lambda: not world.account(admin).orders.get(resting.order_id).is_working)

    async with team(tmp_path) as world:
        assert world.net(admin_of(world)) == 3


async def test_strategies_of_the_file_are_the_first_admins(tmp_path):
    async with team(tmp_path, strategies=(strategy("plan"),)) as world:
        assert [one.name for one in world.traders.trader(admin_of(world)).strategies] == ["plan"]
        anna = await add(world, "anna")
        assert world.traders.trader(anna).strategies == []


async def test_a_node_that_takes_no_orders_still_has_users(tmp_path):
    config = team_config(tmp_path, features=FeaturesSection(order_execution=False))
    users = await open_users(config, Path(tmp_path))
    try:
        process = Process(users, Path(tmp_path), time.perf_counter(), asyncio.Event())
        assert process._books is None
        user, made = await users.people.add("anna@team.test", None, ("trader",), TEST, actor="test")
        signed = await users.people.sign_in("anna@team.test", made, TEST)
        assert (await users.identity.verify(signed.access_token)).user_id == user.user_id
    finally:
        await users.stop()


async def test_a_new_user_trades_within_a_second_and_nobody_else_misses_anything(tmp_path):
    limits = LimitsSection(max_orders_per_s=1_000, max_open_orders=10_000)
    async with team(tmp_path, slots=32, limits=limits) as world:
        others = [await add(world, f"user{number}") for number in range(20)]
        sent, stop = {one: [] for one in others}, asyncio.Event()

        async def trade(one):
            while not stop.is_set():
                sent[one].append(await world.submit(one, quantity="1"))
                await asyncio.sleep(0.05)

        async with asyncio.TaskGroup() as group:
            for one in others:
                group.create_task(trade(one))
            await world.until(lambda: all(len(rows) >= 3 for rows in sent.values()))
            starts = world.host.starts
            began = time.perf_counter()
            new = await add(world, "new")
            added = time.perf_counter()
            await world.filled(new)
            took = time.perf_counter() - added
            await world.until(lambda: all(len(rows) >= 8 for rows in sent.values()))
            stop.set()

        rows = [row for rows in sent.values() for row in rows]
        await world.until(
            lambda: all(not world.account(row.user_id).orders.get(row.order_id).is_working for row in rows)
        )
        assert world.host.starts == starts == 1
        assert all(world.net(one) == Decimal(len(sent[one])) for one in others)
        print(f"made in {added - began:.3f} s, first fill {took:.3f} s later")  # the bar is in benchmarks/
