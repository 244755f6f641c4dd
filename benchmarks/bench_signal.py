"""What a signal costs per bar, part by part, over the bare callback that hands the bar over."""

import random
import time
from collections.abc import Callable

import pytest

from actors.market import MINUTE_NS, BarRow, Instrument, interval_of
from actors.signal.aggregator import Aggregator
from actors.signal.features import FeatureEngine
from actors.signal.predictor import MarketView
from actors.signal.stream import SignalStream
from config.schema import SignalConfig

BARS = 20_000
ROUNDS = 5
INSTRUMENT = Instrument(
    instrument_id="BTC-USDT.SIM",
    symbol="BTC-USDT",
    venue="SIM",
    kind="spot",
    base_currency="BTC",
    quote_currency="USDT",
    settlement_currency="USDT",
    price_precision=2,
    size_precision=6,
    price_increment="0.01",
    size_increment="0.000001",
    maker_fee="0.0008",
    taker_fee="0.001",
)


def walk(count: int) -> list[BarRow]:
    """Return bars of a random walk, seeded."""
    draw, price, rows = random.Random(7), 4_600_000, []
    for i in range(count):
        close = price + round(draw.gauss(0, 4_000))
        high, low = max(price, close) + draw.randrange(2_000), min(price, close) - draw.randrange(2_000)
        rows.append(BarRow(i * MINUTE_NS, price, high, low, close, draw.randrange(1, 9_000_000)))
        price = close
    return rows


def cpu_us(run: Callable[[], None]) -> float:
    """Return CPU microseconds per bar, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        best = min(best, time.process_time() - begun)
    return best / BARS * 1e6


@pytest.mark.bench
def test_cost_of_a_signal():
    rows = walk(BARS)
    floats = [(r.ts_open, r.open / 100, r.high / 100, r.low / 100, r.close / 100, r.volume / 1e6) for r in rows]
    aggregator = Aggregator.from_config(SignalConfig())
    technical = aggregator.voters[0].predictor

    def bare() -> None:
        def callback(_row: BarRow) -> None:
            pass

        for row in rows:
            callback(row)

    def features() -> None:
        engine = FeatureEngine()
        for bar in floats:
            engine.update(bar)

    engine, view = FeatureEngine(), MarketView("BTC-USDT.SIM", "1m")
    for bar in floats[:100]:
        view.add(bar, engine.update(bar), bar[0], engine.bars)

    def predictor() -> None:
        for _ in rows:
            technical.predict(view)

    def verdict() -> None:
        for _ in rows:
            aggregator.verdict(view)

    def signal() -> None:
        stream = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(SignalConfig()), 0)
        stream.load([], trace_id="bench", ts_init=0)
        for row in rows:
            stream.close(row, "bench", 0, stale=False)

    floor = cpu_us(bare)
    print(f"\nfloor: bare callback      {floor:6.2f} us a bar")
    for name, run in (("features", features), ("predictor", predictor), ("verdict", verdict), ("whole signal", signal)):
        cost = cpu_us(run)
        print(f"{name:24s}  {cost:6.2f} us a bar, {cost / floor:6.1f} x floor")
