"""A hub with everything around it but sockets and the engine: time that the test moves, clients that can stall."""

import heapq
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

from actors.bridge.access import LOCAL, Principal
from actors.bridge.channel import Channel, channels
from actors.bridge.channels.bars import Bars
from actors.bridge.channels.signals import Signals
from actors.bridge.connection import Connection
from actors.bridge.context import Context
from actors.bridge.hub import Hub
from actors.bridge.relay import Relay
from actors.bridge.session import Session
from actors.clock import MarketClock
from actors.market import BarRow, bar_type_of
from actors.messages import ClosedBar, OpenBarChanged, Signal, SignalsBackfilled, WindowLoaded
from actors.ports import Indicators
from actors.ticks.store import Ticks
from config.registry import Registry
from config.schema import FeaturesSection, NodeConfig, WebSocketSection
from tests.bridge.fakes import BTC, START_NS, FakeBars, FakeHost, FakeSignals, bar_rows, make_context
from tests.contract_check import check_message

MINUTE = 60_000_000_000
MOST_TURNS = 20_000
"""Turns, and timers, after which a fake loop has run wild."""


class FakeLoop:
    """Turns of a loop that happen when the test says so, on a clock that stands still in between."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._soon: list[Callable[[], object]] = []
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self.after_turn: Callable[[], None] = lambda: None

    def time(self) -> float:
        return self.now

    monotonic = time

    def wall_ms(self) -> int:
        return int(self.now * 1_000)

    def call_soon(self, callback: Callable[[], object], /) -> None:
        self._soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Any:
        heapq.heappush(self._later, (self.now + delay, next(self._numbers), callback))

    def turn(self) -> None:
        """Do what was to be done in the next turn."""
        due, self._soon = self._soon, []
        for callback in due:
            callback()
        self.after_turn()

    def settle(self) -> None:
        """Turn until nothing is left to do, which must come soon: a loop that never rests fails instead of hanging."""
        for _ in range(MOST_TURNS):
            if not self._soon:
                return
            self.turn()
        raise AssertionError(f"still not at rest after {MOST_TURNS} turns: {self._soon[:3]}")

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that happens in it."""
        end, rung = self.now + seconds, 0
        self.settle()
        while self._later and self._later[0][0] <= end:
            self.now, _, callback = heapq.heappop(self._later)
            callback()
            self.after_turn()
            self.settle()
            rung += 1
            assert rung <= MOST_TURNS, f"{rung} timers within {seconds} s, the last one: {callback}"
        self.now = end


class FakeSocket:
    """A transport whose reader may stall: then what is written stays in its buffer."""

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self.is_stalled = False
        self.is_closed = False
        self.writes = 0
        self._receive = receive
        self._kept = bytearray()

    def write(self, data: bytes, /) -> None:
        assert not self.is_closed, "written after the close"
        self.writes += 1
        self._kept += data
        if not self.is_stalled:
            self.read()

    def get_write_buffer_size(self) -> int:
        return len(self._kept)

    def is_closing(self) -> bool:
        return self.is_closed

    def read(self, size: int | None = None) -> None:
        """Let the reader take some bytes, or all."""
        size = len(self._kept) if size is None else size
        taken, self._kept = bytes(self._kept[:size]), self._kept[size:]
        self._receive(taken)


class View:
    """What a client knows of one channel; wrong numbering fails at once."""

    def __init__(self) -> None:
        self.position: tuple[str, int] | None = None
        self.rows: list[dict[str, Any]] = []
        self.growing: dict[str, Any] | None = None
        self.value: dict[str, Any] | None = None
        self.snapshots = 0
        self.updates = 0
        self._parts: list[dict[str, Any]] = []

    def take_snapshot(self, message: dict[str, Any]) -> None:
        number, parts = message["part"]
        assert number == len(self._parts), "parts out of order"
        self._parts.append(message)
        if number + 1 < parts:
            return
        items = [item for part in self._parts for item in part["data"]]
        self._parts = []
        self.position = (message["epoch"], message["seq"])
        self.snapshots += 1
        self.growing = items.pop() if items and items[-1].get("closed") is False else None
        self.rows = items
        self.value = items[-1] if items else None

    def take_update(self, message: dict[str, Any]) -> None:
        assert self.position is not None, "an update before the snapshot"
        assert not self._parts, "an update within a snapshot"
        epoch, last = self.position
        self.updates += 1
        data, seq = message["data"], message["seq"]
        if message["type"] in {"status", "quote", "book"}:
            assert seq >= last
            self.value = data
        elif data.get("closed") is False:
            assert seq == last, "an open bar of another place"
            assert not self.rows or data["t"] > self.rows[-1]["t"], "an open bar that has closed"
            self.growing = data
        else:
            assert seq == last + 1, f"hole or repetition: {last} -> {seq}"
            self.rows.append(data)
            if self.growing is not None and self.growing["t"] <= data.get("t", 0):
                self.growing = None
        self.position = (epoch, seq)


