"""Commands that meet each other, a rebuild or a dead engine: nothing is lost, doubled or misstated."""

import asyncio
from decimal import Decimal

import pytest

from config.errors import ConflictError, IdempotencyConflictError, NotReadyError, VenueUnavailableError
from config.schema import PaperSection
from config.trading import LimitsSection, TraderSection
from tests.node.live_world import NAME, SWAP, config_of, live, strategy

pytestmark = pytest.mark.slow

BOT = strategy("bot", instrument_id=SWAP)


def working(world, user_id):
    return [row.client_order_id for row in world.account(user_id).orders.working()]


async def rest_of(world, *user_ids):
    rows = [await world.submit(user_id, price=world.near("0.9"), name="rest") for user_id in user_ids]
    await world.accepted(*rows)


class TestStopping:
    async def test_the_kill_switch_ends_orders_and_they_stay_ended(self, tmp_path):
        config = config_of(tmp_path, "anna", "bob")
        async with live(config) as world:
            await rest_of(world, "anna", "bob")

            async def kill():
                await world.traders.kill("anna", flatten=False, actor="boss")

            await world.host.rebuild(kill)

            assert (working(world, "anna"), working(world, "bob")) == ([], ["rest"])
            assert world.core.venue.working("PAPER-001") == []
            row = await world.traders.order("anna", "rest")
            assert (row.status, row.reason) == ("canceled", "trading was halted")

        async with live(config) as world:
            assert (working(world, "anna"), working(world, "bob")) == ([], ["rest"])

    async def test_a_halt_is_kept_before_positions_are_closed(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            await world.filled("anna")
            kept = []

            async def flatten(_trader):
                await world.journal.settled()
                kept.append(world.journal.load().traders[0].trading_state)
                return []

            world.core.closing.flatten = flatten
            await world.traders.kill("anna", flatten=True, actor="boss")
            assert kept == ["halted"]

    async def test_a_kill_while_the_books_are_restored_comes_after(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            await rest_of(world, "anna")
            restore = world.core.recovery.restore

            async def restore_and_kill(*args):
                await restore(*args)
                await world.traders.kill("anna", flatten=False, actor="boss")
                assert working(world, "anna") == ["rest"]

            world.core.recovery.restore = restore_and_kill
            await world.host.rebuild()
            await world.until(lambda: not working(world, "anna"))

    async def test_the_dead_mans_switch_does_not_wait_for_one(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            await rest_of(world, "anna")

            async def silence():
                await world.traders.deadman("anna", 0.05)
                await world.until(lambda: not working(world, "anna"))

            await world.host.rebuild(silence)
            assert working(world, "anna") == []

    async def test_an_engine_that_ends_by_itself_is_sent_nothing(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            await rest_of(world, "anna")
            world.host._handle.stop()
            await world.until(lambda: world.core.checks.missing is not None)
            with pytest.raises(NotReadyError):
                await world.submit("anna")
            with pytest.raises(VenueUnavailableError):
                await world.traders.cancel("anna", "rest")
            await world.until(lambda: world.core.checks.missing is None)
            await world.traders.cancel("anna", "rest")
            await world.until(lambda: not working(world, "anna"))
            await world.filled("anna")

    async def test_a_trader_who_comes_while_the_books_are_restored_trades(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            restore = world.core.recovery.restore

            async def restore_and_add(*args):
                await restore(*args)
                await world.traders.add_trader("bob")

            world.core.recovery.restore = restore_and_add
            await world.host.rebuild()
            await world.filled("bob")


class TestBeforeARebuild:
    async def test_what_was_asked_of_orders_is_done(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            names = [f"r{number}" for number in range(20)]
            rows = [await world.submit("anna", price=world.near("0.9"), name=name) for name in names]
            await world.accepted(*rows)
            price = Decimal(world.near("0.91"))
            for name in names[::2]:
                await world.traders.cancel("anna", name)
            for name in names[1::2]:
                await world.traders.modify("anna", name, price=str(price))
            await world.host.rebuild()

            assert working(world, "anna") == names[1::2]
            assert {row.price for row in world.account("anna").orders.working()} == {price}


class TestAtOnce:
    async def test_one_user_gets_one_account(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            one, two = await asyncio.gather(world.traders.add_trader("bob"), world.traders.add_trader("bob"))

            assert one.account_id == two.account_id == "PAPER-002"
            assert [account.account_id for account in world.core.accounts] == ["PAPER-001", "PAPER-002"]

    async def test_changes_of_one_trader_start_from_each_other(self, tmp_path):
        async with live(config_of(tmp_path, "anna")) as world:
            await asyncio.gather(
                world.traders.set_limits("anna", {"max_order_notional": "100"}, actor="anna"),
                world.traders.set_limits("anna", {"max_open_orders": 3}, actor="anna"),
                world.traders.set_trading_state("anna", "reducing", actor="anna"),
            )
            (row,) = world.journal.load().traders

            assert world.core.traders["anna"].choices == {"max_order_notional": "100", "max_open_orders": 3}
            assert (row.limits, row.trading_state) == (world.core.traders["anna"].choices, "reducing")

    @pytest.mark.parametrize("user_id", ["anna", None])
    async def test_a_release_does_not_undo_a_later_kill(self, tmp_path, user_id):
        async with live(config_of(tmp_path, "anna")) as world:
            await world.traders.kill(user_id, flatten=False, actor="boss")
            await asyncio.gather(
                world.traders.release(user_id, actor="boss"),
                world.traders.kill(user_id, flatten=False, actor="boss"),
            )
            recorded = world.journal.load()

            kept = recorded.node["trading_state"] if user_id is None else recorded.traders[0].trading_state
            assert (world.traders.trader("anna").trading_state, kept) == ("halted", "halted")

    async def test_changes_on_their_way_bind_their_money(self, tmp_path):
        paper = PaperSection(slots=2, latency_ms=300.0, balances={"USDT": "1000"})
        limits = LimitsSection(max_orders_per_s=1_000, max_leverage=None)
        async with live(config_of(tmp_path, "anna", paper=paper, limits=limits)) as world:
            price = world.near("0.95", SWAP)
            rows = [await world.submit("anna", quantity="0.1", price=price, instrument_id=SWAP) for _ in range(3)]
            await world.accepted(*rows)
            more = str((Decimal(8_000) / Decimal(price)).quantize(Decimal("0.1")))  # four fifths of the money each
            outcomes = await asyncio.gather(
                *(world.traders.modify("anna", row.client_order_id, quantity=more) for row in rows),
                return_exceptions=True,
            )
            assert [getattr(one, "code", "ok") for one in outcomes] == [
                "ok",
                "insufficient_margin",
                "insufficient_margin",
            ]
            await world.until(lambda: world.account("anna").orders.get(rows[0].order_id).quantity == Decimal(more))
            assert world.account("anna").locked("USDT") <= 1_000

    async def test_a_change_that_a_rebuild_has_lost_binds_nothing(self, tmp_path):
        paper = PaperSection(slots=2, latency_ms=60_000.0)
        async with live(config_of(tmp_path, "anna", paper=paper)) as world:
            row = await world.submit("anna", price=world.near("0.95", SWAP), instrument_id=SWAP)
            await world.until(lambda: world.floor.has(row.order_id))
            await world.host.rebuild()
            await world.accepted(row)
            bound = world.account("anna").locked("USDT")
            await world.traders.modify("anna", row.client_order_id, quantity="5")
            assert world.account("anna").locked("USDT") > 4 * bound
            await world.host.rebuild()
            assert world.account("anna").locked("USDT") == bound

    async def test_a_strategy_that_is_stopped_in_a_rebuild_still_runs_and_can_be_stopped(self, tmp_path):
        async with live(config_of(tmp_path, TraderSection(name="anna", strategies=(BOT,)))) as world:
            floor, journal = world.floor, world.journal
            landed = floor.landed

            async def rebuilt(timeout_s):
                floor.landed = landed
                await world.host.rebuild()
                return True

            floor.landed = rebuilt
            with pytest.raises(VenueUnavailableError):
                await world.traders.strategy_stop("anna", "bot", actor="anna")
            (told,) = world.traders.trader("anna").strategies
            assert (told.state, world.running("anna", "bot").is_running()) == ("running", True)
            assert (await world.traders.strategy_stop("anna", "bot", actor="anna")).state == "stopped"

            floor = world.floor
            landed, floor.landed = floor.landed, rebuilt
            with pytest.raises(VenueUnavailableError):
                await world.traders.strategy_resume("anna", "bot", actor="anna")
            await journal.settled()
            (told,) = world.traders.trader("anna").strategies
            (kept,) = journal.load().strategies
            assert (told.state, kept.state, world.running("anna", "bot")) == ("stopped", "stopped", None)


async def test_a_close_under_the_id_of_another_order_is_a_conflict(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        await world.filled("anna", name="x", quantity="2", instrument_id=SWAP)
        with pytest.raises(IdempotencyConflictError):
            await world.traders.close_position("anna", SWAP, client_order_id="x")
        (first,) = await world.traders.close_position("anna", SWAP, quantity="1", client_order_id="y")
        await world.until(lambda: world.net("anna", SWAP) == 1)
        (again,) = await world.traders.close_position("anna", SWAP, quantity="1", client_order_id="y")
        assert again.order_id == first.order_id
        for changed in ({"quantity": "0.5"}, {"quantity": None}, {"quantity": "1", "price": "1000.00"}):
            with pytest.raises(IdempotencyConflictError):
                await world.traders.close_position("anna", SWAP, **changed, client_order_id="y")
        with pytest.raises(ConflictError):
            await world.traders.close_position("anna", NAME, client_order_id="z")
        assert world.net("anna", SWAP) == 1


async def test_a_command_under_way_while_the_venue_is_repaired_does_not_hang_its_order(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        row = await world.submit("bob", price=world.near("0.9"), name="rest")
        other = await world.submit("anna", price=world.near("0.9"), name="rest")
        await world.accepted(row, other)
        venue, starts = world.core.venue, world.host.starts
        sink = venue._teller._sinks.pop("PAPER-001")
        venue.cancel("PAPER-001", other.order_id)
        venue._teller._sinks["PAPER-001"] = sink
        venue._latency_ns = 10**15
        await world.traders.cancel("bob", "rest")
        await world.until(lambda: venue.has_commands)

        assert await world.traders._compared.run() == 1
        venue._latency_ns = 0
        await world.until(lambda: world.host.starts > starts and world.host.state == "running")

        assert working(world, "anna") == working(world, "bob") == ["rest"]
        await world.traders.cancel("bob", "rest")
        await world.ended(row)


async def test_a_change_of_an_order_that_has_ended_binds_nothing_though_the_disk_does_not_know_it(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        row = await world.submit("anna", price=world.near("0.9"), name="rest")
        await world.accepted(row)
        account = world.account("anna")
        account.withdraw(row.order_id)  # as a hundred later ones do with one that has ended

        with pytest.raises(ConflictError):
            await world.traders.modify("anna", "rest", quantity="2")

        assert account.locked("USDT") == 0
