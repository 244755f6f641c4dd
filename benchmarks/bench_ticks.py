"""What a tick costs from the engine's callback to the sockets, over an actor whose callback does nothing.

CPU microseconds per tick, best of rounds, every tick in a turn of the loop of its own: nothing is joined.
"""

import random
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Self

import pytest
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import DataActor, DataActorConfig, LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import AccountType, ActorId, Money, OmsType, Venue

from actors.bridge.actor import BridgeActor
from actors.bridge.connection import Connection
from actors.bridge.hub import Hub, Wish
from actors.bridge.relay import Relay
from actors.engine import Scale, to_engine
from actors.market import BookRow, TradeRow
from actors.ticks.actor import TickActor
from actors.ticks.store import Ticks
from tests.bridge.fakes import BTC, START_NS, FakeBars, instrument, make_context
from tests.bridge.hub_loop import FakeLoop
from tests.later import FakeLater
from tests.tick_books import snapshot
from tests.tick_world import EVERY, FakeSource

TICKS = 20_000
STEPS = 4_000
ROUNDS = 5
NO_FEES = MakerTakerFeeModel(Decimal(0), Decimal(0))
MANY = 100


class Idle(DataActor):
    """The floor: hears every trade and does nothing but let the loop turn."""

    def __new__(cls, node: "Node | None") -> Self:
        return super().__new__(cls, DataActorConfig(actor_id=ActorId("IDLE-001")))

    def __init__(self, node: "Node | None") -> None:
        super().__init__(DataActorConfig(actor_id=ActorId("IDLE-001")))
        self._node = node
        self._turn = (lambda: None) if node is None else node.turn

    def on_start(self) -> None:
        if self._node is not None:
            self._node.ticks.past_trades([])  # asked by the actor that started before: there are none
        self.subscribe_trades(Scale(instrument()).instrument_id)

    def on_trade(self, _: object) -> None:
        self._turn()


class Sink:
    """A socket that takes everything."""

    def __init__(self) -> None:
        self.messages = 0

    def write(self, data: bytes, /) -> None:
        self.messages += 1

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False


class Node:
    """Ticks, hub and listeners of some channels."""

    def __init__(self, *channels: str, listeners: int = 0) -> None:
        self.loop, later = FakeLoop(), FakeLater()
        instruments = FakeBars([instrument()]).instruments()
        self.ticks = Ticks(instruments, lambda _: EVERY, later=later, monotonic=later.monotonic)
        context = make_context(bars=FakeBars([instrument()]), ticks=self.ticks)
        self.hub = Hub(context, scheduler=self.loop, clock=self.loop)
        self.relay = Relay(self.hub)
        self.sinks = [Sink() for _ in range(listeners)]
        for sink in self.sinks:
            connection = Connection(sink, lambda code, reason: None)
            self.hub.attach(connection)
            self.hub.subscribe(connection, [Wish(stream=self.hub.streams.meant(name, "local")) for name in channels])
            self.hub.catch_up(connection)

    def turn(self) -> None:
        self.loop.settle()


def trades() -> list[TradeRow]:
    return [TradeRow(BTC, START_NS + n * 1_000_000, 3_000_000 + n % 50, 1_000 + n, "buy", str(n)) for n in range(TICKS)]


