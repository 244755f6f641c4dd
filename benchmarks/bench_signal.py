"""What a signal costs per bar, part by part, over the bare callback that hands the bar over (CPU, best of rounds)."""

import time
from collections.abc import Callable

import pytest

from actors.market import BarRow, interval_of
from actors.signal.aggregator import Aggregator
from actors.signal.features import FeatureEngine
from actors.signal.predictor import MarketView
from actors.signal.reference import ReferenceBars
from actors.signal.session import Session
from actors.signal.stream import SignalStream
from config.signals import SignalConfig
from tests.unit.walks import INSTRUMENT, floats, walk

BARS = 20_000
ROUNDS = 5
MAX_FEATURES_US = 50.0
MAX_SIGNAL_US = 20.0


def cpu_us(run: Callable[[], None]) -> float:
    """Return CPU microseconds per bar."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        best = min(best, time.process_time() - begun)
    return best / BARS * 1e6


def bare(rows: list[BarRow]) -> Callable[[], None]:
    def callback(_row: BarRow) -> None:
        pass

    return lambda: [callback(row) for row in rows] and None


def features(rows: list[BarRow]) -> Callable[[], None]:
    bars = floats(rows)

    def run() -> None:
        engine = FeatureEngine()
        for bar in bars:
            engine.update(bar)

    return run


def all_features(rows: list[BarRow]) -> Callable[[], None]:
    """With trading hours and a second instrument."""
    bars, interval = floats(rows), interval_of("1m")
    reference = ReferenceBars(interval, most=None)
    reference.load((bar[0], bar[4]) for bar in floats(walk(BARS, seed=3)))

    def run() -> None:
        engine = FeatureEngine(interval, session=Session.from_text("09:30-16:00 UTC"), reference=reference)
        for bar in bars:
            engine.update(bar)

    return run


def asked(rows: list[BarRow], ask: Callable[[MarketView], object]) -> Callable[[], None]:
    engine, view = FeatureEngine(), MarketView("BTC-USDT.SIM", "1m")
    vectors = [engine.update(bar) for bar in floats(rows)]
    view.seen = BARS

    def run() -> None:
        for vector in vectors:
            view.features = vector
            ask(view)

    return run


def signals(rows: list[BarRow]) -> Callable[[], None]:
    def run() -> None:
        stream = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(SignalConfig()), 0)
        stream.load([], trace_id="bench", ts_init=0)
        for row in rows:
            stream.close(row, "bench", 0)

    return run


@pytest.mark.bench
def test_cost_of_a_signal():
    rows, aggregator = walk(BARS), Aggregator.from_config(SignalConfig())
    parts = {
        "bare callback": bare(rows),
        "features": features(rows),
        "features, all": all_features(rows),
        "technical": asked(rows, aggregator.voters[0].predictor.predict),
        "technical, aggregated": asked(rows, aggregator.verdict),
        "whole signal": signals(rows),
    }
    costs = {name: cpu_us(run) for name, run in parts.items()}
    for name, cost in costs.items():
        print(f"\n{name:24s} {cost:6.2f} us a bar, {cost / costs['bare callback']:6.1f} x floor", end="")
    assert costs["features, all"] < MAX_FEATURES_US
    assert costs["whole signal"] < MAX_SIGNAL_US
