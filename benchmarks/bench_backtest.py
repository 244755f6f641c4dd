"""What our parts cost beside the bare engine on 45,031 real bars: strategy base, buffer, signals, the whole backtest.

CPU seconds of `engine.run()` alone, medians of interleaved runs. The file of real bars is not part of the product:
its path is in `WHISPERER_BENCH_BARS`, or it lies in `../shared/data`.
"""

import os
import statistics
import time
from decimal import Decimal
from pathlib import Path

import pytest
import structlog
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import DataActorConfig, LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.indicators import ExponentialMovingAverage, RelativeStrengthIndex
from nautilus_trader.model import (
    AccountType,
    ActorId,
    BarType,
    Currency,
    InstrumentId,
    Money,
    OmsType,
    OrderSide,
    Quantity,
    StrategyId,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from actors.buffer.actor import BufferActor
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.engine import Scale, to_engine
from actors.market import bar_type_of
from actors.signal.actor import SignalActor
from actors.signal.log import SignalLog
from adapters.replay.feed import ReplayFeed
from config.recorded import ReplayInstrument
from config.schema import BacktestSection, BufferSection, NodeConfig, ReplaySection
from config.signals import SignalConfig
from config.trading import StrategyConfigSection
from node.backtest.command import run_backtest
from node.backtest.engine import BacktestRun
from strategies.base import TraderMixin

pytestmark = pytest.mark.bench
BARS = Path(
    os.environ.get("WHISPERER_BENCH_BARS")
    or Path(__file__).parents[2] / "shared/data/btc-perp-20211231-20220201_1m.csv"
)
NAME = "BTC-USDT-SWAP.REPLAY"
BAR_TYPE = BarType.from_str(bar_type_of(NAME, "1m"))
RUNS = 7
MAX_BASE = 1.15
MAX_ACTORS_US = 40.0


class Crossing(Strategy):
    """Two averages and an RSI, as one would write it for Nautilus: about 1,400 orders on these bars."""

    def __init__(self, config):
        super().__init__(config)
        self.fast = ExponentialMovingAverage(10)
        self.slow = ExponentialMovingAverage(30)
        self.rsi = RelativeStrengthIndex(14)
        self.instrument_id = InstrumentId.from_str(NAME)
        self.quantity = Quantity.from_str("1.0000")
        self.is_long = False
        self.orders = 0

    def on_start(self):
        for indicator in (self.fast, self.slow, self.rsi):
            self.register_indicator_for_bars(BAR_TYPE, indicator)
        self.subscribe_bars(BAR_TYPE)

    def on_bar(self, bar):
        if not self.slow.initialized:
            return
        if not self.is_long:
            if self.fast.value > self.slow.value and self.rsi.value < 70:
                self.is_long = True
                self.send(OrderSide.BUY)
        elif self.fast.value < self.slow.value:
            self.is_long = False
            self.send(OrderSide.SELL)

    def send(self, side):
        self.orders += 1
        self.submit_order(self.order_factory.market(self.instrument_id, side, self.quantity))


class OnOurBase(TraderMixin, Crossing):
    """The same class behind our base, as the loader makes it."""


@pytest.fixture(scope="module")
def feed():
    if not BARS.is_file():
        pytest.skip(f"{BARS} is not here: WHISPERER_BENCH_BARS names the file of real bars")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    return ReplayFeed.from_config(section().replay, BARS.parent)


def section():
    bars = ReplayInstrument(
        file=BARS.name,
        kind="perpetual",
        base="BTC",
        volume_unit="quote",
        price_precision=3,
        size_precision=4,
        maker_fee="0.0002",
        taker_fee="0.0005",
        margin_init="0.05",
        margin_maint="0.025",
    )
    params = {"instrument_id": NAME, "quantity": "1", "allow_short": True}
    return NodeConfig(
        market="replay",
        replay=ReplaySection(instruments={NAME: bars}),
        strategies=(StrategyConfigSection(name="signal_follow", params=params),),
        backtest=BacktestSection(balances={"USDT": "1000000"}),
    )


def bare_engine(feed):
    logging = LoggerConfig(stdout_level=LogLevel.ERROR)
    engine = BacktestEngine(BacktestEngineConfig(logging=logging, run_analysis=False))
    fees = MakerTakerFeeModel(Decimal("0.0002"), Decimal("0.0005"))
    balance = Money(1_000_000, Currency.from_str("USDT"))
    engine.add_venue(Venue("REPLAY"), OmsType.NETTING, AccountType.MARGIN, [balance], fee_model=fees)
    engine.add_instrument(to_engine(feed.instruments[NAME]))
    return engine


def timed_engine(feed, bars, strategy_class, *, has_buffer=False, has_signals=False):
    """Return CPU seconds of one run, and how many orders it sent."""
    feed.rewind()
    engine, clock = bare_engine(feed), MarketClock()
    buffer = Buffer(BufferSection(), feed.instruments, feed.native_interval)
    buffer.preload(NAME, "1m", feed.history(NAME, "1m", None, None, 10_000))
    if has_buffer:
        engine.add_actor(BufferActor(DataActorConfig(ActorId("Buffer-001")), buffer, clock))
    if has_signals:
        config = DataActorConfig(ActorId("Signal-001"))
        engine.add_actor(SignalActor(config, (SignalConfig(),), buffer, SignalLog(capacity=1)))
    strategy = strategy_class(StrategyConfig(strategy_id=StrategyId("Crossing-001"), order_id_tag="001"))
    engine.add_strategy(strategy)
    engine.add_data(bars)
    began = time.process_time()
    engine.run()
    seconds = time.process_time() - began
    engine.dispose()
    return seconds, strategy.orders


def timed_whole(config, feed):
    """Return CPU seconds of playing with signal_follow, data made on the way, files and statistics left out."""
    feed.rewind()
    with BacktestRun(config, feed, SignalLog(capacity=1)) as run:
        began = time.process_time()
        run.run(lambda _done, _total: None)
        return time.process_time() - began, len(run.cache.orders())


def test_what_the_parts_cost(feed):
    config, scale = section(), Scale(feed.instruments[NAME])
    feed.rewind()
    bars = [scale.bar(BAR_TYPE, event.row, event.ts) for event in feed.read(2**62, 10**6)]
    feed.rewind()
    parts = {
        "bare engine": lambda: timed_engine(feed, bars, Crossing),
        "+ our strategy base": lambda: timed_engine(feed, bars, OnOurBase),
        "+ buffer": lambda: timed_engine(feed, bars, OnOurBase, has_buffer=True),
        "+ signals": lambda: timed_engine(feed, bars, OnOurBase, has_buffer=True, has_signals=True),
        "whole, signal_follow": lambda: timed_whole(config, feed),
    }
    found = {name: [] for name in parts}
    orders = {}
    for _ in range(RUNS):
        for name, run in parts.items():
            seconds, orders[name] = run()
            found[name].append(seconds)
    medians = {name: statistics.median(runs) for name, runs in found.items()}
    floor = medians["bare engine"]
    # interleaved pairs: what slows the machine down slows both
    base = statistics.median(a / b for a, b in zip(found["+ our strategy base"], found["bare engine"], strict=True))
    extra = zip(found["+ signals"], found["+ our strategy base"], strict=True)
    actors_us = statistics.median(a - b for a, b in extra) / len(bars) * 1e6
    print(f"\n{len(bars):,} bars, medians of {RUNS} runs, CPU")
    for name, seconds in medians.items():
        us = seconds / len(bars) * 1e6
        print(f"{name:22} {seconds:6.3f} s {us:7.2f} us a bar {seconds / floor:6.2f}x  {orders[name]:,} orders")
    print(f"strategy base {base:.3f}x (at most {MAX_BASE}x)")
    print(f"buffer and signals {actors_us:.2f} us a bar (at most {MAX_ACTORS_US} us)")
    assert base <= MAX_BASE
    assert actors_us <= MAX_ACTORS_US


def test_what_a_whole_backtest_takes(feed):
    began = time.process_time()
    result = run_backtest(section(), BARS.parent)
    seconds = time.process_time() - began
    print(f"\nfile to result: {seconds:.2f} s CPU, {result.bars / seconds:,.0f} bars a second")
    assert result.signals.total == result.bars
