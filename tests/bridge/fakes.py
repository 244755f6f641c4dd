"""Parts behind `Context` for tests of the bridge: plain objects that hold what the test puts in."""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from actors.auth.open import OpenIdentity
from actors.bridge.context import PAGE_DIR, Context
from actors.bridge.rest.limits import order_budget
from actors.bridge.symbols import Symbols
from actors.cache.ttl import TtlCache
from actors.clock import MarketClock
from actors.guard import Fault
from actors.indicators.store import RunningIndicators
from actors.market import INTERVALS, MINUTE_NS, BarRow, Instrument, Interval, bar_type_of, holes, interval_of
from actors.messages import Signal, SignalSide, SignalSource
from actors.ports import (
    Analyses,
    BarColumns,
    Bars,
    BarsPage,
    Cache,
    FeedStateName,
    Identity,
    Indicators,
    Jobs,
    ModelKeeper,
    NodeStateName,
    Replay,
    ReplayPlay,
    ReplayState,
    RunningSettings,
    Signals,
    Traders,
    TradingStateName,
)
from actors.ports.order_outcomes import OrderOutcomes
from actors.ports.screening import ScreenedOrders, Screening
from actors.ticks.store import Ticks
from actors.wire import encode_bar
from config.errors import NodeError, UnknownInstrumentError, UnsupportedIntervalError
from config.schema import CacheSection, NodeConfig
from node.settings import open_settings

BTC = "BTC-USDT.SIM"
ETH = "ETH-USDT.SIM"
START_NS = 1_700_000_040_000_000_000
"""2023-11-14 22:14 UTC, a full minute."""


def instrument(instrument_id: str = BTC, *, price_precision: int = 2, size_precision: int = 5) -> Instrument:
    symbol, _, venue = instrument_id.partition(".")
    base, _, quote = symbol.partition("-")
    return Instrument(
        instrument_id=instrument_id,
        symbol=symbol,
        venue=venue,
        kind="spot",
        base_currency=base,
        quote_currency=quote,
        settlement_currency=quote,
        price_precision=price_precision,
        size_precision=size_precision,
        price_increment=f"{10**-price_precision:.{price_precision}f}",
        size_increment=f"{10**-size_precision:.{size_precision}f}",
        min_quantity="0.00001",
        min_notional="5",
        maker_fee="0.0008",
        taker_fee="0.001",
    )


def bar_rows(count: int, *, first: int = START_NS, interval: str = "1m", without: Sequence[int] = ()) -> list[BarRow]:
    """Bars that follow each other; those numbered in `without` are left out, which makes holes."""
    rows, ts, step = [], first, interval_of(interval)
    for number in range(count):
        middle = 3_000_000 + int(10_000 * math.sin(number / 9))
        if number not in without:
            rows.append(BarRow(ts, middle, middle + 250, middle - 250, middle + number % 7, 1_000 + number))
        ts = step.close(ts)
    return rows


