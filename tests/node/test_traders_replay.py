"""Traders on a replay: the backtest's orders live, and books that do not follow a jump."""

import msgspec
import pytest

from actors.ports import Span
from config.errors import ConflictError, StoreUnavailableError, VenueUnavailableError
from config.load import base_dir, load_config
from config.schema import NodeConfig, NodeSection, ReplaySection, ServerSection
from config.trading import LimitsSection, TraderSection
from tests.node.live_world import Disk, live, strategy
from tests.node_process import ROOT
from tests.recordings import BEGIN, MINUTE, NAME, csv_of, minutes, spec

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "config" / "backtest.toml"
BARS = 800


async def step(world, count=1):
    await world.process._replay.step_bars(count, interval=None, instrument_id=None)


def example(folder):
    """Return the example of a backtest with a part of its recording, to be played bar by bar."""
    config = load_config(EXAMPLE, environ={})
    (name, recorded), *_ = config.replay.instruments.items()
    rows = (base_dir(EXAMPLE) / recorded.file).read_text().splitlines(keepends=True)
    (folder / "bars.csv").write_text("".join(rows[: 1 + config.replay.warmup_bars + BARS]))
    changed = msgspec.structs.replace(recorded, file="bars.csv")
    replay = msgspec.structs.replace(config.replay, instruments={name: changed}, speed=1.0)
    (follow,) = config.strategies
    eager = msgspec.structs.replace(follow, params=follow.params | {"trade_confidence": 0.2})
    return msgspec.structs.replace(
        config,
        strategies=(eager,),
        node=NodeSection(state_dir=str(folder / "var")),
        server=ServerSection(port=0),
        replay=replay,
        limits=LimitsSection(max_order_notional=None, price_collar=None),
    )


