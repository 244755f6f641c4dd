"""A real node on a market of ours: everything arrives, in order, once, and history joins it."""

import asyncio
import gc
from contextlib import asynccontextmanager

import pytest
from nautilus_trader.common import DataActor, DataActorConfig, Environment, LoggerConfig, LogLevel
from nautilus_trader.live import LiveNode, RoutingConfig
from nautilus_trader.model import ActorId, BarType, InstrumentId, TraderId
from structlog.testing import capture_logs

from actors.engine import Scale
from actors.market import INTERVALS, QuoteRow, TradeRow, bar_type_of
from adapters.client import FeedClientConfig, FeedClientFactory
from adapters.player import CHUNK, MAX_BACKLOG, Player
from tests.node.mouth import is_up
from tests.recordings import NAME, feed_of, minutes
from tests.simulated import BTC, EVER, HOUR, MINUTE, START, SWAP, market

pytestmark = pytest.mark.slow
MIDNIGHT = START - START % HOUR


class Ear(DataActor):
    """Subscribes and asks as it is told, keeps everything, and lets a test wait for a count."""

    def __new__(cls, config, wanted):
        return super().__new__(cls, config)

    def __init__(self, config, wanted):
        super().__init__(config)
        self.wanted = wanted
        self.instruments = {}
        self.trades, self.quotes, self.bars, self.answers = [], [], [], []
        self.order = []
        self.changed = asyncio.Event()

    def on_start(self):
        for name in self.wanted.get("trades", ()):
            self.subscribe_trades(InstrumentId.from_str(name))
        for name in self.wanted.get("quotes", ()):
            self.subscribe_quotes(InstrumentId.from_str(name))
        for name, interval in self.wanted.get("bars", ()):
            self.subscribe_bars(BarType.from_str(bar_type_of(name, interval)))
        for name, interval, asked in self.wanted.get("asks", ()):
            self.request_bars(BarType.from_str(bar_type_of(name, interval)), **asked)

    def on_trade(self, tick):
        self.keep(self.trades, tick)

    def on_quote(self, tick):
        self.keep(self.quotes, tick)

    def on_bar(self, bar):
        self.keep(self.bars, bar)

    def on_historical_bars(self, bars):
        self.keep(self.answers, list(bars))

    def keep(self, kind, item):
        kind.append(item)
        self.changed.set()

    async def until(self, reached):
        async with asyncio.timeout(60):
            while not reached():
                self.changed.clear()
                await self.changed.wait()

    def rows(self, name, interval):
        scale, wanted = Scale(self.instruments[name]), bar_type_of(name, interval)
        return [
            scale.row(bar, bar.ts_event - INTERVALS[interval].duration_ns)
            for bar in self.bars
            if str(bar.bar_type) == wanted
        ]


def listen(cls=Ear, **wanted):
    return cls(DataActorConfig(actor_id=ActorId("EAR-001")), wanted)


@asynccontextmanager
async def node(player, ear, *, latency_s=0.0, may_begin=lambda: True):
    """Run a node with one actor on a player."""
    ear.instruments = player.feed.instruments
    config = FeedClientConfig(player, latency_s, may_begin=may_begin)
    built = (
        LiveNode.builder("TEST", TraderId("TESTER-001"), Environment.SANDBOX)
        .with_logging(LoggerConfig(stdout_level=LogLevel.OFF))
        .with_delay_post_stop_secs(0)
        .add_data_client("FEED", FeedClientFactory, config, RoutingConfig(default=True))
        .build()
    )
    built.add_actor(ear)
    handle, task = built.handle(), asyncio.ensure_future(built.run_async())
    try:
        await is_up(handle, task)
        yield
    finally:
        await player.halt()
        handle.stop()
        await asyncio.wait_for(task, 60)
        built.dispose()
        del built, handle, task
        gc.collect()


def ask(interval="1m", name=BTC, **asked):
    return name, interval, asked