class FakeBars:
    """Closed bars and open bars by (instrument id, interval), put in by the test."""

    def __init__(self, instruments: Sequence[Instrument] = (instrument(BTC), instrument(ETH))) -> None:
        self._instruments = {one.instrument_id: one for one in instruments}
        self.closed: dict[tuple[str, str], list[BarRow]] = {}
        self.growing: dict[tuple[str, str], BarRow] = {}
        self.ensured: list[tuple[str, str]] = []
        self.held: list[tuple[str, str, str]] = []
        self.loaded: set[tuple[str, str]] = set()
        self.intervals = set(INTERVALS)
        self.failure: NodeError | None = None
        """Raised by `page`, as when the source does not answer."""
        self._encoded: dict[tuple[str, BarRow], bytes] = {}

    def put(self, instrument_id: str, interval: str, rows: Sequence[BarRow]) -> None:
        """Give a window its closed bars; it is loaded from then on."""
        self.closed[instrument_id, interval] = list(rows)
        self.loaded.add((instrument_id, interval))

    def encode(self, instrument_id: str, row: BarRow, *, closed: bool = True) -> bytes:
        one = self._instruments[instrument_id]
        return encode_bar(row, one.price_precision, one.size_precision, closed=closed)

    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    def has_trades(self, instrument_id: str) -> bool:
        return True

    def check(self, instrument_id: str, interval: str) -> Interval:
        if instrument_id not in self._instruments:
            raise UnknownInstrumentError(f"no instrument {instrument_id[:64]!r}")
        if interval in INTERVALS and interval not in self.intervals:
            raise UnsupportedIntervalError(f"the source has no {interval} bars")
        return interval_of(interval)

    def ensure(self, instrument_id: str, interval: str) -> None:
        self.ensured.append((instrument_id, interval))

    def hold(self, instrument_id: str, interval: str, reader: str) -> None:
        self.ensure(instrument_id, interval)
        self.held.append((instrument_id, interval, reader))

    def release(self, instrument_id: str, interval: str, reader: str) -> None:
        self.held.remove((instrument_id, interval, reader))

    def is_loaded(self, instrument_id: str, interval: str) -> bool:
        return (instrument_id, interval) in self.loaded

    def rows(self, instrument_id: str, interval: str, count: int) -> list[BarRow]:
        return self.closed.get((instrument_id, interval), [])[-count:]

    def columns(self, instrument_id: str, interval: str, count: int) -> BarColumns:
        rows = self.rows(instrument_id, interval, count)
        names = ("open", "high", "low", "close", "volume")
        floats = {name: np.array([getattr(row, name) for row in rows], dtype=np.float64) for name in names}
        return BarColumns(ts_open=np.array([row.ts_open for row in rows], dtype=np.int64), **floats)

    def recent(self, instrument_id: str, interval: str, count: int) -> tuple[list[bytes], list[int]]:
        rows = self.rows(instrument_id, interval, count)
        return self._bytes(instrument_id, rows), [row.ts_open for row in rows]

    def open_bar(self, instrument_id: str, interval: str) -> bytes | None:
        row = self.growing.get((instrument_id, interval))
        return None if row is None else self.encode(instrument_id, row, closed=False)

    async def page(
        self, instrument_id: str, interval: str, *, start: int | None, end: int | None, limit: int
    ) -> BarsPage:
        if self.failure is not None:
            raise self.failure
        every = self.closed.get((instrument_id, interval), [])
        opens = [row.ts_open for row in every]
        first = 0 if start is None else bisect_left(opens, start)
        last = len(every) if end is None else bisect_left(opens, end)
        if start is not None and end is None:
            last = min(last, first + limit)
        first = max(first, last - limit)
        shown = opens[first:last]
        return BarsPage(
            rows=self._bytes(instrument_id, every[first:last]),
            opens=shown,
            holes=holes(shown, self.check(instrument_id, interval)),
            has_older=first > 0,
            is_from_memory=True,
        )

    def _bytes(self, instrument_id: str, rows: Sequence[BarRow]) -> list[bytes]:
        for row in rows:
            if (instrument_id, row) not in self._encoded:
                self._encoded[instrument_id, row] = self.encode(instrument_id, row)
        return [self._encoded[instrument_id, row] for row in rows]


def signal(ts_bar: int = START_NS, *, instrument_id: str = BTC, interval: str = "1m", score: float = 0.5) -> Signal:
    side: SignalSide = "long" if score > 0.2 else "short" if score < -0.2 else "neutral"
    return Signal(
        trace_id="0" * 32,
        instrument_id=instrument_id,
        bar_type=bar_type_of(instrument_id, interval),
        interval=interval,
        signal=side,
        score=score,
        probability=(score + 1) / 2,
        confidence=abs(score),
        sources=(SignalSource(name="technical", weight=0.2, state="voted", score=score, confidence=abs(score)),),
        reasons=("made for a test",),
        features=(0.25, -1.5),
        feature_schema="bars-v2",
        price="30000.00",
        backfilled=False,
        stale=False,
        degraded=False,
        ts_bar=ts_bar,
        ts_event=ts_bar + MINUTE_NS,
        ts_init=ts_bar + MINUTE_NS,
    )


class FakeSignals:
    """Signals in the order in which the test put them in."""

    def __init__(self) -> None:
        self.kept: list[Signal] = []

    def recent(self, instrument_id: str | None, interval: str | None, count: int) -> list[Signal]:
        return self._of(instrument_id, interval)[-count:]

    def page(
        self, instrument_id: str | None, interval: str | None, *, start: int | None, end: int | None, limit: int
    ) -> tuple[list[Signal], bool]:
        found = [
            one
            for one in reversed(self._of(instrument_id, interval))
            if (start is None or one.ts_bar >= start) and (end is None or one.ts_bar < end)
        ]
        found.sort(key=lambda one: -one.ts_bar)
        return found[:limit], len(found) > limit

    def _of(self, instrument_id: str | None, interval: str | None) -> list[Signal]:
        return [
            one for one in self.kept if instrument_id in {None, one.instrument_id} and interval in {None, one.interval}
        ]