def backtest_orders(config, folder):
    from actors.signal.log import SignalLog
    from adapters.replay.feed import ReplayFeed
    from node.backtest.engine import BacktestRun

    feed = ReplayFeed.from_config(config.replay, folder)
    with BacktestRun(config, feed, SignalLog(10_000)) as run:
        run.run(lambda _done, _total: None)
        return sorted(
            (order.ts_init // MINUTE, order.side.name.lower(), order.quantity.as_decimal())
            for order in run.cache.orders()
        )


async def test_signal_follow_sends_live_what_it_sends_in_the_backtest(tmp_path):
    config = example(tmp_path)
    expected = backtest_orders(config, tmp_path)
    assert len(expected) > 5

    async with live(config, tmp_path) as world:
        world.process._replay.pause()
        account = world.account("local")
        while not world.process._market.player.is_ended:
            await step(world)
            await world.until(lambda: not len(account.orders))
        page = await world.traders.orders("local", Span(limit=10_000))

    assert sorted((row.ts_created // MINUTE, row.side, row.quantity) for row in page.rows) == expected


def small(folder, **changes):
    csv_of(folder, *minutes(120))
    replay = ReplaySection(warmup_bars=20, speed=60.0, instruments={NAME: spec(kind="perpetual")}, **changes)
    bot = strategy("bot", instrument_id=NAME)
    return NodeConfig(
        market="replay",
        node=NodeSection(state_dir=str(folder)),
        server=ServerSection(port=0),
        signals=(),
        replay=replay,
        traders=(TraderSection(name="anna", strategies=(bot,)),),
    )


async def test_a_jump_with_open_books_needs_a_reset_which_begins_new_ones(tmp_path):
    config = small(tmp_path)
    async with live(config) as world:
        replay = world.process._replay
        replay.pause()
        await step(world)
        await world.filled("anna", instrument_id=NAME, name="first")
        run_id = world.journal.run_id
        rest = await world.submit("anna", price="50.00", instrument_id=NAME, name="rest")
        await world.accepted(rest)
        with pytest.raises(ConflictError, match="reset: true"):
            await replay.restart(reset=False)
        assert world.net("anna", NAME) == 1
        await world.traders.deadman("anna", 3_600.0)

        await replay.restart(reset=True)

        assert world.journal.run_id != run_id
        assert (world.traders.working("anna"), world.traders.positions("anna")) == ([], [])
        assert world.account("anna").cash == {"USDT": 100_000}
        assert (await world.traders.orders("anna", Span())).rows == []
        ended = await world.traders.order("anna", "rest")
        assert (ended.status, ended.reason) == ("canceled", "the books were closed")
        assert world.journal.load().node["deadman:anna"] == ""
        await step(world)
        await world.filled("anna", instrument_id=NAME, name="second")
        bot = world.running("anna", "bot")
        bot.trade("buy", "1")
        await world.until(lambda: world.net("anna", NAME) == 2)
        second = world.journal.run_id

    async with live(config) as world:
        assert world.journal.run_id == second
        assert world.net("anna", NAME) == 2


async def test_books_that_cannot_be_closed_stay_where_they_are(tmp_path):
    async with live(small(tmp_path)) as world:
        replay = world.process._replay
        replay.pause()
        await step(world)
        await world.filled("anna", instrument_id=NAME)
        await world.accepted(await world.submit("anna", price="50.00", instrument_id=NAME, name="rest"))
        at, run_id, disk = replay.state().position, world.journal.run_id, Disk(world.journal)
        disk.take()

        with pytest.raises(StoreUnavailableError):
            await replay.jump(BEGIN + 60 * MINUTE, reset=True)

        assert (replay.state().position, world.journal.run_id, world.host.state) == (at, run_id, "running")
        assert ([row.status for row in world.traders.working("anna")], world.net("anna", NAME)) == (["accepted"], 1)
        disk.give()
        await world.until(lambda: world.journal.trouble is None)
        await replay.jump(BEGIN + 60 * MINUTE, reset=True)
        assert world.journal.run_id != run_id
        assert not world.traders.has_books()


async def test_a_recording_that_cannot_be_put_elsewhere_leaves_no_books_of_another_run(tmp_path):
    async with live(small(tmp_path)) as world:
        replay, tape, run_id = world.process._replay, world.process._market.tape, world.journal.run_id
        replay.pause()
        await step(world)
        await world.filled("anna", instrument_id=NAME)
        seek = tape.seek

        def broken(_ts):
            tape.seek = seek
            raise OSError("the file does not answer")

        tape.seek = broken
        with pytest.raises(VenueUnavailableError, match="does not answer"):
            await replay.jump(BEGIN + 60 * MINUTE, reset=True)
        await world.until(lambda: world.host.state == "running" and world.traders.missing() is None)

        assert world.journal.run_id != run_id
        assert (world.traders.positions("anna"), world.account("anna").cash) == ([], {"USDT": 100_000})
        assert await world.traders._compared.run() == 0


async def test_a_jump_without_open_books_keeps_them(tmp_path):
    async with live(small(tmp_path)) as world:
        replay = world.process._replay
        replay.pause()
        await step(world)
        await world.filled("anna", instrument_id=NAME)
        await world.traders.close_position("anna", NAME)
        await world.until(lambda: world.net("anna", NAME) == 0)
        run_id, cash = world.journal.run_id, dict(world.account("anna").cash)

        await replay.jump(BEGIN + 60 * MINUTE, reset=False)

        assert (world.journal.run_id, dict(world.account("anna").cash)) == (run_id, cash)
        await step(world)
        row = await world.filled("anna", instrument_id=NAME)
        assert row.ts_created >= BEGIN + 60 * MINUTE


async def test_books_that_are_opened_while_a_jump_begins_hold_it(tmp_path):
    async with live(small(tmp_path)) as world:
        replay = world.process._replay
        replay.pause()
        await step(world)
        at = replay.state().position
        disengage = world.traders.disengage

        async def trade_first():
            await world.submit("anna", price="50.00", instrument_id=NAME, name="rest")
            await disengage()

        world.traders.disengage = trade_first
        with pytest.raises(ConflictError, match="reset: true"):
            await replay.jump(BEGIN + 60 * MINUTE, reset=False)
        world.traders.disengage = disengage

        assert (replay.state().position, world.host.state) == (at, "running")
        assert [row.status for row in world.traders.working("anna")] == ["accepted"]


async def test_a_recording_does_not_loop_over_open_books(tmp_path):
    async with live(small(tmp_path, at_end="loop")) as world:
        replay, player = world.process._replay, world.process._market.player
        replay.pause()
        await step(world)
        await world.filled("anna", instrument_id=NAME)
        player.set_speed(0)
        replay.play()
        await world.until(lambda: player.is_ended)
        for _ in range(5):
            await world.submit("anna", price="50.00", instrument_id=NAME)

        assert (replay.state().loops, world.net("anna", NAME)) == (0, 1)
        await replay.restart(reset=True)
        await world.until(lambda: replay.state().loops == 1)  # nothing is open any more