async def test_trades_and_quotes_arrive_all_in_order_exactly():
    player, ear = Player(market(), speed=0), listen(trades=[BTC, SWAP], quotes=[BTC])
    async with node(player, ear):
        await ear.until(lambda: len(ear.trades) > 5_000)
    events = market().read(player.position_ns, EVER)
    scales = {name: Scale(instrument) for name, instrument in player.feed.instruments.items()}
    trades = [row for row in events if isinstance(row, TradeRow) and row.instrument_id in {BTC, SWAP}]
    quotes = [row for row in events if isinstance(row, QuoteRow) and row.instrument_id == BTC]
    assert ear.trades == [scales[row.instrument_id].trade_tick(row) for row in trades]
    newest = market().quote(BTC)
    assert ear.quotes == [scales[BTC].quote_tick(row) for row in [newest, *quotes]]


async def test_a_market_stands_until_what_came_before_has_been_read():
    player, ear = Player(market(), speed=0), listen(trades=[BTC], asks=[ask("1h")])
    looks = []

    def may_begin():
        looks.append((player.position_ns, len(ear.trades)))
        return len(looks) > 5 and bool(ear.answers)

    async with node(player, ear, may_begin=may_begin):
        await ear.until(lambda: ear.trades)
    assert set(looks) == {(START, 0)}


async def test_bars_of_every_interval_are_as_history_tells():
    names = ["1s", "5s", "1m", "5m", "1h"]
    player, ear = Player(market(), speed=0), listen(bars=[(BTC, name) for name in names])
    async with node(player, ear):
        await ear.until(lambda: ear.rows(BTC, "1h"))
    for name in names:
        first = INTERVALS[name].floor(START)
        assert ear.rows(BTC, name) == player.feed.history(BTC, name, first, None, 100_000)
    assert all(bar.ts_event == bar.ts_init for bar in ear.bars)
    order = [(bar.ts_event, INTERVALS_BY_TYPE[str(bar.bar_type)]) for bar in ear.bars]
    assert order == sorted(order)


INTERVALS_BY_TYPE = {bar_type_of(BTC, name): interval.duration_ns for name, interval in INTERVALS.items()}


async def test_bars_of_a_recorded_file_are_as_history_tells(tmp_path):
    feed = feed_of(tmp_path, *minutes(500, skip=(37, 38, 100)), warmup=50)
    ended, start = asyncio.Event(), feed.position_ns
    player = Player(feed, speed=0, on_end=lambda _: ended.set())
    ear = listen(bars=[(NAME, name) for name in ("1m", "3m", "1h")], trades=[NAME])
    async with node(player, ear):
        await asyncio.wait_for(ended.wait(), 60)
    for name in ("1m", "3m", "1h"):
        assert ear.rows(NAME, name) == feed.history(NAME, name, INTERVALS[name].floor(start), None, 1_000)
    assert ear.trades == []


async def test_an_interval_below_the_recorded_one_is_refused_with_one_line(tmp_path):
    feed = feed_of(tmp_path, *minutes(100))
    ear = listen(bars=[(NAME, "5s"), (NAME, "1m")], asks=[ask("5s", NAME)])
    with capture_logs() as logs:
        async with node(Player(feed, speed=0), ear):
            await ear.until(lambda: ear.bars and ear.answers)
    refused = [line for line in logs if line["event"] == "bars_refused"]
    assert [line["reason"] for line in refused] == [f"{NAME} has bars of 1m, none of 5s"]
    assert ear.answers == [[]]


async def test_a_rebuilt_node_goes_on_with_the_very_next_event():
    player = Player(market(), speed=0)
    wanted = {"trades": [BTC], "bars": [(BTC, "1m"), (BTC, "5m")]}
    ears = [listen(**wanted), listen(**wanted), listen(**wanted)]
    for ear in ears:
        async with node(player, ear):
            await ear.until(lambda ear=ear: len(ear.rows(BTC, "5m")) > 2)
    events = market().read(player.position_ns, EVER)
    scale = Scale(player.feed.instruments[BTC])
    trades = [row for row in events if isinstance(row, TradeRow) and row.instrument_id == BTC]
    assert [tick for ear in ears for tick in ear.trades] == [scale.trade_tick(row) for row in trades]
    for name in ("1m", "5m"):
        whole = player.feed.history(BTC, name, INTERVALS[name].floor(START), None, 100_000)
        assert [row for ear in ears for row in ear.rows(BTC, name)] == whole