class FakeHost:
    """A node in the state that the test sets."""

    def __init__(self) -> None:
        self.state: NodeStateName = "running"
        self.speed = 1.0
        self.is_paused = False
        self.market = "sim"
        self.uptime_s = 12.5
        self.feed: FeedStateName = "live"
        self.trading_state: TradingStateName = "active"
        self.waiting: list[str] = []
        self.ill: list[str] = []
        self.found: list[Fault] = []
        self.broken: dict[str, str] = {}

    def venues(self) -> Mapping[str, str]:
        return {"SIM": "connected"}

    def faults(self) -> Sequence[Fault]:
        return self.found

    def broken_plugins(self) -> Mapping[str, str]:
        return self.broken

    def is_ready(self) -> bool:
        return not self.waiting

    def missing(self) -> list[str]:
        return self.waiting

    def degraded(self) -> list[str]:
        return self.ill


class FakeReplay:
    """A player that does at once what it is told, and keeps what that was."""

    def __init__(self) -> None:
        self.play_state: ReplayPlay = "playing"
        self.speed = 20.0
        self.position = START_NS
        self.calls: list[tuple[object, ...]] = []
        self.failure: NodeError | None = None
        """Raised by what can be refused."""

    def state(self) -> ReplayState:
        return ReplayState(
            is_replay=True,
            state=self.play_state,
            speed=self.speed,
            position=self.position,
            begin=START_NS - 1,
            end=START_NS + 60 * MINUTE_NS,
            at_end="hold",
            loops=0,
        )

    def pause(self) -> None:
        self.play_state = "paused"

    def play(self) -> None:
        self.play_state = "playing"

    def set_speed(self, speed: float) -> None:
        self._may()
        self.speed = speed

    async def step_bars(self, count: int, *, interval: str | None, instrument_id: str | None) -> None:
        self._may()
        self.calls.append(("bars", count, interval, instrument_id))

    async def step_events(self, count: int) -> None:
        self._may()
        self.calls.append(("events", count))

    async def jump(self, to_ns: int, *, reset: bool) -> None:
        self._may()
        self.position = to_ns
        self.calls.append(("jump", to_ns, reset))

    async def restart(self, *, reset: bool) -> None:
        self._may()
        self.calls.append(("restart", reset))

    def _may(self) -> None:
        if self.failure is not None:
            raise self.failure


def indicators_of(config: NodeConfig, bars: Bars) -> RunningIndicators:
    """The real ones over windows of a test; the engine is imported when one is asked for."""

    def make_bars(instrument: Instrument, interval: Interval) -> Callable[[BarRow], Any]:
        from actors.indicators.engine import bar_maker

        return bar_maker(instrument, interval)

    return RunningIndicators(config.indicators, config.buffer, bars, make_bars)


def quiet_ticks(bars: FakeBars, **options: Any) -> Ticks:
    """Ticks of a market from which nothing comes; `wait_s` says how long those who ask for some wait in vain."""
    return Ticks(bars.instruments(), lambda _: frozenset({"trades", "quotes", "book"}), **options)


def make_context(
    config: NodeConfig | None = None,
    *,
    bars: FakeBars | None = None,
    signals: Signals | None = None,
    analyses: Analyses | None = None,
    keeper: ModelKeeper | None = None,
    jobs: Jobs | None = None,
    indicators: Indicators | None = None,
    host: FakeHost | None = None,
    cache: Cache | None = None,
    replay: Replay | None = None,
    ticks: Ticks | None = None,
    clock: MarketClock | None = None,
    traders: Traders | None = None,
    identity: Identity | None = None,
    screening: Screening | None = None,
    screened_orders: ScreenedOrders | None = None,
    order_outcomes: OrderOutcomes | None = None,
    settings: RunningSettings | None = None,
    page_dir: Path = PAGE_DIR,
) -> Context:
    """A context of fakes; what the test wants to touch it passes in."""
    bars = bars or FakeBars()
    return Context(
        config=config or NodeConfig(),
        version="0.0.0",
        clock=clock or MarketClock(),
        bars=bars,
        signals=FakeSignals() if signals is None else signals,
        analyses=analyses,
        keeper=keeper,
        jobs=jobs,
        indicators=indicators or indicators_of(config or NodeConfig(), bars),
        host=host or FakeHost(),
        symbols=Symbols((bars or FakeBars()).instruments(), (config or NodeConfig()).dialects.default_venue),
        cache=cache or TtlCache(CacheSection()),
        replay=replay or FakeReplay(),
        ticks=ticks or quiet_ticks(bars),
        order_budget=order_budget((config or NodeConfig()).server),
        traders=traders,
        screening=screening,
        screened_orders=screened_orders,
        order_outcomes=order_outcomes,
        identity=identity or OpenIdentity(),
        settings=settings or open_settings(config or NodeConfig(), None),
        page_dir=page_dir,
    )
