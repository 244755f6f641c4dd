"""Strategies of traders: they trade, fail alone, stop, go on, and are closed with their account."""

import asyncio
from decimal import Decimal

import pytest

from actors.ports.journal import Span
from config.errors import ConfigError, ConflictError, InvalidInputError, NoCapacityError, NotFoundError
from config.trading import StrategyConfigSection, TraderSection
from node.trading import crew
from tests.node.live_world import NAME, SWAP, config_of, engine_net, live, strategy

pytestmark = pytest.mark.slow


def trader(name, *strategies):
    return TraderSection(name=name, strategies=strategies)


def states(world, user_id):
    return {one.name: one.state for one in world.traders.trader(user_id).strategies}


@pytest.mark.parametrize("where", ["on_trade", "on_bar", "OrderInitialized", "OrderPendingCancel", "OrderFilled"])
async def test_an_exception_retires_one_strategy_and_nobody_else_misses_anything(tmp_path, where):
    bad = strategy("bad", instrument_id=SWAP, hears="trades bars", fails_in="")
    good = strategy("good", instrument_id=SWAP, hears="trades bars")
    config = config_of(tmp_path, trader("anna", bad, good), trader("bob", good))
    async with live(config) as world:
        broken, mine, theirs = (world.running(*key) for key in (("anna", "bad"), ("anna", "good"), ("bob", "good")))
        await world.until(lambda: broken.trades > 1 and broken.bars)
        rest = broken.trade("buy", "1", world.near("0.9", SWAP))
        await world.until(lambda: "OrderAccepted" in broken.heard)
        kept = [one.trade("buy", "1", world.near("0.9", SWAP)) for one in (mine, theirs)]

        broken.fails_in = where
        if where in {"OrderInitialized", "OrderFilled"}:
            broken.trade("buy", "2")
        if where == "OrderPendingCancel":
            broken.cancel_all_orders(broken.iid)
        await world.until(lambda: states(world, "anna")["bad"] in {"retiring", "retired"})
        await world.until(lambda: not world.account("anna").orders.get(rest).is_working)

        await world.until(lambda: world.heard.of("AlertRow", "anna"))
        trader_state = world.traders.trader("anna")
        assert trader_state.state == "degraded"
        assert "bad" in trader_state.degraded[0]
        assert [row.kind for row in world.heard.of("AlertRow", "anna")] == ["strategy_retired"]
        assert where in world.heard.of("AlertRow", "anna")[0].message
        assert world.traders.trader("bob").state == "running"
        assert world.heard.of("AlertRow", "bob") == []
        seen = mine.trades, theirs.trades
        await world.until(lambda: mine.trades > seen[0] and theirs.trades > seen[1])
        for user_id, order_id in zip(("anna", "bob"), kept, strict=True):
            assert world.account(user_id).orders.get(order_id).is_working
        await world.filled("anna", instrument_id=SWAP)  # the desk is there


async def test_one_who_has_all_strategies_there_may_be_keeps_nobody_else_from_any(tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "MAX_INSTANCES", 3)
    section = strategy("plain", instrument_id=SWAP)
    async with live(config_of(tmp_path, trader("anna", section), trader("bob"))) as world:
        wanted = (
            world.traders.strategy_start("anna", section, name=f"number-{number}", actor="anna") for number in range(5)
        )
        outcomes = await asyncio.gather(*wanted, return_exceptions=True)
        refused = [one for one in outcomes if isinstance(one, BaseException)]
        assert {type(one) for one in refused} == {NoCapacityError}
        assert str(refused[0]) == "at most 3 strategies: remove one first"
        assert len(refused) == 3
        await world.traders.strategy_start("bob", section, name="mine", actor="bob")

        assert set(states(world, "bob").values()) == {"running"}


async def test_a_retired_strategy_with_a_position_stays_until_the_account_is_flat(tmp_path):
    bad = strategy("bad", instrument_id=SWAP)
    async with live(config_of(tmp_path, trader("anna", bad))) as world:
        broken = world.running("anna", "bad")
        broken.fails_in = "OrderFilled"
        broken.trade("buy", "2")
        await world.until(lambda: states(world, "anna")["bad"] == "retiring")
        await world.filled("anna", quantity="1", instrument_id=SWAP)
        assert world.net("anna", SWAP) == 3
        with pytest.raises(ConflictError, match="close its position"):
            await world.traders.strategy_resume("anna", "bad", actor="anna")

        rows = await world.traders.close_position("anna", SWAP)

        assert {(row.strategy, row.side, row.quantity) for row in rows} == {("desk", "sell", 1), ("bad", "sell", 2)}
        await world.until(lambda: states(world, "anna")["bad"] == "retired")
        assert world.net("anna", SWAP) == 0
        assert world.running("anna", "bad") is None
        await world.traders.strategy_resume("anna", "bad", actor="anna")
        assert (states(world, "anna"), world.traders.trader("anna").state) == ({"bad": "running"}, "running")


