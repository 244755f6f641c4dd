"""The node as the bridge sees it: `ports.Host`, asked from its parts at the moment of the question."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.guard import Fault
from actors.market import SECOND_NS
from actors.ports import Cache, FeedStateName, NodeStateName, Ticks, TradingStateName
from actors.ports.screening import ScreenedOrders
from actors.signal.log import SignalLog
from actors.store.analyses.store import AnalysisStore
from config.registry import Registry
from node.background import NodeBackground
from node.host import NodeHost
from node.market import OpenMarket
from node.traders import NodeTraders

SOON_S = 2.0
"""A first tick that is due within so many wall seconds is waited for until the node is ready."""


class NodeView:
    """Implements `ports.Host`; holds nothing of its own."""

    def __init__(
        self,
        *,
        market: str,
        open_market: OpenMarket,
        host: NodeHost,
        buffer: Buffer,
        clock: MarketClock,
        cache: Cache,
        ticks: Ticks,
        signals: SignalLog,
        analyses: AnalysisStore | None = None,
        background: NodeBackground,
        screened_orders: ScreenedOrders | None = None,
        traders: NodeTraders | None = None,
        stale_after_s: float,
        registries: Iterable[Registry[Any]],
        started: float,
    ) -> None:
        """Look at the parts of one process.

        Args:
            market: `sim` or `replay`.
            open_market: Feed and player.
            host: Owner of the engine.
            buffer: The windows.
            clock: Market time.
            cache: Of answers.
            ticks: Order books among them, which may be broken.
            signals: Kept signals, whose first ones may be on their way.
            analyses: Their file; None: there is none.
            background: AI services, which may be down.
            screened_orders: Their source, which may not answer; None: there is none.
            traders: None: no orders are taken.
            stale_after_s: Wall seconds of silence that make the feed stale, beside those between two recorded bars.
            registries: Where plug-ins of third parties may have failed to load.
            started: When the process began, on `time.perf_counter`.
        """
        self._market_name = market
        self._market = open_market
        self._host = host
        self._buffer = buffer
        self._clock = clock
        self._cache = cache
        self._ticks = ticks
        self._signals = signals
        self._analyses = analyses
        self._background = background
        self._screened_orders = screened_orders
        self._traders = traders
        self._stale_after_s = stale_after_s
        self._registries = tuple(registries)
        self._started = started

    @property
    def state(self) -> NodeStateName:
        """Where the node is in its life."""
        return self._host.state

    @property
    def speed(self) -> float:
        """Market seconds per wall second; 0 is as fast as it goes."""
        return self._market.player.speed

    @property
    def is_paused(self) -> bool:
        """Whether market time stands still because somebody wants it to."""
        return self._market.player.is_paused

    @property
    def market(self) -> str:
        """`sim` or `replay`."""
        return self._market_name

    @property
    def uptime_s(self) -> float:
        """Seconds since the process began."""
        return time.perf_counter() - self._started

    @property
    def feed(self) -> FeedStateName:
        """How the data source does."""
        if self._market.player.is_ended:
            return "ended"
        if self._market.player.is_paused:
            return "live"
        if self._clock.age_s() is None:
            return "waiting"
        if self._market.player.is_between_events:
            return "live"
        return "stale" if self._clock.is_stale(self._patience_s) else "live"

    @property
    def trading_state(self) -> TradingStateName:
        """What the node lets through."""
        return "active" if self._traders is None else self._traders.trading_state()

    def venues(self) -> Mapping[str, str]:
        """Return venue -> `connected`, or why not."""
        reason: str = "connected" if self._host.state == "running" else self._host.state
        if self._market.player.fault is not None:
            reason = "the feed has failed"
        return {instrument.venue: reason for instrument in self._market.feed.instruments.values()}

    def faults(self) -> Sequence[Fault]:
        """Return the exceptions that left callbacks of the present node."""
        return [fault for component in self._host.components for fault in component.faults.found]

    def broken_plugins(self) -> Mapping[str, str]:
        """Return the plug-ins of third parties that could not be loaded: name -> why."""
        return {name: why for registry in self._registries for name, why in registry.broken.items()}

    def is_ready(self) -> bool:
        """Return whether the node can be used."""
        return not self.missing()

    def missing(self) -> list[str]:
        """Return what is missing until ready, in words."""
        if self._host.state != "running":
            return [f"the node is {self._host.state}"]
        missing = []
        has_trades = False
        for name in self._buffer.instruments():
            base = self._buffer.held(name).base.interval.name
            has_trades |= self._buffer.has_trades(name)
            if not self._buffer.is_loaded(name, base):
                missing.append(f"history of {name} {base}")
        missing += [f"signals of {bar_type}" for bar_type in sorted(self._signals.awaited)]
        if has_trades and self._clock.age_s() is None and not self._is_silent_for_long:
            missing.append("a first tick")
        if self._traders is not None and (closed := self._traders.missing()) is not None:
            missing.append(closed)
        return missing

    def degraded(self) -> list[str]:
        """Return what does not work as it should, in words."""
        found = [] if self._host.error is None else [f"engine: {self._host.error}"]
        found += [f"{fault.component} was retired: {fault.error}" for fault in self.faults()]
        found += [f"plug-in {name} was not loaded: {why}" for name, why in self.broken_plugins().items()]
        if self._market.player.fault is not None:
            found.append(f"the feed has failed: {self._market.player.fault}")
        if (error := self._market.error()) is not None:
            found.append(error)
        found += self._ticks.degraded()
        found += self._background.degraded()
        if self._screened_orders is not None and (why := self._screened_orders.trouble) is not None:
            found.append(f"order source: {why}; no new orders are judged")
        found += [] if self._traders is None else self._traders.degraded()
        if self._analyses is not None and (why := self._analyses.trouble) is not None:
            found.append(f"analyses: {why}; they wait in memory")
        if (trouble := self._cache.health().trouble) is not None:
            found.append(f"cache: {trouble}, answers are kept in this process only")
        if self.feed == "stale":
            found.append(f"no market data for more than {self._patience_s:.0f} s")
        return found

    @property
    def _patience_s(self) -> float:
        """How many wall seconds of silence are well at the present speed."""
        return self._stale_after_s + self._market.longest_silence_s()

    @property
    def _is_silent_for_long(self) -> bool:
        """Whether no tick can be expected soon: a pause, the end, a hole, a very slow replay."""
        player = self._market.player
        ahead = player.feed.next_ts()
        return player.is_paused or ahead is None or ahead - player.position_ns > SOON_S * player.speed * SECOND_NS > 0