def engine_us(rows: Sequence[TradeRow], node: Node | None) -> float:
    """Return CPU microseconds per trade of one run through an engine; None: without our actors."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggerConfig(stdout_level=LogLevel.OFF)))
    venue = Venue("SIM")
    engine.add_venue(venue, OmsType.NETTING, AccountType.CASH, [Money.from_str("1000 USDT")], fee_model=NO_FEES)
    engine.add_instrument(to_engine(instrument()))
    if node is not None:
        engine.add_actor(TickActor(DataActorConfig(actor_id=ActorId("TICKS-001")), node.ticks, [instrument()]))
        engine.add_actor(BridgeActor(DataActorConfig(actor_id=ActorId("BRIDGE-001")), node.relay))
    engine.add_actor(Idle(node))
    scale = Scale(instrument())
    engine.add_data([scale.trade_tick(row) for row in rows])
    begun = time.process_time()
    engine.run()
    cost = (time.process_time() - begun) / len(rows) * 1e6
    if node is not None:
        assert len(node.ticks.trades(BTC, limit=1_000)) == 1_000
        assert all(sink.messages >= len(rows) for sink in node.sinks)
    engine.dispose()
    return cost


def steps() -> list[BookRow]:
    """A book of 50 levels a side whose best levels change."""
    chance = random.Random(7)
    rows = [snapshot(0, [(1_000 - n, 100) for n in range(50)], [(1_001 + n, 100) for n in range(50)])]
    for sequence in range(1, STEPS + 1):
        bids = tuple((1_000 - chance.randrange(1, 10), chance.randrange(1, 900)) for _ in range(2))
        asks = ((1_001 + chance.randrange(1, 10), chance.randrange(1, 900)),)
        rows.append(BookRow(BTC, START_NS + sequence, sequence, tuple(dict(bids).items()), asks))
    return rows


def book_us(rows: Sequence[BookRow], node: Node) -> float:
    """Return CPU microseconds per step of a book, after the engine."""
    source = FakeSource()
    source.tell = lambda name, kind, *, is_ready: [
        (node.hub.wake if is_ready else node.hub.touch)(stream) for stream in node.hub.streams.values()
    ]
    node.ticks.attach(source)
    node.ticks.hold(BTC, "book", "bench")
    begun = time.process_time()
    for row in rows:
        node.ticks.step(row)
        node.turn()
    cost = (time.process_time() - begun) / len(rows) * 1e6
    assert all(sink.messages >= len(rows) - 10 for sink in node.sinks)
    return cost


def best(run: Callable[[], float]) -> float:
    return min(run() for _ in range(ROUNDS))


@pytest.mark.bench
def test_cost_of_a_trade():
    rows, name = trades(), f"trades:{BTC}"
    floor = best(lambda: engine_us(rows, None))
    costs = {
        "nobody listens": best(lambda: engine_us(rows, Node())) - floor,
        "one listener": best(lambda: engine_us(rows, Node(name, listeners=1))) - floor,
        f"{MANY} listeners": best(lambda: engine_us(rows, Node(name, listeners=MANY))) - floor,
    }
    print(f"\na trade in the engine, an idle actor  {floor:6.2f} us", end="")
    for about, cost in costs.items():
        print(f"\n  beyond that, {about:24s} {cost:6.2f} us, {cost / floor:5.2f} x floor", end="")
    assert costs["nobody listens"] < 6.0 * floor
    assert costs["one listener"] < 30.0 * floor
    assert costs[f"{MANY} listeners"] - costs["one listener"] < 0.5 * MANY * floor


@pytest.mark.bench
def test_cost_of_a_step_of_a_book():
    rows, book, deltas = steps(), f"book:{BTC}", f"book_delta:{BTC}"
    floor = best(lambda: book_us(rows, Node()))
    costs = {
        "book, one listener": best(lambda: book_us(rows, Node(book, listeners=1))),
        f"book, {MANY} listeners": best(lambda: book_us(rows, Node(book, listeners=MANY))),
        "book_delta, one listener": best(lambda: book_us(rows, Node(deltas, listeners=1))),
        f"book_delta, {MANY} listeners": best(lambda: book_us(rows, Node(deltas, listeners=MANY))),
    }
    print(f"\na step applied, nobody listens          {floor:6.2f} us", end="")
    for about, cost in costs.items():
        print(f"\n  {about:36s}  {cost:6.2f} us, {cost / floor:5.2f} x floor", end="")
    assert costs["book, one listener"] < 20.0 * floor
    assert costs["book_delta, one listener"] < 25.0 * floor
    for kind in ("book", "book_delta"):
        assert costs[f"{kind}, {MANY} listeners"] - costs[f"{kind}, one listener"] < 0.25 * MANY * floor
