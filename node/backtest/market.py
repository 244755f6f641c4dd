"""The market of a backtest: recorded bars and trades as engine data, with bars of every interval somebody wants."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from nautilus_trader.model import Bar, BarType, TradeTick

from actors.engine import Scale
from actors.market import DAY_NS, INTERVALS, MINUTE_NS, SECOND_NS, TradeRow, split_bar_type
from adapters.bars import ClosedRow, LiveBars
from adapters.feed import FeedBar
from adapters.replay.feed import ReplayFeed
from adapters.replay.recording import Recording, Rows
from adapters.sim.feed import SimFeed
from adapters.sim.market import DEFAULT_START_NS, first_start
from config.errors import UnsupportedIntervalError
from config.schema import NodeConfig

EngineData = Bar | TradeTick

_EVER = 2**62


def open_feed(config: NodeConfig, base_dir: Path) -> ReplayFeed:
    """Return the recordings of the configuration, or the 1-minute bars of its simulated market as recordings.

    Raises:
        MarketDataError: If a file cannot be trusted.
        ConfigError: If the configuration contradicts itself.
    """
    if config.market == "replay":
        return ReplayFeed.from_config(config.replay, base_dir)
    return ReplayFeed(_simulated(config), warmup_bars=config.replay.warmup_bars)


class BacktestData:
    """Reads a feed ahead of the engine, in the order in which a live client would send the same."""

    def __init__(self, feed: ReplayFeed) -> None:
        """Start with nobody wanting anything."""
        self._feed = feed
        self._bars = LiveBars(feed)
        self._scales = {name: Scale(instrument) for name, instrument in feed.instruments.items()}
        self._bar_types: dict[tuple[str, str], BarType] = {}

    def follow(self, component: Any) -> None:  # noqa: ANN401  # an actor or strategy of the engine
        """Give a component the bars it will subscribe; a backtest has no client that could hear of it.

        Raises:
            UnsupportedIntervalError: From within `subscribe_bars`, if the recording cannot give them.
        """
        subscribe = component.subscribe_bars

        def subscribe_bars(bar_type: BarType, *args: object, **kwargs: object) -> None:
            self._want(bar_type)
            subscribe(bar_type, *args, **kwargs)

        component.subscribe_bars = subscribe_bars

    @property
    def is_over(self) -> bool:
        """Whether everything has been read."""
        return self._feed.next_ts() is None

    def read(self, limit: int) -> list[EngineData]:
        """Return what is wanted of the next rows, at most `limit` of them, in time order.

        They are of one market second, short of its end: who subscribes while they are played, as they may do at any
        bar or trade, then misses no bar that closes later, and the one in progress is made whole.
        """
        found: list[EngineData] = []
        first = self._feed.next_ts()
        if first is None:
            return found
        until = max(first + 1, first - first % SECOND_NS + SECOND_NS - 1)
        for event in self._feed.read(until, limit):
            if event.ts >= self._bars.next_due:
                self._take_due(event.ts, found)
            if isinstance(event, FeedBar):
                closed = self._bars.bar(event)
                if closed is not None:
                    found.append(self._bar(closed))
            elif isinstance(event, TradeRow):
                self._bars.trade(event)
                found.append(self._scales[event.instrument_id].trade_tick(event))
        self._take_due(self._feed.position_ns, found)
        return found

    def _want(self, bar_type: BarType) -> None:
        try:
            instrument_id, interval = split_bar_type(str(bar_type))
        except UnsupportedIntervalError:
            return  # one that the engine makes itself
        key = (instrument_id, interval.name)
        if instrument_id in self._scales and key not in self._bar_types:
            self._bars.add(instrument_id, interval)
            self._bar_types[key] = bar_type

    def _take_due(self, ts: int, found: list[EngineData]) -> None:
        found += [self._bar(closed) for closed in self._bars.due(ts)]

    def _bar(self, closed: ClosedRow) -> Bar:
        bar_type = self._bar_types[closed.instrument_id, closed.interval.name]
        return self._scales[closed.instrument_id].bar(bar_type, closed.row, closed.ts)


def _simulated(config: NodeConfig) -> Sequence[Recording]:
    begin = first_start(config.sim, DEFAULT_START_NS) // MINUTE_NS * MINUTE_NS
    end = begin + config.backtest.days * DAY_NS
    feed = SimFeed(config.sim, begin, end)
    begin -= config.replay.warmup_bars * MINUTE_NS
    return [_recording(feed, name, begin, end) for name in feed.instruments]


def _recording(feed: SimFeed, name: str, begin: int, end: int) -> Recording:
    interval = INTERVALS["1m"]
    bars = feed.history(name, interval.name, begin, end, _EVER)
    columns = np.array([(row.ts_open, row.open, row.high, row.low, row.close, row.volume) for row in bars])
    rows = Rows(*(np.ascontiguousarray(column) for column in columns.T))
    return Recording(
        instrument=feed.instruments[name],
        file="simulator",
        sha256=hashlib.sha256(columns.astype("<i8").tobytes()).hexdigest(),
        interval=interval,
        rows=rows,
        times=rows.ts + interval.duration_ns,
    )