class FakeClient:
    """A client over a fake socket: keeps what it received, rebuilds its channels, comes back with `since`."""

    def __init__(self, world: "World", principal: Principal = LOCAL) -> None:
        self.world = world
        self.principal = principal
        self.views: dict[str, View] = {}
        self.wanted: dict[str, float | None] = {}
        """Channel -> pace."""
        self._fresh: dict[int, list[str]] = {}
        self.received: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._ids = itertools.count(1)
        self.connect()

    def connect(self) -> None:
        """Open a fresh connection; what is known of the channels stays."""
        self._bytes = b""
        self._fresh = {}
        self.close_code = None
        self._ids = itertools.count(1)
        self.socket = FakeSocket(self._receive)
        self.connection = Connection(self.socket, self._on_close)
        self.world.hub.attach(self.connection)
        self.session = Session(
            self.world.hub, self.world.context, self.connection, principal=self.principal, clock=self.world.loop
        )
        self.session.greet()

    def disconnect(self) -> None:
        """Lose the connection and what was on its way."""
        self.world.hub.detach(self.connection)
        self.socket.is_closed = True
        for view in self.views.values():
            view._parts = []

    def resume(self) -> None:
        """Come back with a new connection, from where each channel was."""
        self.connect()
        for name, max_hz in self.wanted.items():
            view = self.views.get(name)
            if view is None or view.position is None:
                self.subscribe(name, max_hz=max_hz)
            else:
                self.ask("subscribe", ch=[name], since={name: view.position}, max_hz=max_hz)

    def subscribe(self, *names: str, max_hz: float | None = None, **fields: Any) -> dict[str, Any]:
        """Subscribe and return the answer (which a stalled client does not see: then the last message)."""
        self.wanted |= dict.fromkeys(names, max_hz)
        return self.ask("subscribe", fresh=list(names), ch=list(names), max_hz=max_hz, **fields)

    def unsubscribe(self, *names: str) -> dict[str, Any]:
        """Hear channels no more; what was known of them is forgotten."""
        for name in names:
            self.wanted.pop(name, None)
        return self.ask("unsubscribe", ch=list(names))

    def ask(self, op: str, *, fresh: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
        """Send an operation and return the answer to it, or an empty one while stalled.

        Channels in `fresh` are known anew from the ack on: what comes before it belongs to an earlier subscription.
        """
        number = next(self._ids)
        self._fresh[number] = list(fresh)
        self.tell(json.dumps({"op": op, "id": number, **fields}))
        answers = [one for one in self.received if one.get("id") == number]
        return answers[-1] if answers else {}

    def tell(self, text: str | bytes) -> None:
        """Send any text."""
        run(self.session.receive(text))
        self.world.raise_failures()

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.received if one["type"] == kind]

    def _on_close(self, code: int, reason: str) -> None:
        del reason
        self.close_code = code
        self.disconnect()

    def _receive(self, data: bytes) -> None:
        self._bytes += data
        try:
            while (payload := self._next_payload()) is not None:
                self._take(payload)
        except AssertionError as e:  # who writes may be ready for exceptions
            self.world.failures.append(e)
            raise

    def _next_payload(self) -> bytes | None:
        data = self._bytes
        if len(data) < 2:
            return None
        assert data[0] == 0x81, "not a whole text frame"
        width = {126: 2, 127: 8}.get(data[1], 0)
        size = int.from_bytes(data[2 : 2 + width]) if width else data[1]
        end = 2 + width + size
        if len(data) < max(end, 2 + width):
            return None
        self._bytes = data[end:]
        return data[2 + width : end]

    def _take(self, payload: bytes) -> None:
        message = check_message(payload, self.world.registry)
        if message["type"] == "ack":
            self.views |= {name: View() for name in self._fresh.pop(message["id"])}
        name = message.get("ch")
        if name is not None:
            assert name in self.views, f"never asked for {name}"
            view = self.views[name]
            (view.take_snapshot if message["type"] == "snapshot" else view.take_update)(message)
        self.received.append(message)


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
            registry=self.registry,
            new_epoch=lambda: f"e{next(numbers)}",
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


def run(work: Any) -> None:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("an operation waited")