async def test_history_joins_live_bars_without_gap_or_overlap():
    player, ear = Player(market(), speed=2_000.0), listen(bars=[(BTC, "1m")], asks=[ask(limit=100)])
    async with node(player, ear, latency_s=0.2):
        await ear.until(lambda: ear.answers and len(ear.bars) > 20)
    closes = [bar.ts_event for bar in ear.answers[0]]
    live = [bar.ts_event for bar in ear.bars]
    union = sorted({*closes, *live})
    assert union == [*range(closes[0], live[-1] + 1, MINUTE)]
    assert closes[-1] >= live[0] - MINUTE
    both = [bar for bar in ear.answers[0] if bar.ts_event in set(live)]
    assert both == ear.bars[: len(both)]


async def test_a_question_takes_open_times_half_open_and_any_time_by_params():
    end, start = MIDNIGHT - 2 * MINUTE, MIDNIGHT - 5 * MINUTE
    asked = {"start_ns": start, "end_ns": end}
    ear = listen(asks=[ask(params=asked), ask(params={"start_ns": start}, limit=2), ask("5m", limit=3), ask("1d")])
    async with node(Player(market(), speed=1.0), ear):
        await ear.until(lambda: len(ear.answers) == 4)
    by_size = sorted(ear.answers, key=lambda bars: (str(bars[0].bar_type), len(bars)))
    opens = [[bar.ts_event - MINUTE for bar in bars] for bars in by_size if "1-MINUTE" in str(bars[0].bar_type)]
    assert opens == [[start, start + MINUTE], [start, start + MINUTE, start + 2 * MINUTE]]
    assert {str(bars[0].bar_type).split("-", 2)[2][:8]: len(bars) for bars in by_size}["5-MINUTE"] == 3


async def test_a_question_that_fails_is_not_answered_as_if_there_was_nothing():
    ear = listen(asks=[ask(params={"start_ns": "soon"}), ask("5m", limit=3)])
    with capture_logs() as logs:
        async with node(Player(market(), speed=1.0), ear):
            await ear.until(lambda: ear.answers and any(line["log_level"] == "error" for line in logs))
    assert [len(bars) for bars in ear.answers] == [3]
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["history_failed"]


async def test_market_time_never_runs_away_from_the_actors():
    player, distances = Player(market(), speed=0), []

    class Far(Ear):
        def on_trade(self, tick):
            super().on_trade(tick)
            distances.append(player.position_ns - tick.ts_event)

    ear = listen(Far, trades=[BTC])
    async with node(player, ear):
        await ear.until(lambda: len(ear.trades) > 10_000)
    events_a_second = 6
    assert max(distances) / 1e9 * events_a_second < 6 * (MAX_BACKLOG + 2 * CHUNK)


async def test_after_unsubscribing_nothing_comes():
    class Fickle(Ear):
        def on_bar(self, bar):
            super().on_bar(bar)
            self.unsubscribe_bars(bar.bar_type)

    player, ear = Player(market(), speed=0), listen(Fickle, bars=[(BTC, "1m")], trades=[BTC])
    async with node(player, ear):
        await ear.until(lambda: ear.bars)
        seen = len(ear.trades)
        await ear.until(lambda: len(ear.trades) > seen + 2_000)
    assert len(ear.bars) < 20


async def test_a_client_of_another_config_is_refused():
    with pytest.raises(TypeError, match="expected FeedClientConfig"):
        FeedClientFactory.create(name="X", config=object(), cache=None, clock=None)
