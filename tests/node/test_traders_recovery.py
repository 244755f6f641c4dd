"""A rebuilt engine and a restarted process find the same books; differences are repaired towards the journal."""

import asyncio
from decimal import Decimal

import pytest

from actors.orders import OrderEvent
from config.errors import NotReadyError, ShutdownError, VenueUnavailableError
from config.trading import TraderSection, TradingSection
from tests.node.live_world import NAME, SWAP, config_of, engine_net, live, strategy

pytestmark = pytest.mark.slow

BOT = strategy("bot", instrument_id=SWAP)


def two_traders(folder, **changes):
    return config_of(folder, TraderSection(name="anna", strategies=(BOT,)), "bob", **changes)


async def trade_some(world):
    """Leave positions of desk and bot, and working orders of many kinds, some of them partly filled."""
    bot = world.running("anna", "bot")
    await asyncio.gather(
        world.filled("anna", quantity="3", instrument_id=SWAP), world.filled("bob", "sell", "2", instrument_id=SWAP)
    )
    bot.trade("sell", "1")
    await world.until(lambda: world.net("anna", SWAP) == 2)
    bot_rest = bot.trade("buy", "1", world.near("0.9", SWAP))
    low, high = world.near("0.8", SWAP), world.near("1.1", SWAP)
    on = {"instrument_id": SWAP}
    await world.traders.submit_batch(
        "anna",
        [
            world.ticket(price=world.near("0.9", SWAP), name="rest", **on),
            world.ticket("sell", kind="stop_market", trigger_price=low, name="stop", **on),
            world.ticket("sell", kind="trailing_stop_market", trailing_offset="40", name="trail", **on),
            world.ticket(quantity="1", price=world.near("0.85", SWAP), name="entry", **on),
            world.ticket("sell", price=high, parent_client_order_id="entry", name="exit", **on),
        ],
    )
    await world.traders.submit_batch(
        "bob",
        [
            world.ticket("sell", price=high, name="rest", time_in_force="gtd", expire_time=7_000_000_000_000, **on),
            world.ticket(kind="stop_limit", trigger_price=high, price=world.near("1.15", SWAP), name="stop", **on),
        ],
    )
    await world.until(
        lambda: "submitted" not in [row.status for user in ("anna", "bob") for row in working(world, user)]
    )
    return bot_rest


def working(world, user_id):
    return list(world.account(user_id).orders.working())


_KEPT = [
    *("client_order_id", "order_id", "venue_order_id", "strategy", "status", "type", "quantity", "filled_quantity"),
    *("price", "trigger_price", "parent_order_id", "expire_ns"),
]


def books(world):
    """Return what must be the same in another engine: orders with owners, nets, cash."""
    return {
        user_id: (
            sorted(
                tuple(getattr(row, name) for name in _KEPT)
                for row in working(world, user_id)
                if row.type != "trailing_stop_market"
            ),
            dict(world.account(user_id).ledger.nets),
            dict(world.account(user_id).cash),
        )
        for user_id in ("anna", "bob")
    }


async def check_alive(world, bot_rest):
    """Everything that was brought back can be commanded and fills for the right one."""
    assert (engine_net(world.running("anna", "desk")), engine_net(world.running("anna", "bot"))) == (3, -1)
    assert engine_net(world.running("bob", "desk")) == -2
    bot = world.running("anna", "bot")
    assert [str(order.client_order_id) for order in bot.cache.orders_open(strategy_id=bot.strategy_id)] == [bot_rest]
    bot.cancel_all_orders(bot.iid)
    await world.until(lambda: not world.account("anna").orders.get(bot_rest).is_working)
    await world.traders.modify("bob", "rest", price=world.near("1.12", SWAP))
    await world.until(lambda: world.core.venue.order("PAPER-002", id_of(world, "bob", "rest")).price > 0)
    await world.told()
    before = len(world.heard.of("FillRow", "anna"))
    await asyncio.gather(*(world.traders.close_position(user_id, SWAP) for user_id in ("anna", "bob")))
    await world.until(lambda: world.net("anna", SWAP) == world.net("bob", SWAP) == 0)
    await world.until(lambda: len(world.heard.of("FillRow", "anna")) > before)
    assert (engine_net(world.running("anna", "desk")), engine_net(world.running("anna", "bot"))) == (0, 0)