async def test_strategies_and_the_desk_hold_apart_and_are_closed_each_by_itself(tmp_path):
    bot = strategy("bot", instrument_id=SWAP)
    async with live(config_of(tmp_path, trader("anna", bot), trader("bob", bot))) as world:
        mine, theirs = world.running("anna", "bot"), world.running("bob", "bot")
        await world.filled("anna", quantity="3", instrument_id=SWAP)
        mine.trade("sell", "1")
        theirs.trade("sell", "5")
        await world.until(lambda: (world.net("anna", SWAP), world.net("bob", SWAP)) == (2, -5))
        assert mine.portfolio.net_position(mine.iid) == 2  # of the account, not of all users
        assert engine_net(mine) == -1

        rows = await world.traders.close_position("anna", SWAP)

        assert {(row.strategy, row.side, row.quantity) for row in rows} == {("desk", "sell", 3), ("bot", "buy", 1)}
        await world.until(lambda: world.net("anna", SWAP) == 0)
        await world.until(lambda: not mine.cache.positions_open(strategy_id=mine.strategy_id))
        assert world.account("anna").ledger.nets == {}
        assert world.net("bob", SWAP) == -5


async def test_a_stopped_strategy_leaves_its_position_to_the_account_and_takes_it_up_again(tmp_path):
    bot = strategy("bot", instrument_id=SWAP)
    config = config_of(tmp_path, trader("anna", bot))
    async with live(config) as world:
        first = world.running("anna", "bot")
        first.trade("buy", "2")
        rest = first.trade("buy", "1", world.near("0.9", SWAP))
        await world.until(lambda: world.net("anna", SWAP) == 2 and first.heard.count("OrderAccepted") == 2)

        state = await world.traders.strategy_stop("anna", "bot", actor="anna")

        assert state.state == "stopped"
        assert first.heard[-1] == "stop"  # what it submits in on_stop goes nowhere
        assert world.account("anna").orders.get(rest).status == "canceled"
        assert (world.net("anna", SWAP), world.account("anna").ledger.nets) == (2, {("bot", SWAP): 2})
        desk = world.floor.desk("anna")
        assert engine_net(desk) == 2
        await world.told()
        fills = len(world.heard.of("FillRow", "anna"))

        await world.traders.strategy_resume("anna", "bot", actor="anna")
        second = world.running("anna", "bot")
        assert engine_net(second) == 2
        assert not desk.cache.positions_open(strategy_id=desk.strategy_id)
        assert second.heard == ["start"]  # nothing of this was a trade
        await world.told()
        assert len(world.heard.of("FillRow", "anna")) == fills
        await world.traders.strategy_stop("anna", "bot", actor="anna")

    async with live(config) as world:
        assert states(world, "anna") == {"bot": "stopped"}
        (row,) = await world.traders.close_position("anna", SWAP)
        assert (row.strategy, row.quantity) == ("bot", 2)
        await world.until(lambda: world.net("anna", SWAP) == 0)
        await world.traders.strategy_remove("anna", "bot", actor="anna")
        with pytest.raises(NotFoundError):
            await world.traders.strategy_resume("anna", "bot", actor="anna")

    async with live(config) as world:
        assert states(world, "anna") == {}


async def test_a_strategy_is_started_and_configured_through_the_port(tmp_path):
    async with live(config_of(tmp_path, "anna", "bob")) as world:
        section = StrategyConfigSection(name="signal_follow", params={"instrument_id": NAME, "quantity": "1"})
        state = await world.traders.strategy_start("anna", section, name="my-bot", actor="anna")
        assert (state.name, state.kind, state.state) == ("my-bot", "signal_follow", "running")
        assert world.running("anna", "my-bot").is_running()
        with pytest.raises(ConflictError):
            await world.traders.strategy_start("anna", section, name="my-bot", actor="anna")
        await world.traders.strategy_start("bob", section, name="my-bot", actor="bob")

        new = {"instrument_id": NAME, "quantity": "2"}
        state = await world.traders.strategy_configure("anna", "my-bot", new, actor="anna")
        assert state.section.params == new
        assert world.running("anna", "my-bot").is_running()
        with pytest.raises(ConfigError):
            await world.traders.strategy_configure("anna", "my-bot", {"quantity": "x"}, actor="anna")
        assert states(world, "anna") == {"my-bot": "running"}


@pytest.mark.parametrize(
    ("name", "section", "error"),
    [
        ("desk", StrategyConfigSection(name="signal_follow"), InvalidInputError),
        ("a.b", StrategyConfigSection(name="signal_follow"), InvalidInputError),
        ("bot", StrategyConfigSection(name="nothing-like-it"), ConfigError),
        ("bot", StrategyConfigSection(name="signal_follow"), ConfigError),
        ("bot", StrategyConfigSection(name="bot", path="os:system"), InvalidInputError),
    ],
)
async def test_a_strategy_that_cannot_be_started_leaves_nothing(tmp_path, name, section, error):
    async with live(config_of(tmp_path, "anna")) as world:
        with pytest.raises(error):
            await world.traders.strategy_start("anna", section, name=name, actor="anna")
        assert states(world, "anna") == {}
        await world.filled("anna")


