"""A hub with everything around it but sockets and the engine: the market that the test plays, and clients."""

import itertools
from collections.abc import Callable
from typing import Any

from actors.bridge.channel import Channel, channels
from actors.bridge.channels.bars import Bars
from actors.bridge.channels.signals import Signals
from actors.bridge.context import Context
from actors.bridge.delivery.streams import Streams
from actors.bridge.hub import Hub
from actors.bridge.relay import Relay
from actors.clock import MarketClock
from actors.market import BarRow, bar_type_of
from actors.messages import ClosedBar, OpenBarChanged, Signal, SignalsBackfilled, WindowLoaded
from actors.ports import Indicators
from actors.ticks.store import Ticks
from config.registry import Registry
from config.schema import FeaturesSection, NodeConfig, WebSocketSection
from tests.bridge.fakes import BTC, START_NS, FakeBars, FakeHost, FakeSignals, bar_rows, make_context
from tests.bridge.hub_client import FakeClient
from tests.bridge.hub_loop import FakeLoop

MINUTE = 60_000_000_000


class SmallBars(Bars):
    """Bars that forget soon."""

    ring_size = 16
    snapshot_rows = 6


class SmallSignals(Signals):
    """Signals that are forgotten soon."""

    ring_size = 16
    snapshot_rows = 6


def small_registry() -> Registry[Channel]:
    """The channels with the smallest rings and short snapshots."""
    registry: Registry[Channel] = Registry("channel", "actors.bridge.commands")
    registry.register("bars")(SmallBars)
    registry.register("signals")(SmallSignals)
    registry.register("status")(channels.get("status"))
    return registry


class World:
    """Market, hub and clients."""

    def __init__(
        self,
        *,
        registry: Registry[Channel] | None = None,
        has_ticks: bool = True,
        bars: int = 3,
        ticks: Ticks | None = None,
        indicators: Callable[[FakeBars], Indicators] | None = None,
        **limits: Any,
    ) -> None:
        self.registry = registry or channels
        self.loop = FakeLoop()
        self.bars = FakeBars()
        self.signals = FakeSignals()
        self.host = FakeHost()
        self.clock = MarketClock()
        self.bars.put(BTC, "1m", bar_rows(bars))
        config = NodeConfig(
            ws=WebSocketSection(message_queue_size=limits.pop("message_queue_size", 16), **limits),
            features=FeaturesSection(real_time_data=has_ticks),
        )
        self.context: Context = make_context(
            config,
            bars=self.bars,
            signals=self.signals,
            indicators=None if indicators is None else indicators(self.bars),
            host=self.host,
            clock=self.clock,
            ticks=ticks,
        )
        numbers = itertools.count(1)
        self.hub = Hub(
            self.context,
            scheduler=self.loop,
            clock=self.loop,
            streams=Streams(self.context, registry=self.registry, new_epoch=lambda: f"e{next(numbers)}"),
        )
        self.relay = Relay(self.hub)
        self.failures: list[AssertionError] = []
        self.loop.after_turn = self.raise_failures

    def raise_failures(self) -> None:
        """Fail the test when a client has seen something wrong, whoever caught that."""
        if self.failures:
            raise self.failures[0]

    def client(self, *names: str, **fields: Any) -> FakeClient:
        """A client that has subscribed."""
        client = FakeClient(self)
        if names:
            client.subscribe(*names, **fields)
        return client

    def tick(self, price: int = 3_000_000, interval: str = "1m") -> None:
        """A trade: the bar after the last closed one grows."""
        rows = self.bars.closed.get((BTC, interval), [])
        ts_open = rows[-1].ts_open + MINUTE if rows else START_NS
        self.bars.growing[BTC, interval] = BarRow(ts_open, price, price + 5, price - 5, price, 1)
        self.clock.advance(ts_open + 1_000_000_000)
        self.relay.open_bar(OpenBarChanged(trace_id="t", instrument_id=BTC, ts_event=ts_open))

    def close(self, *, is_told: bool = True, interval: str = "1m") -> BarRow:
        """The bar that grows closes; when not told, nobody hears of it."""
        rows = self.bars.closed.setdefault((BTC, interval), [])
        last = rows[-1] if rows else bar_rows(1)[0]
        row = BarRow(last.ts_open + MINUTE, last.close, last.close + 9, last.close - 9, last.close + 1, len(rows))
        rows.append(row)
        self.bars.growing.pop((BTC, interval), None)
        self.clock.advance(row.ts_open + MINUTE)
        if is_told:
            bar_type = bar_type_of(BTC, interval)
            self.relay.closed_bar(ClosedBar(trace_id="t", bar_type=bar_type, row=row, ts_event=row.ts_open + MINUTE))
        return row

    def load(self, interval: str = "1m") -> None:
        """The window is in place."""
        self.bars.loaded.add((BTC, interval))
        self.relay.window(WindowLoaded(trace_id="t", bar_type=bar_type_of(BTC, interval), bars=1, is_complete=True))

    def signal(self, one: Signal, *, is_told: bool = True) -> None:
        """A signal is made."""
        self.signals.kept.append(one)
        if is_told:
            self.relay.signal(one)

    def backfill(self) -> None:
        """Signals of history are in the log."""
        self.relay.backfilled(SignalsBackfilled(trace_id="t", bar_type=bar_type_of(BTC, "1m"), signals=1))
