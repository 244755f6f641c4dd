"""What can happen to a hub, its market, its nodes and its clients, and what all clients must know when it is over."""

import json
from collections.abc import Callable

import msgspec

from actors.bridge.indicator_relay import IndicatorRelay
from actors.bridge.status import status_body
from actors.messages import Signal
from actors.wire import signal_body
from tests.bridge.fake_indicators import MIDDLES, FakeIndicators, middle
from tests.bridge.fakes import BTC, START_NS, bar_rows, signal
from tests.bridge.hub_client import FakeClient
from tests.bridge.hub_world import MINUTE
from tests.bridge.tick_market import Market
from tests.bridge.tick_story import TICK_CHANNELS, TickStory, registry_with_ticks

BARS = f"bars:{BTC}:1m"
LONG = f"bars:{BTC}:5m"
OWN = f"signals:{BTC}"
CHANNELS = (BARS, LONG, "signals", OWN, "status", MIDDLES, *TICK_CHANNELS)
CLIENTS = 3


class Story:
    """Does what hypothesis thinks of, then lets everything come to rest and compares."""

    def __init__(self) -> None:
        self.world = Market(
            registry=registry_with_ticks(), indicators=FakeIndicators, bars=3,
            slow_after_bytes=600, caught_up_below_bytes=200, stuck_after_s=5.0,
            operations_per_s=10**6, operations_burst=10**6,
        )  # fmt: skip
        self.ticks = TickStory(self.world)
        self.middles = IndicatorRelay(self.world.hub)
        self.trade, self.quotes, self.step, self.answer = (
            getattr(self.ticks, name) for name in ("trade", "quotes", "step", "answer")
        )
        self.clients = [FakeClient(self.world) for _ in range(CLIENTS)]
        self.bars_start = 0

    def tell(self, action: tuple) -> None:
        kind, *rest = action
        step: Callable[..., None] = getattr(self, kind)
        step(*rest)

    def tick(self, price: int) -> None:
        for interval in ("1m", "5m"):
            if (BTC, interval) in self.world.bars.loaded:
                self.world.tick(price, interval)

    def close(self, count: int, *, is_told: bool = True) -> None:
        for _ in range(count):
            for interval in ("1m", "5m"):
                if (BTC, interval) in self.world.bars.loaded:
                    self.world.close(is_told=is_told, interval=interval)
        if is_told:
            self.middles.grown((BTC, "1m"))

    close_many = close

    def close_untold(self, count: int) -> None:
        """Bars close while no bridge listens; the next rebuild finds them."""
        self.close(count, is_told=False)

    def signal(self, count: int) -> None:
        for _ in range(count):
            self.world.signal(self._signal())

    signals_many = signal

    def lose_step(self) -> None:
        """The next one shows it, and the book is asked for anew."""
        self.ticks.step(1, 3, is_lost=True)

    def down(self) -> None:
        """The node ends, the next `rebuild` is its successor."""
        self.ticks.down()

    def rebuild(self) -> None:
        """Another node, in whatever order its actors start."""
        if self.ticks.trades[1:]:
            self.ticks.up()
            self.world.relay.attach()
        else:
            self.world.relay.attach()
            self.ticks.up()
        self.middles.grown((BTC, "1m"))

    def fault(self) -> None:
        self.world.signal(self._signal(), is_told=False)
        self.close(1, is_told=False)
        self.world.relay.tear()
        self.rebuild()

    def backfill(self, count: int) -> None:
        for _ in range(count):
            self.world.signal(self._signal(), is_told=False)
        self.world.backfill()

    def jump(self, bars: int) -> None:
        """Market time jumps: other windows, which load anew."""
        self.bars_start += 1
        for interval in ("1m", "5m"):
            first = START_NS + (self.bars_start * 7_919 % 500) * MINUTE
            self.world.bars.put(BTC, interval, bar_rows(bars, first=first))
            self.world.bars.growing.pop((BTC, interval), None)
        self.world.bars.loaded.clear()
        self.world.signals.kept.clear()
        self.ticks.forget()
        self.world.hub.reset_all()
        self.rebuild()

    def load(self) -> None:
        for interval in ("1m", "5m"):
            self.world.bars.closed.setdefault((BTC, interval), [])
            self.world.load(interval)
        self.middles.ready((BTC, "1m"))

    def turn(self, count: int) -> None:
        for _ in range(count):
            self.world.loop.turn()

    def wait(self, seconds: float) -> None:
        self.world.clock.advance(self.world.clock.now_ns + 1_000_000)
        self.world.loop.advance(seconds)
        self.world.market.later.advance(seconds)

    def subscribe(self, number: int, wanted: list[str], max_hz: float | None) -> None:
        client = self.clients[number]
        if not client.socket.is_closed:
            client.subscribe(*wanted, max_hz=max_hz)

    def unsubscribe(self, number: int, unwanted: list[str]) -> None:
        client = self.clients[number]
        if not client.socket.is_closed:
            client.unsubscribe(*unwanted)

    def stall(self, number: int) -> None:
        self.clients[number].socket.is_stalled = True

    def read(self, number: int, size: int) -> None:
        if not self.clients[number].socket.is_closed:
            self.clients[number].socket.read(size)

    def recover(self, number: int) -> None:
        client = self.clients[number]
        client.socket.is_stalled = False
        if client.socket.is_closed:
            client.resume()
        else:
            client.socket.read()

    def drop(self, number: int) -> None:
        if not self.clients[number].socket.is_closed:
            self.clients[number].disconnect()

    def resume(self, number: int) -> None:
        self.drop(number)
        self.clients[number].resume()

    def end(self) -> None:
        """Let everybody come back and everything arrive."""
        self.load()
        self.rebuild()
        for number in range(CLIENTS):
            self.recover(number)
        self.ticks.end()
        self.wait(3.0)
        self.compare()
        self.tick(5_000)
        self.close(1)
        self.signal(1)
        self.trade(1)
        self.quotes(1)
        self.step(1, 9)
        self.tick(6_000)
        self.wait(8.0)
        self.compare()

    def compare(self) -> None:
        self.world.raise_failures()
        for client in self.clients:
            assert client.close_code is None
            assert client.views.keys() >= client.wanted.keys()
            for name in client.wanted:
                self.compare_view(client, name)

    def compare_view(self, client: FakeClient, name: str) -> None:
        view, world = client.views[name], self.world
        if name == "status":
            assert view.value["market_time"] == status_body(world.context).market_time
            return
        if name in TICK_CHANNELS:
            self.ticks.compare(name, view)
            return
        truth, growing = self.truth(name)
        kept = len(view.rows)
        assert kept >= min(len(truth), 6)
        assert view.rows == truth[len(truth) - kept :]
        assert view.growing == growing
        head = world.hub.streams.find(name).head
        assert view.position == (head.epoch, head.seq)

    def truth(self, name: str) -> tuple[list[dict], dict | None]:
        world = self.world
        if name in {"signals", OWN}:
            return [json.loads(msgspec.json.encode(signal_body(one))) for one in world.signals.kept], None
        if name == MIDDLES:
            grown = world.bars.growing.get((BTC, "1m"))
            rows = [middle(row) for row in world.bars.closed.get((BTC, "1m"), [])]
            return rows, None if grown is None else middle(grown, closed=False)
        interval = name.rpartition(":")[2]
        rows = [json.loads(world.bars.encode(BTC, row)) for row in world.bars.closed.get((BTC, interval), [])]
        growing = world.bars.open_bar(BTC, interval)
        return rows, None if growing is None else json.loads(growing)

    def _signal(self) -> Signal:
        kept = self.world.signals.kept
        return signal(kept[-1].ts_bar + MINUTE if kept else START_NS)