def id_of(world, user_id, name):
    return world.account(user_id).orders.find(name).order_id


async def test_a_rebuilt_engine_has_the_same_books(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        bot_rest = await trade_some(world)
        await world.told()
        before, fills = books(world), len(world.heard.of("FillRow", "anna"))
        told = len(world.heard.of("OrderRow", "bob"))

        await world.host.rebuild()
        await world.told()

        assert books(world) == before
        assert len(world.heard.of("FillRow", "anna")) == fills
        assert len(world.heard.of("OrderRow", "bob")) == told  # nobody is told what was known
        assert world.running("anna", "bot").heard == ["start"]
        await check_alive(world, bot_rest)


async def test_a_restarted_process_has_the_same_books(tmp_path):
    config = two_traders(tmp_path)
    async with live(config) as world:
        bot_rest = await trade_some(world)
        before = books(world)

    async with live(config) as world:
        assert books(world) == before
        await check_alive(world, bot_rest)


async def test_orders_that_come_while_the_engine_is_rebuilt_are_refused_or_kept(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        refused, kept = 0, []
        for round_ in range(3):
            rebuilding = asyncio.create_task(world.host.rebuild())
            while not rebuilding.done():
                try:
                    kept.append(await world.submit("bob", price=world.near("0.9"), name=f"r{round_}-{len(kept)}"))
                except NotReadyError:
                    refused += 1
                await asyncio.sleep(0.001)
            await rebuilding
        assert refused
        await world.until(lambda: all(row.status == "accepted" for row in working(world, "bob")))

        assert {row.order_id for row in working(world, "bob")} == {row.order_id for row in kept}
        assert {row.order_id for row in world.core.venue.working("PAPER-002")} == {row.order_id for row in kept}
        assert await world.traders._compared.run() == 0


async def test_a_cancel_without_an_engine_is_refused_and_nothing_is_lost(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        row = await world.submit("bob", price=world.near("0.9"), name="rest")
        await world.accepted(row)
        await world.traders.disengage()
        with pytest.raises(VenueUnavailableError):
            await world.traders.cancel("bob", "rest")
        await world.host.rebuild()
        await world.traders.cancel("bob", "rest")
        await world.ended(row)


async def test_intents_that_never_reached_the_venue_go_to_work_or_end(tmp_path):
    config = two_traders(tmp_path)
    async with live(config) as world:
        core = world.core
        core.gate._place = lambda *_args, **_kwargs: None  # the process dies between the disk and the venue
        await world.submit("bob", price=world.near("0.9"), name="resting")
        await world.submit("bob", name="immediate")
        assert {row.status for row in working(world, "bob")} == {"submitted"}

    async with live(config) as world:
        assert [(row.client_order_id, row.status) for row in working(world, "bob")] == [("resting", "accepted")]
        ended = await world.traders.order("bob", "immediate")
        assert (ended.status, ended.filled_quantity) == ("canceled", 0)
        assert ended.reason


async def test_nothing_is_taken_before_the_books_are_compared(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        world.core.checks.missing = "the books are being compared"
        with pytest.raises(NotReadyError, match="being compared"):
            await world.submit("bob")
        assert "the books are being compared" in world.process._view.missing()
        world.core.checks.missing = None
        world.core.checks.is_stopping = True
        with pytest.raises(ShutdownError):
            await world.submit("bob")
        world.core.checks.is_stopping = False


async def test_books_that_agree_are_left_alone(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        await trade_some(world)
        before = books(world)
        assert await world.traders._compared.run() == 0
        assert books(world) == before
        assert world.heard.of("AlertRow", "anna") == []


async def test_a_ledger_that_has_gone_wrong_is_made_anew_from_the_fills(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        await trade_some(world)
        before, starts = books(world), world.host.starts
        world.account("anna").ledger.position(SWAP).quantity += 1
        world.account("anna").cash["USDT"] -= 5

        assert await world.traders._compared.run() >= 2
        await world.until(lambda: world.host.starts > starts and world.host.state == "running")

        assert books(world) == before
        await world.told()
        assert [row.kind for row in world.heard.of("AlertRow", "anna")][:1] == ["repair"]
        assert await world.traders._compared.run() == 0


async def test_an_order_that_the_venue_has_lost_works_again(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        row = await world.submit("bob", price=world.near("0.9"), name="rest")
        await world.accepted(row)
        venue = world.core.venue
        venue._teller._sinks.clear()  # nobody hears that it ends
        venue.cancel("PAPER-002", row.order_id)
        assert venue.order("PAPER-002", row.order_id) is None

        assert await world.traders._compared.run() == 1

        assert venue.order("PAPER-002", row.order_id) is not None
        assert world.account("bob").orders.get(row.order_id).is_working


async def test_a_fill_that_the_engine_has_lost_is_undone_and_told(tmp_path):
    async with live(two_traders(tmp_path)) as world:
        row = await world.submit("bob", price=world.near("0.9", SWAP), instrument_id=SWAP, name="rest")
        await world.accepted(row)
        event = OrderEvent(
            kind="filled",
            order_id=row.order_id,
            ts=world.core.checks.now_ns(),
            fill_id="lost",
            fill_quantity=Decimal(1),
            fill_price=row.price,
            fee=Decimal(0),
            fee_currency="USDT",
            liquidity="maker",
        )
        world.core.accounts.on_event("PAPER-002", event)  # booked, though the engine never heard of it
        starts = world.host.starts

        await world.traders._compared.run()
        await world.until(lambda: world.host.starts > starts and world.host.state == "running")

        assert world.net("bob", SWAP) == 1  # the journal's fills count
        assert engine_net(world.running("bob", "desk")) == 1
        assert world.core.venue.working("PAPER-002") == []


async def test_the_comparison_runs_by_itself(tmp_path):
    config = two_traders(tmp_path, trading=TradingSection(compare_every_s=0.05))
    async with live(config) as world:
        row = await world.submit("bob", price=world.near("0.9"), name="rest")
        await world.accepted(row)
        venue = world.core.venue
        venue._teller._sinks.clear()
        venue.cancel("PAPER-002", row.order_id)
        await world.until(lambda: venue.order("PAPER-002", row.order_id) is not None)


async def test_a_strategy_whose_plug_in_is_gone_is_retired_and_its_orders_are_canceled(tmp_path):
    config = two_traders(tmp_path)
    async with live(config) as world:
        bot_rest = await trade_some(world)
        path = world.core.traders["anna"].instances["bot"].section
        gone = type(path)(name="bot", path="tests.node.trader_strategies:Gone")
        world.core.traders["anna"].instances["bot"].section = gone
        await world.journal.durable(world.core.traders["anna"].instances["bot"].row())

    async with live(config) as world:
        (state,) = world.traders.trader("anna").strategies
        assert state.state == "retired"
        await world.until(lambda: not (world.account("anna").orders.get(bot_rest) or gone_row()).is_working)
        assert engine_net(world.running("anna", "desk")) == 2  # the desk carries what nobody else does
        rows = await world.traders.close_position("anna", SWAP)
        assert {(row.strategy, row.side) for row in rows} == {("desk", "sell"), ("bot", "buy")}
        await world.until(lambda: world.net("anna", SWAP) == 0)


def gone_row():
    class Ended:
        is_working = False

    return Ended


async def test_the_state_folder_holds_one_journal(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        await world.filled("anna", instrument_id=NAME)
    assert (tmp_path / "journal.db").exists()
