"""What the buffer costs: CPU per bar and per tick over a bare subscriber, and hits against misses of the read-through.

The floor is an actor that subscribes to the same data and does nothing with it, in the same run.
"""

import asyncio
import statistics
import time
from decimal import Decimal

import pytest
import structlog
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import DataActor, DataActorConfig, LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import AccountType, ActorId, BarType, Currency, Money, OmsType, Venue

from actors.buffer.actor import BufferActor
from actors.clock import MarketClock
from actors.engine import Scale, to_engine
from actors.market import INTERVALS, MINUTE_NS, TradeRow, bar_type_of
from tests.unit.traded_market import NAME, START, Ear, TradedMarket, bars_of, buffer_of, instrument, random_trades

pytestmark = pytest.mark.bench
BARS, TICKS, RUNS = 45_031, 100_000, 3
BUDGET_US = 8.0
"""What a bar may cost over the floor while nobody asked for another interval."""
BAR_TYPE = BarType.from_str(bar_type_of(NAME, "1m"))


@pytest.fixture(autouse=True)
def quiet():
    with structlog.testing.capture_logs():
        yield


class Bare(DataActor):
    """The floor: hears everything, does nothing."""

    def on_start(self):
        self.subscribe_bars(BAR_TYPE)
        self.subscribe_trades(Scale(instrument()).instrument_id)

    def on_bar(self, bar):
        pass

    def on_trade(self, trade):
        pass


class Heard(DataActor):
    """Somebody who listens on the bus, as the bridge does."""

    def __init__(self, config=None):
        super().__init__()
        self.messages = 0

    def on_start(self):
        for topic in ("bars.*", "openbars.*", "windows.*"):
            self.subscribe_topic(topic, self.on_message)

    def on_message(self, message):
        self.messages += 1


def cpu_us(data, *actors):
    """Return CPU microseconds per item of one run of a new engine."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggerConfig(stdout_level=LogLevel.ERROR), run_analysis=False))
    fees = MakerTakerFeeModel(Decimal("0.001"), Decimal("0.001"))
    money = [Money(10_000_000, Currency.from_str("USDT"))]
    engine.add_venue(Venue("SIM"), OmsType.NETTING, AccountType.MARGIN, money, fee_model=fees)
    engine.add_instrument(to_engine(instrument()))
    engine.add_data(data)
    for actor in actors:
        engine.add_actor(actor)
    began = time.process_time()
    engine.run()
    spent = time.process_time() - began
    engine.dispose()
    return spent / len(data) * 1e6


def least_us(data, make):
    """Return the least of some runs: what else runs on the machine can only add."""
    return min(cpu_us(data, *make()) for _ in range(RUNS))


def bare():
    return (Bare(DataActorConfig(actor_id=ActorId("BARE-001"))),)


def buffered(*intervals, native, listen=False):
    def make():
        buffer = buffer_of(native=native)
        for interval in intervals:
            buffer.ensure(NAME, interval)
        actor = BufferActor(DataActorConfig(actor_id=ActorId("BUFFER-001")), buffer, MarketClock())
        return (actor, Heard()) if listen else (actor,)

    return make


def rows():
    held = random_trades(1, spans_s=BARS * 60, per_s=0.1)
    return bars_of(held, INTERVALS["1m"], 2**62)


def test_cost_of_a_bar():
    scale = Scale(instrument())
    data = [scale.bar(BAR_TYPE, row, row.ts_open + MINUTE_NS) for row in rows()]
    floor = least_us(data, bare)
    print(f"\n{len(data)} bars, us of CPU a bar; a bare subscriber: {floor:.2f}")
    for name, make in (
        ("buffer, 1m alone", buffered(native="1m")),
        ("  and a listener", buffered(native="1m", listen=True)),
        ("  and 5m 15m 1h 1d", buffered("5m", "15m", "1h", "1d", native="1m")),
    ):
        cost = least_us(data, make)
        print(f"{name:22} {cost:6.2f}  over the floor {cost - floor:5.2f} ({cost / floor:.2f}x)")
        assert "5m" in name or cost - floor <= BUDGET_US


def test_cost_of_a_tick():
    scale = Scale(instrument())
    held = random_trades(1, spans_s=TICKS / 10, per_s=10)
    data = [
        scale.trade_tick(TradeRow(NAME, ts, price, size, "buy", str(number)))
        for number, (ts, price, size) in enumerate(held)
    ]
    floor = least_us(data, bare)
    print(f"\n{len(data)} ticks, us of CPU a tick; a bare subscriber: {floor:.2f}")
    for name, make in (
        ("buffer, 1m alone", buffered(native=None)),
        ("  and a listener", buffered(native=None, listen=True)),
        ("  and 1s 5s 15s", buffered("1s", "5s", "15s", native=None)),
    ):
        cost = least_us(data, make)
        print(f"{name:22} {cost:6.2f}  over the floor {cost - floor:5.2f} ({cost / floor:.2f}x)")


def test_hits_against_misses():
    async def pages():
        market = TradedMarket([], position=START + 40_000 * MINUTE_NS)
        market.truth = lambda *_: held
        buffer = buffer_of()
        buffer.attach(market, Ear())
        await buffer.loaded(NAME, "1m")
        hits, misses = [], []
        for block in range(1, 30):
            end = START + block * 1_000 * MINUTE_NS + 500 * MINUTE_NS
            for found in (misses, hits):
                began = time.perf_counter()
                page = await buffer.page(NAME, "1m", start=None, end=end, limit=1_000)
                found.append(time.perf_counter() - began)
                assert len(page.rows) == 1_000
        return statistics.median(hits) * 1e3, statistics.median(misses) * 1e3

    held = rows()[:40_000]
    hit, miss = asyncio.run(pages())
    print(f"\n1,000 bars from memory {hit:.3f} ms, from a source without latency {miss:.3f} ms: {miss / hit:.0f}x")


def test_cost_of_columns():
    buffer = buffer_of(native="1m")
    held = rows()[: 7_600 + 1_000]
    buffer.preload(NAME, "1m", held[:7_600])
    buffer.attach(None, Ear())
    buffer.columns(NAME, "1m", 500)
    bars = buffer.held(NAME)
    began = time.process_time()
    for row in held[7_600:]:
        buffer.bar(bars, row)
        buffer.columns(NAME, "1m", 500)
    spent = (time.process_time() - began) / 1_000 * 1e6
    print(f"\na closed bar and 500 rows of columns: {spent:.2f} us")