async def test_a_denied_order_of_a_strategy_is_heard_by_it_and_its_user(tmp_path):
    bot = strategy("bot", instrument_id=NAME)
    async with live(config_of(tmp_path, trader("anna", bot))) as world:
        mine = world.running("anna", "bot")
        order_id = mine.trade("sell", "1")  # nothing to sell

        await world.until(lambda: "OrderDenied" in mine.heard)
        row = world.account("anna").orders.get(order_id)
        assert row.status == "denied"
        assert "insufficient_margin" in row.reason
        await world.until(lambda: world.heard.statuses("anna", order_id) == ["denied"])
        assert not mine.faults.found


async def test_a_strategy_may_not_change_an_order_beyond_its_limits(tmp_path):
    bot = strategy("bot", instrument_id=NAME)
    async with live(config_of(tmp_path, trader("anna", bot))) as world:
        mine = world.running("anna", "bot")
        order_id = mine.trade("buy", "1", world.near("0.9"))
        await world.until(lambda: "OrderAccepted" in mine.heard)
        await world.traders.set_limits("anna", {"max_order_notional": "1000"}, actor="anna")
        order = mine.cache.orders_open(strategy_id=mine.strategy_id)[0]

        mine.modify_order(order.client_order_id, quantity=mine.cache.instrument(mine.iid).make_qty(50.0))
        await world.until(lambda: "OrderModifyRejected" in mine.heard)

        row = world.account("anna").orders.get(order_id)
        assert (row.quantity, row.is_working) == (1, True)
        assert "max_order_notional" in row.reason


async def test_an_engine_s_bracket_of_a_strategy_waits_for_its_entry(tmp_path):
    from nautilus_trader.model import OrderSide

    bot = strategy("bot", instrument_id=SWAP)
    async with live(config_of(tmp_path, trader("anna", bot))) as world:
        mine = world.running("anna", "bot")
        instrument = mine.cache.instrument(mine.iid)
        price = lambda share: instrument.make_price(float(world.near(share, SWAP)))  # noqa: E731
        orders = mine.order_factory.bracket(
            mine.iid, OrderSide.BUY, instrument.make_qty(1.0), tp_price=price("1.1"), sl_trigger_price=price("0.9")
        )
        mine.submit_order_list(orders)

        await world.until(lambda: world.net("anna", SWAP) == 1)
        await world.until(lambda: len(world.core.venue.working("PAPER-001")) == 2)
        await world.traders.close_position("anna", SWAP)
        await world.until(lambda: world.net("anna", SWAP) == 0)
        assert not list(world.account("anna").orders.working())


async def test_a_position_that_cannot_be_carried_is_liquidated(tmp_path):
    async with live(config_of(tmp_path, "anna")) as world:
        await world.filled("anna", quantity="10", instrument_id=SWAP)
        account = world.account("anna")
        account.cash["USDT"] = Decimal(1)  # as if the market had taken the rest
        world.core.accounts._changed(account)

        await world.until(lambda: world.net("anna", SWAP) == 0)
        await world.until(lambda: "liquidation" in [row.kind for row in world.heard.of("AlertRow", "anna")])


async def test_tasks_of_one_trader_do_not_wait_for_another(tmp_path):
    bot = strategy("bot", instrument_id=SWAP)
    async with live(config_of(tmp_path, trader("anna", bot), trader("bob", bot))) as world:
        await asyncio.gather(
            *(world.traders.strategy_stop(user_id, "bot", actor=user_id) for user_id in ("anna", "bob")),
            world.filled("anna", instrument_id=SWAP),
        )
        assert states(world, "anna") == states(world, "bob") == {"bot": "stopped"}


async def test_a_strategy_that_submits_again_what_is_denied_is_retired(tmp_path):
    mad = strategy("mad", instrument_id=SWAP, hears="denied")
    async with live(config_of(tmp_path, trader("anna", mad), "bob")) as world:
        await world.traders.set_trading_state("anna", "halted", actor="anna")
        world.running("anna", "mad").trade("buy", "1")

        await world.until(lambda: states(world, "anna")["mad"] == "retired")

        (state,) = world.traders.trader("anna").strategies
        assert "denied more than" in state.reason
        await world.journal.settled()
        denied = (await world.traders.orders("anna", Span(limit=10_000))).rows
        assert len(denied) >= 100  # a burst is let through
        await asyncio.sleep(0.05)
        assert len((await world.traders.orders("anna", Span(limit=10_000))).rows) == len(denied)
        await world.filled("bob", instrument_id=SWAP)
